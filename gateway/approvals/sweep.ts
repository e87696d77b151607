// What no session is there to do: ends approvals whose time is over, forgets old texts and events. Every gateway does it; whoever
// comes second finds it done.
import { approvalEventsKeptMs, approvalSealedMs, approvalSweepMs } from '../limits.ts'
import type { Log } from '../log.ts'
import type { ApprovalEvents } from '../store/approval-events.ts'
import type { ApprovalRows } from '../store/approvals.ts'
import type { Bus } from './bus.ts'
import { endApproval, isFinal } from './closing.ts'
import type { Broker } from './create-broker.ts'

export interface SweepParts {
  readonly rows: ApprovalRows
  readonly events: ApprovalEvents
  readonly bus: Bus
  readonly broker: Pick<Broker, 'tidy'>
  readonly log: Pick<Log, 'warn'>
  readonly now?: () => number
}

export interface Sweep { run(): Promise<void>; dispose(): Promise<void> }

const forgetEveryMs = 60 * 60_000

export function createSweep({ rows, events, bus, broker, log, now = Date.now }: SweepParts): Sweep {
  let forgotAt = 0
  let running: Promise<void> | null = null

  async function sweep(): Promise<void> {
    await broker.tidy()
    const overdue = await rows.overdue()
    for (const id of overdue) await rows.transaction((tx) => expireOne(tx, id, now()))
    if (overdue.length > 0) bus.nudge()
    if (now() - forgotAt < forgetEveryMs) return
    forgotAt = now()
    await rows.unseal(now() - approvalSealedMs)
    await events.purge(now() - approvalEventsKeptMs)
  }

  const run = () => running ??= sweep().catch((error: unknown) => log.warn({ err: error }, 'approvals could not be put in order; tried again in a moment')).finally(() => { running = null })
  const timer = setInterval(() => void run(), approvalSweepMs).unref()
  return {
    run,
    async dispose() {
      clearInterval(timer)
      await running
    },
  }
}

async function expireOne(tx: Parameters<Parameters<ApprovalRows['transaction']>[0]>[0], id: string, now: number): Promise<void> {
  const record = await tx.lock(id)
  if (record !== null && !isFinal(record.state) && record.expiresAt <= now) await endApproval(tx, record, { state: 'expired' })
}

/** Before the first hold: what an earlier run of this gateway held is marked, and stays open for its retry. */
export async function markLeftOpen(rows: ApprovalRows, gateway: string): Promise<number> {
  const approvals = await rows.holdsLeftOpen(gateway)
  for (const id of approvals) await rows.transaction((tx) => tx.event('holder-gone', id, null))
  return approvals.length
}
