// Approvals by the hand of a test: what is held is listed, and the test says what becomes of it.
import type { Approvals, HeldCommand, Hold, Outcome } from '../approvals/approvals.ts'

export class FakeHold implements Hold {
  readonly approval: string
  readonly expiresAt: number
  readonly outcome: Promise<Outcome>
  readonly command: HeldCommand
  /** Why it was let go of; null: it was not. */
  released: string | null = null
  uses = 0
  /** What `use` says; a promise of it makes the command wait there. */
  answerToUse: string | null | Promise<string | null> = null
  readonly #settle: (outcome: Outcome) => void

  constructor(approval: string, command: HeldCommand, expiresAt = command.expiresAt) {
    this.approval = approval
    this.command = command
    this.expiresAt = expiresAt
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    this.outcome = promise
    this.#settle = resolve
  }

  approve(by = 'test:otto'): void {
    this.#settle({ kind: 'approved', by: [by] })
  }

  deny(reason: string | null = null, by = 'test:otto'): void {
    this.#settle({ kind: 'denied', by, reason })
  }

  expire(): void {
    this.#settle({ kind: 'expired' })
  }

  withdraw(reason: string): void {
    this.#settle({ kind: 'withdrawn', reason })
  }

  async use(): Promise<string | null> {
    this.uses++
    return this.answerToUse
  }

  release(why: 'cancelled' | 'disconnected' | 'session-ended'): void {
    this.released ??= why
  }
}

export class FakeApprovals implements Approvals {
  /** Everything that was ever held, in order. */
  readonly holds: FakeHold[] = []
  /** Thrown by the next `hold`. */
  failure: Error | null = null

  async hold(command: HeldCommand): Promise<Hold> {
    if (this.failure !== null) throw this.failure
    const hold = new FakeHold(`ap_${this.holds.length + 1}`, command)
    this.holds.push(hold)
    return hold
  }

  /** As the broker does when policies change: what is no longer asked of the same people is withdrawn. */
  reconsider(): void {
    for (const hold of this.holds) {
      const verdict = hold.command.reevaluate?.() ?? null
      if (verdict === null || verdict.effect === 'deny') hold.withdraw('the policy changed')
    }
  }
}
