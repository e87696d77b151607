// The session side of approvals: holds commands while humans decide, tells each what became of it, and uses an approval up exactly
// once among all gateways of the store. Whatever cannot be asked, read or written is a refusal.
import { GatehouseError } from '../../shared/errors.ts'
import { approvalStoreLostMs, approvalTickMs } from '../limits.ts'
import type { Log } from '../log.ts'
import type { ApprovalRows } from '../store/approvals.ts'
import type { Approvals, HeldCommand, Hold, Outcome } from './approvals.ts'
import type { Bus } from './bus.ts'
import { createHeld, outcomeOf, systemClock, type Clock, type Held } from './held.ts'
import { expireHold, leaveApproval, leavingReasons, withdrawApproval, type Leaving } from './hold-endings.ts'
import { place } from './opening.ts'
import type { Seal } from './seal.ts'
import { standingOf } from './standing.ts'
import { useUp } from './using.ts'

export interface BrokerOptions {
  readonly rows: ApprovalRows
  readonly bus: Bus
  readonly seal: Seal
  /** The stable id of this gateway. */
  readonly gateway: string
  readonly policies: { readonly current: { readonly hash: string }; onChange(listener: () => void): () => void }
  readonly log: Pick<Log, 'warn' | 'error'>
  readonly clock?: Clock
  readonly tickMs?: number
  readonly storeLostMs?: number
}

export interface Broker extends Approvals {
  /** Sessions of this gateway that wait now. */
  readonly waiting: number
  /** From now on sessions end because the gateway does: what they asked stays open, for their retry. */
  stopping(): void
  /** Writes again what could not be written about sessions that left; says that the others still wait. */
  tidy(): Promise<void>
  dispose(): Promise<void>
}

export function createBroker(options: BrokerOptions): Broker {
  const { rows, bus, seal, gateway, policies, log, clock = systemClock, tickMs = approvalTickMs, storeLostMs = approvalStoreLostMs } = options
  const helds = new Map<string, Held>()
  /** Holds that left, and that the store does not know of yet. */
  const left = new Map<string, { readonly held: Held; readonly why: Leaving }>()
  let [isStopping, lostSince]: [boolean, number | null] = [false, null]
  let unwatch: (() => void) | null = null
  const underWay = new Set<Promise<unknown>>()

  function inBackground(work: Promise<unknown>): void {
    const done = work.catch((error: unknown) => log.warn({ err: error }, 'an approval could not be brought up to date')).finally(() => underWay.delete(done))
    underWay.add(done)
  }

  const waiting = () => [...helds.values()].filter(({ settled }) => settled === null)

  function add(held: Held): void {
    helds.set(held.id, held)
    if (unwatch !== null) return
    const unsubscribe = bus.subscribe({ looked: (isNew) => { lostSince = null; if (isNew) inBackground(refresh()) }, failed: storeFailed })
    const timer = setInterval(tick, tickMs).unref()
    unwatch = () => { unsubscribe(); clearInterval(timer) }
  }

  function remove(held: Held): void {
    helds.delete(held.id)
    if (helds.size > 0) return
    unwatch?.()
    unwatch = null
  }

  /** Whoever hears no has nothing more to say: only what is approved is used or released. */
  function settle(held: Held, outcome: Outcome): void {
    held.settle(outcome)
    if (outcome.kind !== 'approved') remove(held)
  }

  async function refresh(): Promise<void> {
    const asking = waiting()
    if (asking.length === 0) return
    try {
      const records = new Map((await rows.many([...new Set(asking.map(({ approval }) => approval))])).map((record) => [record.id, record]))
      for (const held of asking) {
        const record = records.get(held.approval)
        const outcome = record === undefined ? { kind: 'withdrawn' as const, reason: 'the approval is gone from the store' } : outcomeOf(record)
        if (record !== undefined) held.shorten(record.expiresAt)
        if (outcome !== null) settle(held, outcome)
      }
    } catch (error) {
      storeFailed(error)
    }
  }

  /** A moment's absence is waited out; then nobody can say yes any more, and what waits is refused. */
  function storeFailed(error: unknown): void {
    lostSince ??= clock.monotonic()
    if (clock.monotonic() - lostSince < storeLostMs) return
    for (const held of waiting()) settle(held, { kind: 'withdrawn', reason: 'the store does not answer, so nobody can approve' })
    log.error({ err: error }, 'the store does not answer: held commands are refused')
  }

  function tick(): void {
    for (const held of waiting()) {
      if (!held.isOverdue()) continue
      settle(held, { kind: 'expired' })
      inBackground(expire(held))
    }
  }

  const nudged = (work: Promise<void>): Promise<void> => work.then(bus.nudge)
  const expire = (held: Held) => nudged(expireHold(rows, held))
  const withdraw = (approval: string, reason: string) => nudged(withdrawApproval(rows, approval, reason))

  /** A stricter verdict, or other approvers: then what humans were asked is not what policy asks now. */
  function reconsider(): void {
    for (const held of helds.values()) {
      const { standing } = standingOf(held, policies.current.hash, log)
      if (standing === null) continue
      // What is approved already hears it from its use.
      if (held.settled === null) settle(held, { kind: 'withdrawn', reason: standing })
      inBackground(withdraw(held.approval, standing))
    }
  }

  async function use(held: Held): Promise<string | null> {
    if (held.settled?.kind !== 'approved') return 'it is not approved'
    if (!helds.has(held.id)) return 'the approval was used already: it runs one command once'
    remove(held)
    try {
      const { standing, need } = standingOf(held, policies.current.hash, log)
      if (standing !== null) {
        await withdraw(held.approval, standing)
        return standing
      }
      const refused = await rows.transaction((tx) => useUp(tx, held, { need, now: clock.now() }))
      bus.nudge()
      return refused
    } catch (error) {
      log.warn({ err: error, approval: held.approval }, 'an approval could not be used')
      return error instanceof GatehouseError ? error.message : 'the approval could not be used: the store failed'
    }
  }

  function release(held: Held, why: Leaving): void {
    if (!helds.has(held.id)) return
    remove(held)
    // Whose time is over leaves by the clock, whoever says so first.
    if (held.isOverdue()) {
      settle(held, { kind: 'expired' })
      return inBackground(expire(held))
    }
    settle(held, { kind: 'withdrawn', reason: leavingReasons[why] })
    left.set(held.id, { held, why })
    inBackground(leave(held, why))
  }

  async function leave(held: Held, why: Leaving): Promise<void> {
    await leaveApproval(rows, held, { why, keepsOpen: isStopping, now: clock.now() })
    left.delete(held.id)
    bus.nudge()
  }

  const unsubscribePolicies = policies.onChange(reconsider)

  return {
    get waiting() { return helds.size },
    async hold(command: HeldCommand): Promise<Hold> {
      if (isStopping) throw new GatehouseError('gateway_stopping', 'the gateway is stopping and asks nobody any more; run the command again in a moment')
      const { record, hold } = await rows.transaction((tx) => place(tx, command, { gateway, seal, now: clock.now() }))
      const held = createHeld({ id: hold, command, record, clock })
      add(held)
      const known = outcomeOf(record)
      if (known !== null) settle(held, known)
      bus.nudge()
      // It may have been decided between the commit and `add`.
      inBackground(refresh())
      return { approval: record.id, expiresAt: held.expiresAt, outcome: held.outcome, use: () => use(held), release: (why) => release(held, why) }
    },
    stopping() { isStopping = true },
    async tidy() {
      for (const { held, why } of left.values()) await leave(held, why)
      if (helds.size === 0) return
      // Rights change by the clock and by a renewed token too, which nobody announces.
      reconsider()
      await rows.holdsSeen(gateway)
    },
    async dispose() {
      isStopping = true
      unsubscribePolicies()
      for (const held of helds.values()) release(held, 'session-ended')
      unwatch?.()
      await Promise.all(underWay)
    },
  }
}
