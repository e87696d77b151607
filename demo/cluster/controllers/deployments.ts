// Deployments: a replica set for each template, and a rolling step from the old to the new while enough pods are ready.
// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
import { at, isSame, numberAt, objectAt, textAt, textsAt, type Json, type JsonObject, type KubeObject } from '../objects.ts'
import { writeEvent } from '../events.ts'
import { isOwnedBy, ownerReference } from '../lifecycle.ts'
import { resourceNamed } from '../resources.ts'
import { withMetadata } from '../store.ts'
import type { World } from '../world.ts'
import { hashName } from './pods.ts'
import { condition, putStatus } from './status-writer.ts'

const deployments = resourceNamed('deployments')
const replicaSets = resourceNamed('replicasets')
const revisionKey = 'deployment.kubernetes.io/revision'
const hashKey = 'pod-template-hash'

const replicasOf = (set: KubeObject) => numberAt(set, 'spec', 'replicas') ?? 0
const readyOf = (set: KubeObject) => numberAt(set, 'status', 'readyReplicas') ?? 0
const revisionOf = (set: KubeObject) => Number(textAt(set, 'metadata', 'annotations', revisionKey) || 0)
const sum = (sets: readonly KubeObject[], of: (set: KubeObject) => number) => sets.reduce((total, set) => total + of(set), 0)

export function reconcileDeployment(world: World, deployment: KubeObject): void {
  const isPaused = at(deployment, 'spec', 'paused') === true
  const known = world.store.list(replicaSets, deployment.metadata.namespace).filter((set) => isOwnedBy(set, deployment))
  const template = objectAt(deployment, 'spec', 'template')
  const current = known.find((set) => isSame(withoutHash(objectAt(set, 'spec', 'template')), template)) ?? (isPaused ? undefined : createSet(world, deployment, known))
  const old = known.filter((set) => set !== current)
  if (current) roll(world, deployment, { current: numbered(world, deployment, current, old), old })
  forgetOld(world, deployment, old)
  report(world, deployment)
}

function withoutHash(template: JsonObject): JsonObject {
  const metadata = objectAt(template, 'metadata')
  const { [hashKey]: _hash, ...labels } = textsAt(metadata, 'labels')
  return { ...template, metadata: { ...metadata, labels } }
}

function createSet(world: World, deployment: KubeObject, known: readonly KubeObject[]): KubeObject {
  const template = objectAt(deployment, 'spec', 'template')
  const hash = hashName(template)
  const labels = { ...textsAt(template, 'metadata', 'labels'), [hashKey]: hash }
  return world.store.create(replicaSets, {
    metadata: {
      name: `${deployment.metadata.name}-${hash}`, namespace: deployment.metadata.namespace, labels, generation: 1, ownerReferences: [ownerReference(deployment, deployments)],
      annotations: { ...notLastApplied(deployment), [revisionKey]: String(Math.max(0, ...known.map(revisionOf)) + 1) },
    },
    spec: {
      replicas: 0, selector: { matchLabels: { ...textsAt(deployment, 'spec', 'selector', 'matchLabels'), [hashKey]: hash } },
      template: { ...template, metadata: { ...objectAt(template, 'metadata'), labels } },
    },
    status: { replicas: 0 },
  })
}

function notLastApplied(deployment: KubeObject): Record<string, string> {
  const { 'kubectl.kubernetes.io/last-applied-configuration': _applied, [revisionKey]: _revision, ...annotations } = textsAt(deployment, 'metadata', 'annotations')
  return annotations
}

/** A set that is taken up again (rollout undo) gets the next number; the deployment says which is current. */
function numbered(world: World, deployment: KubeObject, current: KubeObject, old: readonly KubeObject[]): KubeObject {
  const latest = Math.max(0, ...old.map(revisionOf))
  const isLatest = revisionOf(current) > latest
  const set = isLatest ? current : world.store.update(replicaSets, withMetadata(current, { annotations: { ...textsAt(current, 'metadata', 'annotations'), [revisionKey]: String(latest + 1) } }))
  const annotations = textsAt(deployment, 'metadata', 'annotations')
  if (annotations[revisionKey] !== String(revisionOf(set))) {
    const live = world.store.get(deployments, deployment.metadata.namespace, deployment.metadata.name) ?? deployment
    world.store.update(deployments, withMetadata(live, { annotations: { ...annotations, [revisionKey]: String(revisionOf(set)) } }))
  }
  return set
}

function roll(world: World, deployment: KubeObject, { current, old }: { readonly current: KubeObject; readonly old: readonly KubeObject[] }): void {
  const wanted = numberAt(deployment, 'spec', 'replicas') ?? 1
  const living = old.filter((set) => replicasOf(set) > 0)
  if (living.length === 0 || at(deployment, 'spec', 'paused') === true) {
    scale(world, deployment, current, Math.max(0, wanted - sum(living, replicasOf)))
    return
  }
  if (textAt(deployment, 'spec', 'strategy', 'type') === 'Recreate') {
    for (const set of living) scale(world, deployment, set, 0)
    return
  }
  const surge = share(at(deployment, 'spec', 'strategy', 'rollingUpdate', 'maxSurge') ?? '25%', wanted, Math.ceil)
  const unavailable = share(at(deployment, 'spec', 'strategy', 'rollingUpdate', 'maxUnavailable') ?? '25%', wanted, Math.floor)
  const all = [current, ...living]
  const room = wanted + Math.max(surge, unavailable === 0 ? 1 : 0) - sum(all, replicasOf)
  if (room > 0) scale(world, deployment, current, Math.min(wanted, replicasOf(current) + room))
  else if (replicasOf(current) > wanted) scale(world, deployment, current, wanted)
  let removable = sum(all, readyOf) - (wanted - unavailable)
  for (const set of living) {
    const broken = replicasOf(set) - readyOf(set)
    const fewer = Math.min(replicasOf(set), broken + Math.max(0, Math.min(removable, readyOf(set))))
    removable -= Math.max(0, fewer - broken)
    if (fewer > 0) scale(world, deployment, set, replicasOf(set) - fewer)
  }
}

function share(value: Json, of: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value
  const percent = /^(\d+)%$/.exec(String(value))?.[1]
  return percent === undefined ? Number(value) || 0 : round(of * Number(percent) / 100)
}

function scale(world: World, deployment: KubeObject, set: KubeObject, replicas: number): void {
  const before = replicasOf(set)
  if (before === replicas) return
  const live = world.store.get(replicaSets, set.metadata.namespace, set.metadata.name) ?? set
  world.store.update(replicaSets, { ...withMetadata(live, { generation: (live.metadata.generation ?? 1) + 1 }), spec: { ...objectAt(live, 'spec'), replicas } })
  writeEvent(world, deployment, { reason: 'ScalingReplicaSet', component: 'deployment-controller', message: `Scaled ${replicas > before ? 'up' : 'down'} replica set ${set.metadata.name} from ${before} to ${replicas}` })
}

function forgetOld({ store }: World, deployment: KubeObject, old: readonly KubeObject[]): void {
  const limit = numberAt(deployment, 'spec', 'revisionHistoryLimit') ?? 10
  const idle = old.filter((set) => replicasOf(set) === 0 && (numberAt(set, 'status', 'replicas') ?? 0) === 0).sort((one, other) => revisionOf(one) - revisionOf(other))
  for (const set of idle.slice(0, Math.max(0, idle.length - limit))) store.remove(replicaSets, set.metadata.namespace, set.metadata.name)
}

function report(world: World, before: KubeObject): void {
  const deployment = world.store.get(deployments, before.metadata.namespace, before.metadata.name) ?? before
  const sets = world.store.list(replicaSets, deployment.metadata.namespace).filter((set) => isOwnedBy(set, deployment))
  const template = objectAt(deployment, 'spec', 'template')
  const current = sets.find((set) => isSame(withoutHash(objectAt(set, 'spec', 'template')), template))
  const wanted = numberAt(deployment, 'spec', 'replicas') ?? 1
  const count = (set: KubeObject) => numberAt(set, 'status', 'replicas') ?? 0
  const [replicas, ready, updated] = [sum(sets, count), sum(sets, readyOf), current ? count(current) : 0]
  const unavailable = share(at(deployment, 'spec', 'strategy', 'rollingUpdate', 'maxUnavailable') ?? '25%', wanted, Math.floor)
  const isAvailable = ready >= wanted - unavailable
  const isDone = updated === wanted && replicas === wanted && ready === wanted
  const setName = current?.metadata.name ?? ''
  putStatus(world, deployments, deployment, {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...(replicas > 0 ? { replicas } : {}), ...(updated > 0 ? { updatedReplicas: updated } : {}), ...(ready > 0 ? { readyReplicas: ready, availableReplicas: ready } : {}),
    ...(wanted > ready ? { unavailableReplicas: wanted - ready } : {}),
    conditions: [
      condition(world, deployment, { type: 'Available', isTrue: isAvailable, reason: isAvailable ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable', message: `Deployment ${isAvailable ? 'has' : 'does not have'} minimum availability.` }),
      condition(world, deployment, { type: 'Progressing', isTrue: true, reason: isDone ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated', message: isDone ? `ReplicaSet "${setName}" has successfully progressed.` : `ReplicaSet "${setName}" is progressing.` }),
    ],
  })
}
