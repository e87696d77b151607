// What is left when something goes: dependents whose owners are gone, owners that wait for their dependents, contents of namespaces.
// https://kubernetes.io/docs/concepts/architecture/garbage-collection/
import type { KubeObject } from '../objects.ts'
import { dependentsOf, endObject, foregroundFinalizer } from '../lifecycle.ts'
import { resourceNamed, resources, type Resource } from '../resources.ts'
import { withMetadata } from '../store.ts'
import type { World } from '../world.ts'

const kept = resources.filter(({ isReview, group }) => !isReview && group !== 'events.k8s.io')
const namespaces = resourceNamed('namespaces')

export function collectGarbage(world: World): void {
  const { store } = world
  const all = kept.flatMap((resource) => store.list(resource).map((object) => ({ resource, object })))
  const living = new Set(all.map(({ object }) => object.metadata.uid))
  const leaving = new Set(all.filter(({ object }) => object.metadata.finalizers?.includes(foregroundFinalizer) && object.metadata.deletionTimestamp !== undefined).map(({ object }) => object.metadata.uid))
  for (const { resource, object } of all) {
    const owners = object.metadata.ownerReferences ?? []
    if (owners.length === 0 || object.metadata.deletionTimestamp !== undefined) continue
    if (owners.every(({ uid }) => !living.has(uid) || leaving.has(uid))) endObject(world, resource, object, { propagation: owners.some(({ uid }) => leaving.has(uid)) ? 'Foreground' : 'Background' })
  }
  for (const { resource, object } of all) if (leaving.has(object.metadata.uid)) finishForeground(world, resource, object)
}

function finishForeground({ store }: World, resource: Resource, object: KubeObject): void {
  if (dependentsOf(store, object.metadata.uid).length > 0) return
  const finalizers = (object.metadata.finalizers ?? []).filter((one) => one !== foregroundFinalizer)
  const { namespace, name } = object.metadata
  if (finalizers.length > 0) store.update(resource, withMetadata(object, { finalizers }))
  else if (resource.plural === 'pods') store.update(resource, withMetadata(object, { finalizers: [] }))
  else store.remove(resource, namespace, name)
}

/** A namespace goes when nothing is left in it. */
export function endNamespaces(world: World): void {
  const { store } = world
  for (const { metadata } of store.list(namespaces).filter((one) => one.metadata.deletionTimestamp !== undefined)) {
    const contents = kept.filter(({ isNamespaced }) => isNamespaced).flatMap((resource) => store.list(resource, metadata.name).map((object) => ({ resource, object })))
    for (const { resource, object } of contents) if (object.metadata.deletionTimestamp === undefined) endObject(world, resource, object)
    if (contents.length === 0 && !(metadata.finalizers?.length)) store.remove(namespaces, undefined, metadata.name)
  }
}
