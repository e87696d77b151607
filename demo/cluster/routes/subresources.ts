// What hangs below an object: status, scale, ephemeralcontainers, approval; eviction, token, binding. Streams come as upgrades.
import { json, type Answer, type Call } from '../call.ts'
import { numberAt, objectAt, textAt, timestamp, type JsonObject, type KubeObject } from '../objects.ts'
import { endObject } from '../lifecycle.ts'
import { applyJsonPatch } from '../patches/json-patch.ts'
import { applyMergePatch } from '../patches/merge-patch.ts'
import { groupVersionOf, type Resource } from '../resources.ts'
import { selectorText } from '../selectors.ts'
import { ApiError, badRequest, invalid, methodNotAllowed, notFound } from '../status.ts'
import type { ResourceTarget } from '../target.ts'
import type { World } from '../world.ts'
import { bodyObject, bodyValue, mediaType } from './body.ts'
import { commitChange } from './commit.ts'
import { applyPatch } from './patch.ts'
import { readOne } from './read.ts'
import { replace } from './write.ts'
import { writeOptionsOf } from './write-options.ts'

export async function handleSubresource(world: World, target: ResourceTarget, call: Call): Promise<Answer> {
  const { resource, namespace, name, subresource } = target
  const object = world.store.get(resource, namespace, name!)
  if (!object) throw notFound(resource, name!)
  switch (subresource) {
    case 'status': case 'approval': case 'ephemeralcontainers': return part(world, target, call)
    case 'scale': return scale(world, target, { object, call })
    case 'eviction': return evict(world, target, { object, call })
    case 'token': return token(target, { object, call })
    case 'exec': case 'attach': case 'portforward': throw badRequest('Upgrade request required')
    default: throw new ApiError(503, 'ServiceUnavailable', `the demo cluster runs nothing that ${subresource} could reach`)
  }
}

interface Given { readonly object: KubeObject; readonly call: Call }

function part(world: World, target: ResourceTarget, call: Call): Answer | Promise<Answer> {
  switch (call.method) {
    case 'GET': return readOne(world, target)
    case 'PUT': return replace(world, target, call)
    case 'PATCH': return applyPatch(world, target, call)
    default: throw methodNotAllowed()
  }
}

function scaleOf({ metadata, ...object }: KubeObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata
  return {
    kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: numberAt(object, 'spec', 'replicas') ?? 0 }, status: { replicas: numberAt(object, 'status', 'replicas') ?? 0, selector: selectorText(objectAt(object, 'spec')['selector']) },
  }
}

async function scale(world: World, { resource }: ResourceTarget, { object, call }: Given): Promise<Answer> {
  const before = scaleOf(object)
  if (call.method === 'GET') return json(before)
  if (call.method !== 'PUT' && call.method !== 'PATCH') throw methodNotAllowed()
  const wanted = call.method === 'PUT' ? await bodyObject(call, { kind: 'Scale', group: 'autoscaling', version: 'v1' }) : await patchedScale(call, before)
  const replicas = numberAt(wanted, 'spec', 'replicas') ?? 0
  if (!Number.isInteger(replicas) || replicas < 0) throw invalid(resource, object.metadata.name, [{ reason: 'FieldValueInvalid', field: 'spec.replicas', message: `Invalid value: ${replicas}: must be greater than or equal to 0` }])
  const resourceVersion = textAt(wanted, 'metadata', 'resourceVersion')
  const whole = { ...object, spec: { ...objectAt(object, 'spec'), replicas }, metadata: { ...object.metadata, resourceVersion } }
  return json(scaleOf(commitChange(world, { resource, before: object, wanted: whole, options: writeOptionsOf(call) })))
}

async function patchedScale(call: Call, before: JsonObject): Promise<JsonObject> {
  const patch = await bodyValue(call) ?? {}
  return (mediaType(call) === 'application/json-patch+json' ? applyJsonPatch(before, patch) : applyMergePatch(before, patch)) as JsonObject
}

async function evict(world: World, { resource }: ResourceTarget, { object, call }: Given): Promise<Answer> {
  if (call.method !== 'POST') throw methodNotAllowed()
  const body = await bodyObject(call, { kind: 'Eviction', group: 'policy', version: 'v1' })
  const { isDryRun } = writeOptionsOf(call)
  if (!isDryRun) endObject(world, resource, object, { graceSeconds: numberAt(body, 'deleteOptions', 'gracePeriodSeconds') })
  return json({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, { code: 201 })
}

const tokenSecondsDefault = 3600

/** A token that opens nothing: its signature says so. */
async function token({ resource }: ResourceTarget, { object, call }: Given): Promise<Answer> {
  if (call.method !== 'POST') throw methodNotAllowed()
  const request: Pick<Resource, 'kind' | 'group' | 'version'> = { kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1' }
  const body = await bodyObject(call, request)
  const seconds = numberAt(body, 'spec', 'expirationSeconds') ?? tokenSecondsDefault
  const { name, namespace } = object.metadata
  const expires = Date.now() + seconds * 1000
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { aud: ['https://kubernetes.default.svc'], exp: Math.floor(expires / 1000), iss: 'https://kubernetes.default.svc', sub: `system:serviceaccount:${namespace}:${name}` }
  const jwt = `${encode({ alg: 'RS256', kid: 'demo' })}.${encode(claims)}.${Buffer.from('a demo token, signed by nobody, good for nothing').toString('base64url')}`
  return json({
    kind: request.kind, apiVersion: groupVersionOf(request), metadata: { name, namespace, creationTimestamp: null },
    spec: { audiences: ['https://kubernetes.default.svc'], expirationSeconds: seconds, boundObjectRef: null }, status: { token: jwt, expirationTimestamp: timestamp(expires) },
  }, { code: 201, resource })
}
