// One gateway's approvals on a store, whole: rows, bus, broker, desk, grants. Two on one server are two gateways.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApprovalNeed } from '../../../shared/approval.ts'
import type { Principal } from '../../../shared/principal.ts'
import { Secret } from '../../credentials/secret.ts'
import { createLog } from '../../log.ts'
import { approvalChannel, createApprovalEvents } from '../../store/approval-events.ts'
import { createApprovalRows } from '../../store/approvals.ts'
import { createAuditLog } from '../../store/audit.ts'
import { createGrantRows, type GrantRecord } from '../../store/grants.ts'
import { listenTo } from '../../store/listen.ts'
import { openStore, type Store } from '../../store/store.ts'
import { createTokens } from '../../store/tokens.ts'
import type { DatabaseAddress } from '../../testing/real-postgres.ts'
import { createBus } from '../bus.ts'
import { createBroker, type BrokerOptions } from '../create-broker.ts'
import { createDesk, type DeskOptions } from '../create-desk.ts'
import { createGrantKeeper } from '../grant-keeper.ts'
import { createSeal } from '../seal.ts'
import { createSweep, markLeftOpen } from '../sweep.ts'
import { onCall } from './people.ts'

export interface OfficeOptions {
  /** Null: PGlite in a folder. */
  readonly database?: DatabaseAddress | null
  readonly dataDir?: string
  readonly gateway?: string
  readonly secret?: string
  readonly broker?: Partial<BrokerOptions>
  readonly needFor?: DeskOptions['needFor']
  readonly listens?: boolean
  readonly pollMs?: number
  readonly now?: () => number
}

export type Office = Awaited<ReturnType<typeof openOffice>>

export async function openOffice({ database = null, dataDir, gateway = 'gw_a', secret = 's'.repeat(64), broker: over = {}, needFor = () => onCall as ApprovalNeed, listens = true, pollMs = 200, now = Date.now }: OfficeOptions = {}) {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'gatehouse-office-'))
  const url = database === null ? undefined : new Secret(`postgres://${database.user}:${database.password}@${database.host}:${database.port}/${database.database}`)
  const store: Store = await openStore({ dataDir: folder, url })
  const log = createLog('silent')
  const rows = createApprovalRows(store, gateway, now)
  const events = createApprovalEvents(store)
  const bus = createBus(events, { pollMs })
  const listening = url === undefined || !listens ? null : listenTo(url, approvalChannel, bus.nudge)
  const seal = createSeal(secret)
  const listeners = new Set<() => void>()
  const policies = { current: { hash: 'policies-1' }, onChange: (listener: () => void) => { listeners.add(listener); return () => { listeners.delete(listener) } } }
  await markLeftOpen(rows, gateway)
  const broker = createBroker({ rows, bus, seal, gateway, policies, log, tickMs: 50, ...over })
  const grants = createGrantRows(store)
  const desk = createDesk({ rows, grants, bus, seal, needFor, now })
  const revoked: GrantRecord[] = []
  const keeper = await createGrantKeeper({ grants, bus, log, onRevoked: (grant) => { revoked.push(grant) } })
  const sweep = createSweep({ rows, events, bus, broker, log, now })
  const audit = createAuditLog(store, gateway)
  const tokens = createTokens(store)
  let serial = 0
  return {
    folder, store, rows, events, bus, broker, desk, grants, keeper, sweep, revoked, gateway,
    /** As if the policies were loaded anew. */
    reload(hash: string) {
      policies.current = { hash }
      for (const listener of listeners) listener()
    },
    /** The principal signed in anew, with these claims. */
    async signedIn(who: Principal) {
      await tokens.insert({ hash: `${gateway}-${++serial}-${who.id}`.padEnd(64, '0'), principal: who, expiresAt: Date.now() + 600_000, isRevoked: false })
    },
    audited: async (kind: string) => (await audit.list({ limit: 200 })).events.filter((event) => event.kind === kind),
    /** Everything is put down but nothing written: as a crash would. */
    async crash() {
      await sweep.dispose()
      keeper.dispose()
      bus.dispose()
      await listening?.dispose()
      await store.dispose()
    },
    async close() {
      await broker.dispose()
      await sweep.dispose()
      keeper.dispose()
      bus.dispose()
      await listening?.dispose()
      await store.dispose()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
