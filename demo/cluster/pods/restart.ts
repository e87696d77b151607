// A container whose process has ended is started anew: its logs become the previous ones, its count goes up, its files are fresh.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
import { listAt, numberAt, objectAt, textAt, timestamp, type Json, type KubeObject } from '../objects.ts'
import { writeEvent } from '../events.ts'
import { resourceNamed } from '../resources.ts'
import type { World } from '../world.ts'

const pods = resourceNamed('pods')
const killed = 137

export function restartContainer(world: World, { metadata }: KubeObject, name: string): void {
  const pod = world.store.get(pods, metadata.namespace, metadata.name)
  if (!pod || pod.metadata.uid !== metadata.uid) return
  world.logs.restart({ podUid: metadata.uid, container: name })
  const now = timestamp(world.now())
  const containerStatuses = listAt(pod, 'status', 'containerStatuses').map((status): Json => textAt(status, 'name') !== name ? status : {
    ...objectAt(status), restartCount: (numberAt(status, 'restartCount') ?? 0) + 1, state: { running: { startedAt: now } },
    lastState: { terminated: { exitCode: killed, reason: 'Error', startedAt: textAt(status, 'state', 'running', 'startedAt'), finishedAt: now } },
  })
  world.store.update(pods, { ...pod, status: { ...objectAt(pod, 'status'), containerStatuses } })
  for (const reason of ['Created', 'Started']) {
    writeEvent(world, pod, { reason, message: `${reason} container ${name}`, component: 'kubelet', host: textAt(pod, 'spec', 'nodeName'), fieldPath: `spec.containers{${name}}` })
  }
}
