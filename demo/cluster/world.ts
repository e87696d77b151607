// What handlers and controllers share: the store, what pods have said, the clock, and the end.
import type { PodLogs } from './pods/logs.ts'
import type { Store } from './store.ts'

export interface World {
  readonly store: Store
  readonly logs: PodLogs
  /** Milliseconds; behind the real time only while the sample estate is made, so that it is not newborn. */
  now(): number
  /** Aborted when the cluster stops; timers and streams end with it. */
  readonly stopping: AbortSignal
}
