// How objects end: pods and finalized objects linger with a deletion time, the rest goes at once. Used by DELETE and by controllers.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
import { listAt, numberAt, timestamp, type KubeObject, type OwnerReference } from './objects.ts'
import { groupVersionOf, resources, type Resource } from './resources.ts'
import { withMetadata, type Store } from './store.ts'
import type { World } from './world.ts'

export type Propagation = 'Background' | 'Foreground' | 'Orphan'

export const foregroundFinalizer = 'foregroundDeletion'
const defaultGraceSeconds = 30

export interface Removal { readonly graceSeconds?: number | undefined; readonly propagation?: Propagation }

/** Gives the object as it is now: gone (its last state) or with a deletion time. */
export function endObject(world: World, resource: Resource, object: KubeObject, { graceSeconds, propagation = 'Background' }: Removal = {}): KubeObject {
  const { store } = world
  const { namespace, name } = object.metadata
  if (propagation === 'Orphan') orphan(store, object)
  const finalizers = finalizersOf(object, propagation)
  const grace = resource.plural === 'pods' ? graceSeconds ?? numberAt(object, 'spec', 'terminationGracePeriodSeconds') ?? defaultGraceSeconds : 0
  const lingers = finalizers.length > 0 || resource.plural === 'namespaces' || (grace > 0 && object.metadata.deletionTimestamp === undefined) || (grace > 0 && graceSeconds === undefined)
  if (!lingers) return store.remove(resource, namespace, name) ?? object
  if (object.metadata.deletionTimestamp !== undefined) return object
  const marked = withMetadata(object, { deletionTimestamp: timestamp(world.now() + grace * 1000), deletionGracePeriodSeconds: grace, ...(finalizers.length > 0 ? { finalizers } : {}) })
  return store.update(resource, resource.plural === 'namespaces' ? { ...marked, status: { phase: 'Terminating' } } : marked)
}

function finalizersOf({ metadata }: KubeObject, propagation: Propagation): string[] {
  const finalizers = metadata.finalizers ?? []
  return propagation === 'Foreground' && !finalizers.includes(foregroundFinalizer) ? [...finalizers, foregroundFinalizer] : finalizers
}

export interface Kept { readonly resource: Resource; readonly object: KubeObject }

/** Every object that names `uid` as an owner. */
export function dependentsOf(store: Store, uid: string): readonly Kept[] {
  return resources.filter(({ isReview, group }) => !isReview && group !== 'events.k8s.io').flatMap((resource) =>
    store.list(resource).filter((object) => (object.metadata.ownerReferences ?? []).some((owner) => owner.uid === uid)).map((object) => ({ resource, object })))
}

function orphan(store: Store, owner: KubeObject): void {
  for (const { resource, object } of dependentsOf(store, owner.metadata.uid)) {
    const owners = (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid)
    store.update(resource, withMetadata(object, { ownerReferences: owners }))
  }
}

export function ownerReference(owner: KubeObject, resource: Resource): OwnerReference {
  return { apiVersion: groupVersionOf(resource), kind: resource.kind, name: owner.metadata.name, uid: owner.metadata.uid, controller: true, blockOwnerDeletion: true }
}

export const isOwnedBy = (object: KubeObject, owner: KubeObject): boolean =>
  (object.metadata.ownerReferences ?? []).some(({ uid, controller }) => uid === owner.metadata.uid && controller === true)

export const hasFinalizers = (object: KubeObject): boolean => listAt(object, 'metadata', 'finalizers').length > 0
