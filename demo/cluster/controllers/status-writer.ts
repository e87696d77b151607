// A controller's write of a status: only where it says something new, so that the loops come to rest.
import { isSame, timestamp, type Json, type JsonObject, type KubeObject, listAt, textAt } from '../objects.ts'
import type { Resource } from '../resources.ts'
import type { World } from '../world.ts'

export function putStatus({ store }: World, resource: Resource, object: KubeObject, status: JsonObject): void {
  const live = store.get(resource, object.metadata.namespace, object.metadata.name)
  if (live && !isSame(live['status'], status)) store.update(resource, { ...live, status })
}

export interface ConditionText { readonly type: string; readonly isTrue: boolean; readonly reason: string; readonly message: string }

/** A condition keeps the time of its last change while it stays as it was. */
export function condition({ now }: World, object: KubeObject, { type, isTrue, reason, message }: ConditionText): Json {
  const before = listAt(object, 'status', 'conditions').find((one) => textAt(one, 'type') === type)
  const status = isTrue ? 'True' : 'False'
  if (before !== undefined && textAt(before, 'status') === status && textAt(before, 'reason') === reason) return before
  const at = timestamp(now())
  const lastTransitionTime = before !== undefined && textAt(before, 'status') === status ? textAt(before, 'lastTransitionTime') : at
  // Deployments alone say when they were last looked at.
  return { type, status, reason, message, lastTransitionTime, ...(object.kind === 'Deployment' ? { lastUpdateTime: at } : {}) }
}
