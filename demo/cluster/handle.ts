// From a call to its answer: discovery and health here, resources by verb. Writes and streams have files of their own.
import { json, headerOf, isTrue, type Answer, type Call } from './call.ts'
import { discoveryOf } from './discovery.ts'
import { openApiOf } from './openapi/documents.ts'
import { serverVersion } from './version.ts'
import { methodNotAllowed, noSuchPath } from './status.ts'
import { targetOf, type ResourceTarget } from './target.ts'
import { applyPatch } from './routes/patch.ts'
import { create, replace } from './routes/write.ts'
import { removeMany, removeOne } from './routes/delete.ts'
import { podLog } from './routes/log.ts'
import { readList, readOne } from './routes/read.ts'
import { review } from './routes/reviews.ts'
import { handleSubresource } from './routes/subresources.ts'
import { watch } from './routes/watch.ts'
import type { World } from './world.ts'

export async function handle(world: World, call: Call): Promise<Answer> {
  const target = targetOf(call.path)
  if (target.kind === 'nothing') throw noSuchPath()
  return target.kind === 'plain' ? plain(target.path, call) : resource(world, target, call)
}

function plain(path: string, call: Call): Answer {
  if (call.method !== 'GET' && call.method !== 'HEAD') throw methodNotAllowed()
  if (path === '/version') return json(serverVersion)
  if (/^\/(healthz|readyz|livez)(\/ping)?$/.test(path)) {
    return { kind: 'text', code: 200, text: call.query.has('verbose') ? `[+]ping ok\n${path.slice(1)} check passed\n` : 'ok' }
  }
  const discovery = discoveryOf(path, headerOf(call, 'accept'))
  if (discovery) return json(discovery.value, { contentType: discovery.contentType })
  const document = openApiOf(path, call)
  if (document) return document
  if (path === '/') return json({ paths: ['/api', '/api/v1', '/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'] })
  throw noSuchPath()
}

function resource(world: World, target: ResourceTarget, call: Call): Answer | Promise<Answer> {
  const { method, query } = call
  if (target.resource.isReview) {
    if (method !== 'POST' || target.name !== undefined) throw methodNotAllowed()
    return review(world, target, call)
  }
  if (target.subresource === 'log') return podLog(world, target, call)
  if (target.subresource !== undefined) return handleSubresource(world, target, call)
  const isOne = target.name !== undefined
  switch (method) {
    case 'HEAD':
    case 'GET':
      if (target.isWatchPath || isTrue(query.get('watch'))) return watch(world, target, call)
      return isOne ? readOne(world, target) : readList(world, target, call)
    case 'POST': if (isOne) throw methodNotAllowed(); else return create(world, target, call)
    case 'PUT': if (!isOne) throw methodNotAllowed(); else return replace(world, target, call)
    case 'PATCH': if (!isOne) throw methodNotAllowed(); else return applyPatch(world, target, call)
    case 'DELETE': return isOne ? removeOne(world, target, call) : removeMany(world, target, call)
    default: throw methodNotAllowed()
  }
}
