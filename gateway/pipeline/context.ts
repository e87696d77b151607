// What a gateway is made of, handed to every protocol. main.ts composes it; nothing here is global.
import type { KeyObject } from 'node:crypto'
import type { AuditEvent } from '../../shared/audit-event.ts'
import type { Approvals } from '../approvals/approvals.ts'
import type { GrantKeeper } from '../approvals/grant-keeper.ts'
import type { Authenticator } from '../identity/authenticate.ts'
import type { Log } from '../log.ts'
import type { PolicyHolder } from '../policy/snapshot.ts'
import type { Journal } from '../recording/recorder.ts'
import type { SqlAnalyzer } from '../sql/analyzer.ts'
import type { CatalogKeeper } from '../sql/catalog.ts'
import type { Estimator } from '../sql/estimate.ts'
import type { ProbeBudget } from './probe-budget.ts'
import type { SessionRegistry } from './registry.ts'
import type { KubernetesTarget, PostgresTarget } from './target.ts'

export interface PostgresConnection {
  readonly target: PostgresTarget
  /** Made at the first call, kept for the gateway's life. */
  readonly catalog: () => CatalogKeeper
  readonly estimator: () => Estimator
  /** Of `as: hash` on this connection. */
  readonly hashKey: KeyObject
}

export interface KubernetesConnection {
  readonly target: KubernetesTarget
  /** Of `as: hash` on this connection. */
  readonly hashKey: KeyObject
}

export interface GatewayContext {
  readonly log: Log
  readonly authenticator: Authenticator
  readonly policies: PolicyHolder
  readonly journal: Journal
  readonly analyzer: SqlAnalyzer
  readonly registry: SessionRegistry
  /** Of equality probes of masked columns, all sessions together. */
  readonly probes: ProbeBudget
  readonly approvals: Approvals
  /** What was granted for a time, of which nobody is asked again. */
  readonly grants: Pick<GrantKeeper, 'covering'>
  readonly postgres: ReadonlyMap<string, PostgresConnection>
  readonly kubernetes: ReadonlyMap<string, KubernetesConnection>
  /** Appends to the audit log; a failure to is logged and makes the caller refuse where the event was a condition. */
  readonly audit: (event: Omit<AuditEvent, 'at'>) => Promise<void>
}
