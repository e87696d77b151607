// One command that waits in one session of this gateway: its deadline by both clocks, and its outcome, which settles once.
import { assertNever } from '../../shared/errors.ts'
import type { ApprovalRecord } from '../store/approvals.ts'
import type { HeldCommand, Outcome } from './approvals.ts'
import { approvalsOf } from './votes.ts'

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds since whenever; never goes back. */
  monotonic(): number
}

/** Never goes back: what has expired stays expired when somebody sets the clock back. Set forward, it follows. */
export function createSteadyClock({ now, monotonic }: Clock): Clock {
  let [at, since] = [now(), monotonic()]
  return {
    monotonic,
    now() {
      const elapsed = monotonic()
      at = Math.max(now(), at + (elapsed - since))
      since = elapsed
      return Math.floor(at)
    },
  }
}

export const systemClock: Clock = createSteadyClock({ now: Date.now, monotonic: () => performance.now() })

export interface Held {
  readonly id: string
  readonly approval: string
  readonly command: HeldCommand
  /** May come nearer, never move away. */
  readonly expiresAt: number
  readonly outcome: Promise<Outcome>
  /** Null while it waits. */
  readonly settled: Outcome | null
  isOverdue(): boolean
  shorten(expiresAt: number): void
  settle(outcome: Outcome): void
}

export interface HeldParts { readonly id: string; readonly command: HeldCommand; readonly record: ApprovalRecord; readonly clock: Clock }

/** The approval's expiry stands; a session that must not wait so long (in a transaction) has its own. */
export function createHeld({ id, command, record, clock }: HeldParts): Held {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  let expiresAt = Math.min(command.expiresAt, record.expiresAt)
  // A clock that is set back must not make anybody wait for ever.
  let deadline = clock.monotonic() + (expiresAt - clock.now())
  let settled: Outcome | null = null
  return {
    id, command, approval: record.id, outcome: promise,
    get expiresAt() { return expiresAt },
    get settled() { return settled },
    shorten(to) {
      if (to >= expiresAt) return
      deadline -= expiresAt - to
      expiresAt = to
    },
    isOverdue: () => clock.now() >= expiresAt || clock.monotonic() >= deadline,
    settle(outcome) {
      if (settled !== null) return
      settled = outcome
      resolve(outcome)
    },
  }
}

const deciders = (record: ApprovalRecord): readonly string[] =>
  (record.pull === null ? approvalsOf(record).map(({ by }) => by.email ?? by.id) : record.pull.reviewers.map(({ login }) => `${login} on GitHub`))

/** Null: it still waits. */
export function outcomeOf(record: ApprovalRecord): Outcome | null {
  switch (record.state) {
    case 'open': return null
    case 'approved': return { kind: 'approved', by: record.brokenGlass === null ? deciders(record) : [] }
    case 'denied': {
      const denial = record.decisions.find(({ decision }) => decision === 'deny')
      return { kind: 'denied', by: denial?.by.email ?? denial?.by.id ?? 'unknown', reason: denial?.reason ?? null }
    }
    case 'expired': return { kind: 'expired' }
    case 'withdrawn': return { kind: 'withdrawn', reason: record.closeReason ?? 'it was withdrawn' }
    case 'used': return { kind: 'withdrawn', reason: 'another session used the approval: it runs one command once' }
    default: return assertNever(record.state)
  }
}
