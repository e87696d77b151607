// From a decision to what becomes of the command: it goes on, is refused, or is held until humans have decided. Nothing after it is
// looked at before that. What a held command is, and what need not be asked again: hold.ts.
import type { Duplex } from 'node:stream'
import { GatehouseError } from '../../../shared/errors.ts'
import type { Decision } from '../../pipeline/access.ts'
import type { Clearance } from '../../pipeline/clearance.ts'
import { objectionToValues } from '../../pipeline/admission.ts'
import type { AskedCommand } from '../../pipeline/command.ts'
import { handleCommand } from '../../pipeline/handle-command.ts'
import type { RunningCommand } from '../../pipeline/handle-output.ts'
import { Held } from '../../pipeline/hold.ts'
import type { Refusal } from '../../pipeline/refusal.ts'
import { asksHumans, clearanceOf, holdRequest, whyNotHeld, type Subject } from './hold.ts'
import { heldFrame, type Frame, type Inlet } from './inlet.ts'
import { parameterValues } from './parameters.ts'
import type { PostgresSession } from './postgres-session.ts'
import { cancelled, type Decided } from './statements.ts'
import { Waiting } from './waiting.ts'

/** A command that was understood, and what to do with it. */
export interface Order extends Subject {
  readonly decision: Decision | Refusal
  /** For the record; values of a tainted command need not be in it. */
  readonly recordedParameters: readonly (string | null)[]
  /** The message it came in. */
  readonly frame: Frame
  /** Decides it anew. */
  readonly again: () => Promise<void> | undefined
  /** Sends it on. */
  readonly go: (command: RunningCommand<Decision>, frame: Frame) => undefined
}

export class Judge {
  readonly #session: PostgresSession
  readonly #client: Duplex
  readonly #inlet: Inlet
  #awaited: 'decision' | 'cancelled' | null = null
  #held: Held<Decision> | null = null
  #waiting: Waiting | null = null

  constructor(session: PostgresSession, client: Duplex, inlet: Inlet) {
    this.#session = session
    this.#client = client
    this.#inlet = inlet
  }

  /** The client of a held command, which is read on; null: none is held. */
  get waiting(): Waiting | null {
    return this.#waiting
  }

  /** The client is gone: nobody waits for the answer any more. */
  clientGone(): void {
    this.#held?.withdraw('disconnected')
  }

  /** A cancel that comes while its command is still being decided, by us or by humans: false when none is. */
  cancel(): boolean {
    if (this.#held !== null) {
      this.#held.withdraw('cancelled')
      return true
    }
    if (this.#awaited === null) return false
    this.#awaited = 'cancelled'
    return true
  }

  /** Acts on a decision, when it is there. */
  decided(decided: Decided | Promise<Decided>, act: (decided: Decided) => Promise<void> | undefined): Promise<void> | undefined {
    if (!(decided instanceof Promise)) return act(decided)
    this.#awaited = 'decision'
    return decided.then((ready) => {
      const isCancelled = this.#awaited === 'cancelled'
      this.#awaited = null
      // While we waited the server may have failed an earlier message, and skips this one too.
      return this.#isPassedOver ? undefined : act(isCancelled ? cancelled : ready)
    })
  }

  /** Lets a command through, refuses it, or holds it. */
  judge(order: Order): Promise<void> | undefined {
    const { text, decision, recordedParameters: parameters, bound } = order
    const isQuery = bound === null
    let clearance: Clearance | null = null
    if (asksHumans(decision)) {
      clearance = clearanceOf(this.#session, order, decision)
      // Before that nobody knows whether a transaction is open, nor whether an error skips this command as well.
      if (clearance === null && this.#inlet.owes) return this.#whenAnswered(order.again)
      const whyNot = clearance === null ? whyNotHeld(this.#session, order, decision) : null
      if (whyNot !== null) return this.refuse(text, whyNot, isQuery)
    }
    const exact = bound === null ? {} : { exact: { raw: bound.bind.parameters, texts: () => parameterValues(bound.bind) } }
    const outcome = handleCommand(this.#session.session, { text, parameters, decision, clearance, ...exact }, objectionToValues)
    switch (outcome.kind) {
      case 'forward': return order.go(outcome.command, order.frame)
      case 'refuse': return this.#inlet.refuse(outcome.refusal, text, isQuery)
      case 'hold': return this.#hold(outcome.command, order)
    }
  }

  /** Recorded with its verdict, then refused. */
  refuse(text: string, decision: Decision | Refusal, isQuery: boolean): undefined {
    const outcome = handleCommand(this.#session.session, { text, parameters: [], decision }, objectionToValues)
    if (outcome.kind === 'refuse') return this.#inlet.refuse(outcome.refusal, text, isQuery)
    throw new GatehouseError('internal', 'a command that was to be refused may run')
  }

  async #hold(command: AskedCommand<Decision>, order: Order): Promise<void> {
    const { session } = this.#session
    // The reader's own may be gone when humans have decided.
    const frame = heldFrame(order.frame)
    const isInTransaction = this.#session.transaction !== 'I' || this.#inlet.isBatchOpen
    const waiting = this.#waiting = new Waiting(this.#session, this.#client)
    const held = this.#held = new Held(session, command, holdRequest(this.#session, order, { decision: command.decision, isInTransaction, onAsked: (asked) => waiting.asked(asked) }))
    const settled = await held.settled.finally(() => {
      this.#held = null
      this.#waiting = null
      waiting.end()
    })
    if (this.#session.cancelling !== null) await this.#session.cancelling
    if (session.isEnded) return
    if (settled.kind === 'refuse') return this.#inlet.refuse(settled.refusal, order.text, order.bound === null)
    order.go(settled.command, frame)
  }

  async #whenAnswered(again: () => Promise<void> | undefined): Promise<void> {
    await this.#inlet.whenAnswered()
    if (!this.#isPassedOver) await again()
  }

  get #isPassedOver(): boolean {
    return this.#session.session.isEnded || this.#session.answers.isSkipping
  }
}
