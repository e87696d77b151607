// What every protocol and the API stand on, composed in the order in which each needs those before it: store, journal, policies,
// identity, analyzer, registry. What is added to `stops` is stopped in reverse.
import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import type { SessionSummary } from '../shared/session.ts'
import type { GatewayConfig } from './config.ts'
import type { Approvals } from './approvals/approvals.ts'
import { openApprovals, type ApprovalSeams, type OpenApprovals } from './approvals/open-approvals.ts'
import type { Guard } from './guard.ts'
import { createIdentity, type Identity } from './identity/identity.ts'
import type { Log } from './log.ts'
import { openHashKeys } from './masking/hash-key.ts'
import type { GatewayContext, PostgresConnection } from './pipeline/context.ts'
import { needForGrant } from './pipeline/grant-need.ts'
import { createRegistry, type EndingRegistry } from './pipeline/create-registry.ts'
import { createProbeBudget, type ProbeBudget } from './pipeline/probe-budget.ts'
import { isKubernetes, type PostgresTarget } from './pipeline/target.ts'
import { unrecorded } from './pipeline/session.ts'
import { createPolicyHolder, type ReloadingPolicyHolder } from './policy/holder.ts'
import { openJournal, type OpenJournal } from './recording/journal.ts'
import type { JournalFs } from './recording/segment-files.ts'
import { createSqlAnalyzer } from './sql/analyzer.ts'
import { createCatalogKeeper } from './sql/catalog-keeper.ts'
import type { CatalogKeeper } from './sql/catalog.ts'
import { createEstimator, type Estimator } from './sql/estimate.ts'
import type { Stops } from './stops.ts'
import { createAuditLog } from './store/audit.ts'
import { gatewayId } from './store/gateway-id.ts'
import { createSessions, type Sessions } from './store/sessions.ts'
import { openStore } from './store/store.ts'
import { createTokens } from './store/tokens.ts'

export interface Core {
  readonly context: GatewayContext
  readonly sessions: Sessions
  readonly identity: Identity
  readonly policies: ReloadingPolicyHolder
  readonly journal: OpenJournal
  readonly registry: EndingRegistry
  readonly approvals: OpenApprovals
}

export interface CoreParts { readonly log: Log; readonly guard: Guard; readonly stops: Stops; readonly journalFs?: JournalFs | undefined; readonly approvals?: Approvals | undefined; readonly probes?: ProbeBudget | undefined; readonly approvalSeams?: ApprovalSeams | undefined }

export async function openCore(config: GatewayConfig, { log, guard, stops, journalFs, approvals, probes = createProbeBudget(), approvalSeams = {} }: CoreParts): Promise<Core> {
  const id = gatewayId(config.data)
  const store = stops.add(await openStore({ dataDir: config.data, ...(config.store !== null && { url: config.store }) }))
  const sessions = createSessions(store, id)
  const leftOpen = await sessions.closeLeftOpen()
  if (leftOpen > 0) log.warn({ sessions: leftOpen }, 'sessions were open when this gateway stopped unexpectedly; they are closed in the store now')
  const audit = loggedAudit(createAuditLog(store, id).append, log)

  const journal = stops.add(await openJournal({
    dir: join(config.data, 'recordings'), gateway: id, mode: config.recordingMode, ...(journalFs !== undefined && { fs: journalFs }),
    onEvent: ({ kind, ...event }) => log[kind === 'segment' ? 'debug' : 'error'](event, `journal: ${kind}`),
  }))
  const policies = stops.add(await createPolicyHolder(config.policies, { log, onEvent: audit }))
  const identity = stops.add(createIdentity({ entries: config.identity, store: createTokens(store), log }))
  const analyzer = stops.add(createSqlAnalyzer())
  const registry = createRegistry({ store: sessions, audit, log })
  const hashKeyOf = openHashKeys(config.data)
  const postgres = new Map(config.connections.flatMap((target) => (isKubernetes(target) ? [] : [[target.summary.name, connectionTo(target, hashKeyOf(target.summary.name), { log, stops })]])))
  const kubernetes = new Map(config.connections.flatMap((target) => (isKubernetes(target) ? [[target.summary.name, { target, hashKey: hashKeyOf(target.summary.name) }]] : [])))

  const asked = stops.add(await openApprovals({
    store, storeUrl: config.store, gateway: id, dataDir: config.data, sealSecret: config.approvalsSeal?.reveal() ?? null, notify: config.notify, github: config.github, policies, audit, log,
    seams: approvalSeams,
    needFor: (principal, connection, wanted) => needForGrant(policies.current, principal, connection, wanted),
    onRevoked: (grant) => { for (const session of registry.live()) if (livesBy(session.summary, grant)) session.end('the grant it lives by was revoked') },
    // What ran by it and is done stays done; the session goes on without it.
    onExpired: (grant) => { for (const session of registry.live()) if (livesBy(session.summary, grant)) session.recheck?.() },
  }))

  journal.onFailure((error) => {
    guard.close(error)
    for (const session of registry.live()) session.end(unrecorded)
  })
  return { context: { log, authenticator: identity, policies, journal, analyzer, registry, approvals: approvals ?? asked.broker, grants: asked.grants, probes, postgres, kubernetes, audit }, sessions, identity, policies, journal, registry, approvals: asked }
}

/** Which of a session's statements ran by a grant is not asked: after a revocation all of it begins anew. */
const livesBy = ({ principal, connection }: SessionSummary, grant: { readonly principal: { readonly id: string }; readonly connection: string }): boolean =>
  principal.id === grant.principal.id && connection === grant.connection

/** One catalog a connection, read at its first session, and one estimator, connected when it is first asked. */
function connectionTo(target: PostgresTarget, hashKey: KeyObject, { log, stops }: Pick<CoreParts, 'log' | 'stops'>): PostgresConnection {
  let keeper: CatalogKeeper | null = null
  let estimator: Estimator | null = null
  return { target, hashKey, catalog: () => (keeper ??= stops.add(createCatalogKeeper({ target, log }))), estimator: () => (estimator ??= stops.add(createEstimator(target))) }
}

function loggedAudit(append: GatewayContext['audit'], log: Log): GatewayContext['audit'] {
  return (event) => append(event).catch((error: unknown) => {
    log.error({ err: error, kind: event.kind }, 'an audit event could not be written')
    throw error
  })
}
