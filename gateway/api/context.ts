// What the API is made of, as values and functions that main.ts passes in: so that each resource is tested with plain fakes,
// and none of them reaches around the others.
import type { providerView } from '../../shared/api.ts'
import type { AuditEvent } from '../../shared/audit-event.ts'
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { Principal } from '../../shared/principal.ts'
import type { Frame, VerifyReport } from '../../shared/recording.ts'
import type { z } from 'zod'
import type { OpenApprovals } from '../approvals/open-approvals.ts'
import type { Lease } from '../identity/authenticate.ts'
import type { Identity } from '../identity/identity.ts'
import type { Log } from '../log.ts'
import type { LiveSession } from '../pipeline/registry.ts'
import type { Preflight } from '../pipeline/preflight.ts'
import type { Sessions } from '../store/sessions.ts'
import type { Metrics } from './metrics.ts'

export interface ApiContext {
  readonly log: Log
  readonly version: string
  readonly metrics: Metrics
  readonly identity: Pick<Identity, 'authenticate' | 'exchange' | 'revoke'>
  readonly providers: readonly z.output<typeof providerView>[]
  /** `host:port` of the native listeners; known once they listen. */
  readonly listeners: () => { readonly postgres: string | null }
  readonly connections: readonly ConnectionSummary[]
  readonly hasAnyRule: (principal: Principal, connection: ConnectionSummary) => boolean
  /** May see everyone's sessions and read their recordings (`reviewers:` in gateway.yaml). */
  readonly isReviewer: (principal: Principal) => boolean
  readonly sessions: Pick<Sessions, 'get' | 'list'>
  /** Of this process. */
  readonly liveSession: (id: string) => LiveSession | undefined
  readonly recordings: Recordings
  readonly approvals: Pick<OpenApprovals, 'desk' | 'events' | 'bus' | 'notifications'>
  readonly preflight: Preflight
  /** Rejects when the event could not be written: then what it is a condition of is refused. */
  readonly audit: (event: Omit<AuditEvent, 'at'>) => Promise<void>
  /** Throws (recorder_failed, store_unavailable) while the gateway must serve nobody. */
  readonly requireOpen: () => void
}

export interface Recordings {
  frames(session: string, page: { readonly after: number; readonly limit: number }): Promise<{ readonly frames: readonly Frame[]; readonly next: number | null }>
  verify(session: string): Promise<VerifyReport>
}

/** One request by somebody known. */
export interface Caller {
  readonly principal: Principal
  readonly lease: Lease
  /** The bearer itself, for the routes that exchange or end it. */
  readonly token: string
}
