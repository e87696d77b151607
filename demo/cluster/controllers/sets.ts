// Sets of pods: ReplicaSet by count, StatefulSet by ordinal, DaemonSet by node.
import { numberAt, objectAt, textAt, type KubeObject } from '../objects.ts'
import { resourceNamed } from '../resources.ts'
import type { World } from '../world.ts'
import { createPod, deletePod, hashName, isReady, livePodsOf, pods } from './pods.ts'
import { putStatus } from './status-writer.ts'

const replicaSets = resourceNamed('replicasets')
const statefulSets = resourceNamed('statefulsets')
const daemonSets = resourceNamed('daemonsets')
const nodes = resourceNamed('nodes')

export function reconcileReplicaSet(world: World, set: KubeObject): void {
  const wanted = numberAt(set, 'spec', 'replicas') ?? 1
  const live = livePodsOf(world, set).filter((pod) => !['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase')))
  for (let missing = wanted - live.length; missing > 0; missing--) createPod(world, { owner: set, resource: replicaSets, template: objectAt(set, 'spec', 'template') })
  // Those that are not ready go first, then the youngest.
  const leaving = [...live].sort((one, other) => Number(isReady(one)) - Number(isReady(other)) || Date.parse(other.metadata.creationTimestamp) - Date.parse(one.metadata.creationTimestamp))
  for (const pod of leaving.slice(0, Math.max(0, live.length - wanted))) deletePod(world, set, pod)
  const now = livePodsOf(world, set)
  const ready = now.filter(isReady).length
  putStatus(world, replicaSets, set, {
    replicas: now.length, fullyLabeledReplicas: now.length, ...(ready > 0 ? { readyReplicas: ready, availableReplicas: ready } : {}), observedGeneration: set.metadata.generation ?? 1,
  })
}

export function reconcileStatefulSet(world: World, set: KubeObject): void {
  const { name, namespace } = set.metadata
  const wanted = numberAt(set, 'spec', 'replicas') ?? 1
  const template = objectAt(set, 'spec', 'template')
  const revision = `${name}-${hashName(template)}`
  const all = livePodsOf(world, set)
  // One after the other, each when the one before is ready.
  for (let ordinal = 0; ordinal < wanted; ordinal++) {
    const podName = `${name}-${ordinal}`
    const pod = world.store.get(pods, namespace, podName)
    if (!pod) createPod(world, { owner: set, resource: statefulSets, template, name: podName, labels: { 'apps.kubernetes.io/pod-index': String(ordinal), 'controller-revision-hash': revision, 'statefulset.kubernetes.io/pod-name': podName } })
    if (!pod || !isReady(pod)) break
  }
  const outdated = all.filter((pod) => textAt(pod, 'metadata', 'labels', 'controller-revision-hash') !== revision)
  const extra = all.filter((pod) => Number(/\d+$/.exec(pod.metadata.name)?.[0]) >= wanted)
  if (extra.length > 0) deletePod(world, set, extra.at(-1)!)
  else if (outdated.length > 0 && all.every(isReady) && all.length === wanted) deletePod(world, set, outdated.at(-1)!)
  const ready = all.filter(isReady).length
  putStatus(world, statefulSets, set, {
    observedGeneration: set.metadata.generation ?? 1, replicas: all.length, readyReplicas: ready, availableReplicas: ready, currentReplicas: all.length,
    updatedReplicas: all.length - outdated.length, currentRevision: revision, updateRevision: revision, collisionCount: 0,
  })
}

export function reconcileDaemonSet(world: World, set: KubeObject): void {
  const all = livePodsOf(world, set)
  const template = objectAt(set, 'spec', 'template')
  const hash = hashName(template)
  const hosts = world.store.list(nodes)
  for (const { metadata: { name } } of hosts) {
    if (!all.some((pod) => textAt(pod, 'spec', 'nodeName') === name)) createPod(world, { owner: set, resource: daemonSets, template, nodeName: name, labels: { 'controller-revision-hash': hash } })
  }
  const outdated = all.filter((pod) => textAt(pod, 'metadata', 'labels', 'controller-revision-hash') !== hash)
  const [ready, isWhole] = [all.filter(isReady).length, all.length === hosts.length && all.every(isReady)]
  if (outdated.length > 0 && isWhole) deletePod(world, set, outdated[0]!)
  putStatus(world, daemonSets, set, {
    observedGeneration: set.metadata.generation ?? 1, desiredNumberScheduled: hosts.length, currentNumberScheduled: all.length, numberMisscheduled: 0,
    numberReady: ready, numberAvailable: ready, updatedNumberScheduled: all.length - outdated.length,
  })
}
