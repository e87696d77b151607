// Tables of what runs: pods, deployments, replica sets, stateful and daemon sets, jobs, cron jobs, autoscalers.
import { at, listAt, numberAt, objectAt, textAt, type Json, type KubeObject } from '../objects.ts'
import { selectorText } from '../selectors.ts'
import { age, humanDuration } from './age.ts'
import { ageColumn, column, nameColumn, orNone, wide, type Column } from './columns.ts'

const containersOf = (object: KubeObject) => object.kind === 'Pod' ? listAt(object, 'spec', 'containers') : listAt(object, 'spec', 'template', 'spec', 'containers')
const containers = wide('Containers', (object) => containersOf(object).map((one) => textAt(one, 'name')).join(','))
const images = wide('Images', (object) => containersOf(object).map((one) => textAt(one, 'image')).join(','))
const selector = wide('Selector', (object) => orNone(selectorText(at(object, 'spec', 'selector'))))
const count = (object: KubeObject, ...path: string[]): number => numberAt(object, ...path) ?? 0

export const podColumns: readonly Column[] = [
  nameColumn,
  column('Ready', (pod) => {
    const statuses = listAt(pod, 'status', 'containerStatuses')
    return `${statuses.filter((status) => at(status, 'ready') === true).length}/${containersOf(pod).length}`
  }),
  column('Status', podStatus),
  column('Restarts', (pod) => String(listAt(pod, 'status', 'containerStatuses').reduce<number>((sum, status) => sum + (numberAt(status, 'restartCount') ?? 0), 0))),
  ageColumn,
  wide('IP', (pod) => orNone(textAt(pod, 'status', 'podIP'))),
  wide('Node', (pod) => orNone(textAt(pod, 'spec', 'nodeName'))),
  wide('Nominated Node', () => '<none>'),
  wide('Readiness Gates', () => '<none>'),
]

/** The phase, unless a container or a deletion says more. */
export function podStatus(pod: KubeObject): string {
  if (pod.metadata.deletionTimestamp) return 'Terminating'
  const states = listAt(pod, 'status', 'containerStatuses').map((status) => objectAt(status, 'state'))
  const reason = states.map((state) => textAt(state, 'waiting', 'reason') || textAt(state, 'terminated', 'reason')).find((text) => text !== '')
  return reason || textAt(pod, 'status', 'reason') || textAt(pod, 'status', 'phase') || 'Unknown'
}

const workloadEnd = [ageColumn, containers, images, selector]

export const deploymentColumns: readonly Column[] = [
  nameColumn,
  column('Ready', (one) => `${count(one, 'status', 'readyReplicas')}/${count(one, 'spec', 'replicas')}`),
  column('Up-to-date', (one) => count(one, 'status', 'updatedReplicas'), 'integer'),
  column('Available', (one) => count(one, 'status', 'availableReplicas'), 'integer'),
  ...workloadEnd,
]

export const replicaSetColumns: readonly Column[] = [
  nameColumn,
  column('Desired', (one) => count(one, 'spec', 'replicas'), 'integer'),
  column('Current', (one) => count(one, 'status', 'replicas'), 'integer'),
  column('Ready', (one) => count(one, 'status', 'readyReplicas'), 'integer'),
  ...workloadEnd,
]

export const statefulSetColumns: readonly Column[] = [
  nameColumn, column('Ready', (one) => `${count(one, 'status', 'readyReplicas')}/${count(one, 'spec', 'replicas')}`), ageColumn, containers, images,
]

export const daemonSetColumns: readonly Column[] = [
  nameColumn,
  column('Desired', (one) => count(one, 'status', 'desiredNumberScheduled'), 'integer'),
  column('Current', (one) => count(one, 'status', 'currentNumberScheduled'), 'integer'),
  column('Ready', (one) => count(one, 'status', 'numberReady'), 'integer'),
  column('Up-to-date', (one) => count(one, 'status', 'updatedNumberScheduled'), 'integer'),
  column('Available', (one) => count(one, 'status', 'numberAvailable'), 'integer'),
  column('Node Selector', () => '<none>'),
  ...workloadEnd,
]

export const jobColumns: readonly Column[] = [
  nameColumn,
  column('Status', jobStatus),
  column('Completions', (job) => `${count(job, 'status', 'succeeded')}/${numberAt(job, 'spec', 'completions') ?? 1}`),
  column('Duration', (job) => {
    const [start, end] = [textAt(job, 'status', 'startTime'), textAt(job, 'status', 'completionTime')]
    return start === '' ? '' : humanDuration((end === '' ? Date.now() : Date.parse(end)) - Date.parse(start))
  }),
  ...workloadEnd,
]

function jobStatus(job: KubeObject): Json {
  const done = listAt(job, 'status', 'conditions').find((condition) => textAt(condition, 'status') === 'True')
  return { Complete: 'Complete', Failed: 'Failed', Suspended: 'Suspended' }[textAt(done, 'type')] ?? 'Running'
}

export const cronJobColumns: readonly Column[] = [
  nameColumn,
  column('Schedule', (one) => textAt(one, 'spec', 'schedule')),
  column('Timezone', (one) => orNone(textAt(one, 'spec', 'timeZone'))),
  column('Suspend', (one) => at(one, 'spec', 'suspend') === true ? 'True' : 'False', 'boolean'),
  column('Active', (one) => listAt(one, 'status', 'active').length, 'integer'),
  column('Last Schedule', (one) => { const last = textAt(one, 'status', 'lastScheduleTime'); return last === '' ? '<none>' : age(last) }),
  ageColumn,
]

export const autoscalerColumns: readonly Column[] = [
  nameColumn,
  column('Reference', (one) => `${textAt(one, 'spec', 'scaleTargetRef', 'kind')}/${textAt(one, 'spec', 'scaleTargetRef', 'name')}`),
  column('Targets', autoscalerTargets),
  column('MinPods', (one) => textAt(one, 'spec', 'minReplicas')),
  column('MaxPods', (one) => count(one, 'spec', 'maxReplicas'), 'integer'),
  column('Replicas', (one) => count(one, 'status', 'currentReplicas'), 'integer'),
  ageColumn,
]

function autoscalerTargets(one: KubeObject): Json {
  const wanted = textAt(one, 'spec', 'metrics', 0, 'resource', 'target', 'averageUtilization')
  return wanted === '' ? '<unknown>' : `cpu: ${textAt(one, 'status', 'currentMetrics', 0, 'resource', 'current', 'averageUtilization') || '<unknown>'}/${wanted}%`
}
