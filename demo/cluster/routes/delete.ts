// delete and deletecollection, with their options: grace, preconditions, propagation, dry run.
import { json, type Answer, type Call } from '../call.ts'
import { asServed } from '../events-v1.ts'
import { isObject, listAt, numberAt, textAt, type JsonObject, type KubeObject } from '../objects.ts'
import { endObject, type Propagation } from '../lifecycle.ts'
import type { Resource } from '../resources.ts'
import { badRequest, conflict, forbidden, notFound, success } from '../status.ts'
import type { ResourceTarget } from '../target.ts'
import type { World } from '../world.ts'
import { bodyValue } from './body.ts'
import { chosenBy, listOf } from './read.ts'
import { writeOptionsOf } from './write-options.ts'

interface DeleteOptions { readonly isDryRun: boolean; readonly graceSeconds: number | undefined; readonly propagation: Propagation; readonly uid: string; readonly resourceVersion: string }

const keptNamespaces = ['default', 'kube-system', 'kube-public']

async function deleteOptionsOf(call: Call): Promise<DeleteOptions> {
  const value = await bodyValue(call)
  const body: JsonObject = isObject(value) ? value : {}
  const { isDryRun } = writeOptionsOf(call, listAt(body, 'dryRun').map(String))
  const grace = numberAt(body, 'gracePeriodSeconds') ?? (call.query.get('gracePeriodSeconds') === null ? undefined : Number(call.query.get('gracePeriodSeconds')))
  if (grace !== undefined && !(grace >= 0)) throw badRequest('gracePeriodSeconds must be greater than or equal to 0')
  const propagation = textAt(body, 'propagationPolicy') || call.query.get('propagationPolicy') || (body['orphanDependents'] === true ? 'Orphan' : 'Background')
  if (propagation !== 'Background' && propagation !== 'Foreground' && propagation !== 'Orphan') throw badRequest(`propagationPolicy: Unsupported value: "${propagation}"`)
  return { isDryRun, graceSeconds: grace, propagation, uid: textAt(body, 'preconditions', 'uid'), resourceVersion: textAt(body, 'preconditions', 'resourceVersion') }
}

export async function removeOne(world: World, { resource, namespace, name }: ResourceTarget, call: Call): Promise<Answer> {
  const options = await deleteOptionsOf(call)
  const object = world.store.get(resource, namespace, name!)
  if (!object) throw notFound(resource, name!)
  return json(removed(world, resource, object, options), { resource })
}

function removed(world: World, resource: Resource, object: KubeObject, options: DeleteOptions): JsonObject {
  const { name, uid, resourceVersion } = object.metadata
  if (options.uid !== '' && options.uid !== uid) throw conflict(resource, name, `Precondition failed: UID in precondition: ${options.uid}, UID in object meta: ${uid}`)
  if (options.resourceVersion !== '' && options.resourceVersion !== resourceVersion) throw conflict(resource, name, `Precondition failed: ResourceVersion in precondition: ${options.resourceVersion}, ResourceVersion in object meta: ${resourceVersion}`)
  if (resource.plural === 'namespaces' && keptNamespaces.includes(name)) throw forbidden(resource, name, 'this namespace may not be deleted')
  if (!options.isDryRun) endObject(world, resource, object, options)
  const left = world.store.get(resource, object.metadata.namespace, name)
  if (left && (left.metadata.deletionTimestamp !== undefined || resource.plural === 'pods')) return asServed(resource, left)
  return success({ name, ...(resource.group ? { group: resource.group } : {}), kind: resource.plural, uid })
}

export async function removeMany(world: World, { resource, namespace }: ResourceTarget, call: Call): Promise<Answer> {
  const options = await deleteOptionsOf(call)
  const chosen = world.store.list(resource, namespace).filter(chosenBy(resource, call.query))
  if (!options.isDryRun) for (const object of chosen) endObject(world, resource, object, options)
  return json(listOf(resource, chosen, { resourceVersion: String(world.store.revision) }), { resource })
}
