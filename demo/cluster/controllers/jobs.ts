// Jobs run one pod to its end; cron jobs start a job when their time has come (every N minutes and fixed minutes are understood).
import { at, listAt, numberAt, objectAt, textAt, textsAt, timestamp, type KubeObject } from '../objects.ts'
import { writeEvent } from '../events.ts'
import { isOwnedBy, ownerReference } from '../lifecycle.ts'
import { resourceNamed } from '../resources.ts'
import type { World } from '../world.ts'
import { createPod, livePodsOf } from './pods.ts'
import { condition, putStatus } from './status-writer.ts'

const jobs = resourceNamed('jobs')
const cronJobs = resourceNamed('cronjobs')
const jobsKept = 3

export function reconcileJob(world: World, job: KubeObject): void {
  if (listAt(job, 'status', 'conditions').length > 0 || at(job, 'spec', 'suspend') === true) return
  const wanted = numberAt(job, 'spec', 'completions') ?? 1
  const pods = livePodsOf(world, job)
  const succeeded = pods.filter((pod) => textAt(pod, 'status', 'phase') === 'Succeeded').length
  const parallel = Math.min(numberAt(job, 'spec', 'parallelism') ?? 1, wanted - succeeded)
  for (let missing = parallel - (pods.length - succeeded); missing > 0; missing--) {
    createPod(world, { owner: job, resource: jobs, template: objectAt(job, 'spec', 'template'), labels: { 'batch.kubernetes.io/job-name': job.metadata.name, 'job-name': job.metadata.name } })
  }
  const startTime = textAt(job, 'status', 'startTime') || timestamp(world.now())
  const isDone = succeeded >= wanted
  if (isDone) writeEvent(world, job, { reason: 'Completed', message: 'Job completed', component: 'job-controller' })
  putStatus(world, jobs, job, {
    startTime, ...(isDone ? { completionTime: timestamp(world.now()), conditions: [condition(world, job, { type: 'Complete', isTrue: true, reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' })] } : { active: parallel, ready: 0 }),
    ...(succeeded > 0 ? { succeeded } : {}),
  })
}

export function reconcileCronJobs(world: World): void {
  for (const cron of world.store.list(cronJobs)) {
    const minute = Math.floor(world.now() / 60_000) * 60_000
    const last = Date.parse(textAt(cron, 'status', 'lastScheduleTime') || cron.metadata.creationTimestamp)
    if (last >= minute || at(cron, 'spec', 'suspend') === true || !isDue(textAt(cron, 'spec', 'schedule'), new Date(minute))) continue
    startJob(world, cron, minute)
  }
}

function isDue(schedule: string, time: Date): boolean {
  const [minutes = '*', hours = '*'] = schedule.split(/\s+/)
  return matches(minutes, time.getUTCMinutes()) && matches(hours, time.getUTCHours())
}

const matches = (field: string, value: number): boolean => field.split(',').some((part) => {
  const every = /^\*\/(\d+)$/.exec(part)?.[1]
  return part === '*' || (every !== undefined && value % Number(every) === 0) || part === String(value)
})

function startJob(world: World, cron: KubeObject, minute: number): void {
  const { store } = world
  const { name, namespace } = cron.metadata
  const template = objectAt(cron, 'spec', 'jobTemplate')
  const job = store.create(jobs, {
    metadata: { name: `${name}-${Math.floor(minute / 60_000)}`, namespace, labels: textsAt(template, 'metadata', 'labels'), generation: 1, ownerReferences: [ownerReference(cron, cronJobs)] },
    spec: { backoffLimit: 6, completions: 1, parallelism: 1, ...objectAt(template, 'spec') }, status: {},
  })
  putStatus(world, cronJobs, cron, { ...objectAt(cron, 'status'), lastScheduleTime: timestamp(minute) })
  writeEvent(world, cron, { reason: 'SuccessfulCreate', message: `Created job ${job.metadata.name}`, component: 'cronjob-controller' })
  const done = store.list(jobs, namespace).filter((one) => isOwnedBy(one, cron) && listAt(one, 'status', 'conditions').length > 0)
  for (const old of done.slice(0, Math.max(0, done.length - jobsKept))) store.remove(jobs, namespace, old.metadata.name)
}
