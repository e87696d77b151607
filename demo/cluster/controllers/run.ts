// The controllers, in one loop: a tick looks at everything and brings the present a step nearer to what is wanted, as Kubernetes'
// own do. One loop over some dozens of objects is simpler than queues, and costs nothing while nothing changes.
import { resourceNamed } from '../resources.ts'
import type { World } from '../world.ts'
import { reconcileDeployment } from './deployments.ts'
import { collectGarbage, endNamespaces } from './garbage.ts'
import { Kubelet } from './kubelet.ts'
import { reconcileEndpoints } from './endpoints.ts'
import { reconcileCronJobs, reconcileJob } from './jobs.ts'
import { reconcileDaemonSet, reconcileReplicaSet, reconcileStatefulSet } from './sets.ts'

const tickMs = 200
const stepsMax = 100

export interface Controllers { settle(): void; stop(): void }

export function startControllers(world: World): Controllers {
  const kubelet = new Kubelet(world)
  let isDirty = true
  const ends = [world.store.onChange(() => { isDirty = true })]
  const tick = (isInstant: boolean) => {
    const isMoving = kubelet.step(isInstant)
    reconcileCronJobs(world)
    if (!isDirty && !isMoving) return false
    isDirty = false
    reconcileAll(world)
    return true
  }
  const timer = setInterval(() => tick(false), tickMs)
  timer.unref()
  return {
    // The sample estate is there from the start: as many steps as it takes, without their waits.
    settle: () => {
      let isMoving = true
      for (let steps = 0; steps < stepsMax && isMoving; steps++) isMoving = tick(true)
    },
    stop: () => { clearInterval(timer); for (const end of ends) end() },
  }
}

const loops = [
  [resourceNamed('deployments'), reconcileDeployment], [resourceNamed('replicasets'), reconcileReplicaSet], [resourceNamed('statefulsets'), reconcileStatefulSet],
  [resourceNamed('daemonsets'), reconcileDaemonSet], [resourceNamed('jobs'), reconcileJob], [resourceNamed('services'), reconcileEndpoints],
] as const

function reconcileAll(world: World): void {
  for (const [resource, reconcile] of loops) {
    for (const object of world.store.list(resource)) if (object.metadata.deletionTimestamp === undefined) reconcile(world, object)
  }
  collectGarbage(world)
  endNamespaces(world)
}
