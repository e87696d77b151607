// Scheduler and kubelet: a pod gets a node, pulls its images, runs, and when it is deleted goes after a moment.
// An image whose name says `broken` or `missing` cannot be pulled; a pod with restartPolicy Never completes after some seconds.
import { at, listAt, numberAt, objectAt, textAt, timestamp, type Json, type JsonObject, type KubeObject } from '../objects.ts'
import { writeEvent } from '../events.ts'
import { hasFinalizers } from '../lifecycle.ts'
import { resourceNamed } from '../resources.ts'
import type { World } from '../world.ts'
import { pods } from './pods.ts'
import { condition } from './status-writer.ts'

const nodes = resourceNamed('nodes')
const scheduleMs = 150
const startMs = 600
const goneMs = 900
const workMs = 4000

export class Kubelet {
  readonly #world: World
  /** By uid: when the pod was first seen in the stage it is in. */
  readonly #since = new Map<string, { readonly stage: string; readonly at: number }>()
  #address = 10

  constructor(world: World) {
    this.#world = world
  }

  /** Gives whether something is on its way. */
  step(isInstant: boolean): boolean {
    let isMoving = false
    for (const pod of this.#world.store.list(pods)) isMoving = this.#move(pod, isInstant) || isMoving
    if (this.#since.size > 5000) this.#since.clear()
    return isMoving
  }

  #move(pod: KubeObject, isInstant: boolean): boolean {
    const stage = stageOf(pod)
    if (stage === 'settled') return false
    const { uid } = pod.metadata
    const known = this.#since.get(uid)
    if (known?.stage !== stage) this.#since.set(uid, { stage, at: Date.now() })
    const waited = isInstant ? Infinity : known?.stage === stage ? Date.now() - known.at : 0
    switch (stage) {
      case 'new': if (waited >= scheduleMs) this.#schedule(pod); break
      case 'scheduled': if (waited >= startMs) this.#start(pod); break
      case 'working': if (!isInstant && waited >= workMs) this.#complete(pod); return !isInstant
      case 'terminating': if (waited >= goneMs) this.#end(pod); break
    }
    return true
  }

  #schedule(pod: KubeObject): void {
    const { store } = this.#world
    const all = store.list(nodes).filter((node) => at(node, 'spec', 'unschedulable') !== true && listAt(node, 'spec', 'taints').length === 0)
    const load = (node: KubeObject) => store.list(pods).filter((one) => textAt(one, 'spec', 'nodeName') === node.metadata.name).length
    const nodeName = textAt(pod, 'spec', 'nodeName') || all.map((node) => ({ name: node.metadata.name, load: load(node) })).sort((one, other) => one.load - other.load)[0]?.name
    if (!nodeName) return
    const conditions = [condition(this.#world, pod, { type: 'PodScheduled', isTrue: true, reason: '', message: '' })]
    this.#put({ ...pod, spec: { ...objectAt(pod, 'spec'), nodeName }, status: { ...objectAt(pod, 'status'), conditions, containerStatuses: containerStatuses(pod, { waiting: { reason: 'ContainerCreating' } }, false) } })
    writeEvent(this.#world, pod, { reason: 'Scheduled', message: `Successfully assigned ${pod.metadata.namespace}/${pod.metadata.name} to ${nodeName}`, component: 'default-scheduler' })
  }

  #start(pod: KubeObject): void {
    const host = textAt(pod, 'spec', 'nodeName')
    const tell = (reason: string, message: string, container: string, type: 'Normal' | 'Warning' = 'Normal') =>
      writeEvent(this.#world, pod, { type, reason, message, component: 'kubelet', host, fieldPath: `spec.containers{${container}}` })
    const missing = listAt(pod, 'spec', 'containers').find((container) => /broken|missing|nonexistent/.test(textAt(container, 'image')))
    if (missing !== undefined) {
      const [image, name] = [textAt(missing, 'image'), textAt(missing, 'name')]
      tell('Failed', `Failed to pull image "${image}": not found`, name, 'Warning')
      this.#put({ ...pod, status: { ...objectAt(pod, 'status'), startTime: this.#now(), containerStatuses: containerStatuses(pod, { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` } }, false) } })
      return
    }
    for (const container of listAt(pod, 'spec', 'containers')) {
      const name = textAt(container, 'name')
      tell('Pulled', `Container image "${textAt(container, 'image')}" already present on machine`, name)
      tell('Created', `Created container ${name}`, name)
      tell('Started', `Started container ${name}`, name)
    }
    this.#put({ ...pod, status: this.#runningStatus(pod) })
  }

  #runningStatus(pod: KubeObject): JsonObject {
    const ip = `10.244.${1 + this.#address % 3}.${10 + Math.floor(this.#address++ / 3) % 240}`
    const conditions = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled']
      .map((type) => condition(this.#world, pod, { type, isTrue: true, reason: '', message: '' }))
    return {
      ...objectAt(pod, 'status'), phase: 'Running', conditions, podIP: ip, podIPs: [{ ip }], startTime: this.#now(),
      hostIP: `10.0.0.${10 + Number(/\d+$/.exec(textAt(pod, 'spec', 'nodeName'))?.[0] ?? 0)}`, containerStatuses: containerStatuses(pod, { running: { startedAt: this.#now() } }, true),
    }
  }

  #complete(pod: KubeObject): void {
    const state = { terminated: { reason: 'Completed', exitCode: 0, startedAt: textAt(pod, 'status', 'startTime'), finishedAt: this.#now() } }
    const conditions = ['Initialized', 'PodScheduled'].map((type) => condition(this.#world, pod, { type, isTrue: true, reason: '', message: '' }))
    const unready = ['Ready', 'ContainersReady'].map((type) => condition(this.#world, pod, { type, isTrue: false, reason: 'PodCompleted', message: '' }))
    this.#put({ ...pod, status: { ...objectAt(pod, 'status'), phase: 'Succeeded', conditions: [...conditions, ...unready], containerStatuses: containerStatuses(pod, state, false) } })
  }

  #end(pod: KubeObject): void {
    this.#since.delete(pod.metadata.uid)
    this.#world.logs.forget(pod.metadata.uid)
    this.#world.store.remove(pods, pod.metadata.namespace, pod.metadata.name)
  }

  #put(pod: KubeObject): void {
    this.#world.store.update(pods, pod)
  }

  #now(): string {
    return timestamp(this.#world.now())
  }
}

function stageOf(pod: KubeObject): 'new' | 'scheduled' | 'working' | 'terminating' | 'settled' {
  if (pod.metadata.deletionTimestamp !== undefined) return hasFinalizers(pod) ? 'settled' : 'terminating'
  const phase = textAt(pod, 'status', 'phase')
  if (phase === 'Running') return ['Never', 'OnFailure'].includes(textAt(pod, 'spec', 'restartPolicy')) && at(pod, 'metadata', 'ownerReferences') !== undefined ? 'working' : 'settled'
  if (phase !== 'Pending' && phase !== '') return 'settled'
  const statuses = listAt(pod, 'status', 'containerStatuses')
  if (textAt(pod, 'spec', 'nodeName') === '' || statuses.length === 0) return 'new'
  return textAt(statuses[0], 'state', 'waiting', 'reason') === 'ImagePullBackOff' ? 'settled' : 'scheduled'
}

function containerStatuses(pod: KubeObject, state: JsonObject, ready: boolean): Json[] {
  return listAt(pod, 'spec', 'containers').map((container): Json => {
    const [name, image] = [textAt(container, 'name'), textAt(container, 'image')]
    const before = listAt(pod, 'status', 'containerStatuses').find((status) => textAt(status, 'name') === name)
    return { name, image, imageID: '', state, lastState: objectAt(before, 'lastState'), ready, started: ready, restartCount: numberAt(before, 'restartCount') ?? 0, containerID: `containerd://${pod.metadata.uid.replaceAll('-', '')}` }
  })
}
