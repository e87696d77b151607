// Everything of approvals of one gateway, composed on its store: core.ts makes one.
import type { Log } from '../log.ts'
import { approvalPollMs } from '../limits.ts'
import { approvalChannel, createApprovalEvents, type ApprovalEvents } from '../store/approval-events.ts'
import { createApprovalRows } from '../store/approvals.ts'
import { createGrantRows, type GrantRecord } from '../store/grants.ts'
import { listenTo } from '../store/listen.ts'
import { createNotifications, type Notifications } from '../store/notifications.ts'
import type { Store, StoreUrl } from '../store/store.ts'
import { createBus, type Bus } from './bus.ts'
import { createBroker, type Broker, type BrokerOptions } from './create-broker.ts'
import { createDesk, type Desk, type DeskOptions } from './create-desk.ts'
import { createGrantKeeper, type GrantKeeper } from './grant-keeper.ts'
import type { GithubOptions } from './github/options.ts'
import { createGithubWatcher } from './github/watcher.ts'
import { systemClock, type Clock } from './held.ts'
import { createDispatcher, type DispatcherOptions } from './notify/dispatcher.ts'
import type { NotifyTarget } from './notify/target.ts'
import { ownSeal, sealOf } from './seal.ts'
import { createSweep, markLeftOpen } from './sweep.ts'

export interface ApprovalsOptions {
  readonly store: Store
  /** Of a store server, for NOTIFY; null: the embedded store, which nobody else writes to. */
  readonly storeUrl: StoreUrl | null
  readonly gateway: string
  readonly dataDir: string
  /** `approvals: { seal: … }` of gateway.yaml; null: a key of the gateway's own under data/keys. */
  readonly sealSecret: string | null
  readonly notify: readonly NotifyTarget[]
  readonly github: GithubOptions | null
  readonly audit: DispatcherOptions['audit']
  readonly policies: BrokerOptions['policies']
  readonly needFor: DeskOptions['needFor']
  /** Ends what lives by the grant. */
  readonly onRevoked: (grant: GrantRecord) => void
  /** Ends what runs by it now. */
  readonly onExpired: (grant: GrantRecord) => void
  readonly log: Log
  /** In the place of the system's clock and of limits.ts; tests only. */
  readonly seams?: ApprovalSeams
}

export interface ApprovalSeams { readonly approvalClock?: Clock; readonly githubPollMs?: number }

export interface OpenApprovals {
  readonly broker: Broker
  readonly desk: Desk
  readonly grants: GrantKeeper
  readonly events: ApprovalEvents
  readonly bus: Bus
  readonly notifications: Notifications
  dispose(): Promise<void>
}

export async function openApprovals({ store, storeUrl, gateway, dataDir, sealSecret, notify, github, audit, policies, needFor, onRevoked, onExpired, log, seams: { approvalClock: clock = systemClock, githubPollMs } = {} }: ApprovalsOptions): Promise<OpenApprovals> {
  const seal = sealSecret === null ? ownSeal(dataDir) : sealOf(sealSecret)
  if (sealSecret === null && storeUrl !== null) log.warn('approvals: { seal } is not set: another gateway on this store could not show what is asked here')
  const rows = createApprovalRows(store, gateway, clock.now)
  const grants = createGrantRows(store)
  const events = createApprovalEvents(store)
  const left = await markLeftOpen(rows, gateway)
  if (left > 0) log.warn({ approvals: left }, 'approvals were waited for when this gateway stopped unexpectedly; they stay open, and a retry joins them')
  const bus = createBus(events, { pollMs: approvalPollMs })
  const listening = storeUrl === null ? null : listenTo(storeUrl, approvalChannel, bus.nudge)
  const broker = createBroker({ rows, bus, seal, gateway, policies, log, clock })
  const desk = createDesk({ rows, grants, bus, seal, needFor, now: clock.now })
  const keeper = await createGrantKeeper({ grants, bus, onRevoked, onExpired, log, clock })
  const sweep = createSweep({ rows, events, bus, broker, log, now: clock.now })
  const notifications = createNotifications(store)
  const dispatcher = createDispatcher({ targets: notify, notifications, events, bus, audit, log })
  const watcher = github === null ? null : createGithubWatcher({ github, rows, bus, seal, log, ...(githubPollMs !== undefined && { pollMs: githubPollMs }) })
  return {
    broker, desk, events, bus, notifications, grants: keeper,
    async dispose() {
      await watcher?.dispose()
      await broker.dispose()
      await sweep.dispose()
      await dispatcher.dispose()
      keeper.dispose()
      bus.dispose()
      await listening?.dispose()
    },
  }
}
