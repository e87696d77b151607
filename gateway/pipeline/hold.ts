// A command that policy allows only when humans agree: described once, waited for, judged again, used up, and only then let through.
// Closed by default: whatever fails, or has changed meanwhile, refuses. It never asks twice and never runs twice.
import type { ApprovalNeed } from '../../shared/approval.ts'
import { GatehouseError } from '../../shared/errors.ts'
import type { VerdictFrameData } from '../../shared/recording.ts'
import type { HeldCommand, Hold, Outcome as Answer, Risk } from '../approvals/approvals.ts'
import { actingId } from '../approvals/people.ts'
import { riskMs } from '../limits.ts'
import { cleanText, type Scanner } from '../masking/scanner.ts'
import { refusalNow } from './clearance.ts'
import type { AskedCommand } from './command.ts'
import { RunningCommand } from './handle-output.ts'
import type { Judgement } from './judgement.ts'
import type { Refusal } from './refusal.ts'
import type { Session } from './session.ts'

export type Settled<D extends Judgement> =
  | { readonly kind: 'forward'; readonly command: RunningCommand<D> }
  | { readonly kind: 'refuse'; readonly refusal: Refusal }

/** What the protocol knows of the command. */
export interface HoldRequest<D extends Judgement> {
  readonly protocol: HeldCommand['protocol']
  /** The exact text, and the values of its parameters, for the eyes of approvers. */
  readonly text: string
  readonly parameters: readonly (string | null)[]
  /** The same as the recording holds it: for lists and notifications. */
  readonly recorded: string
  /** What people write about it, without the masked values that they quote from it; asked where it is tainted. */
  readonly hideQuoted: (written: string) => string
  /** What the requester says it is for. */
  readonly purpose: string | null
  /** Of the recording, over what people write about it. */
  readonly recordScanner: Scanner | null
  /** Decides again under what is in force now; `fresh` also asks the target again what it means. */
  readonly decide: () => D | Refusal
  readonly decideFresh: () => Promise<D | Refusal>
  /** The hash of all that it means when this principal runs it under this decision (design.md §6). */
  readonly intentOf: (decision: D, principal: string) => string
  /** Its letters say all of it: no settings of the session, no values beside the text. */
  readonly isPlain: boolean
  readonly riskOf: (decision: D, found: Found) => Risk
  /** What it would change, masked as the recording is; null: nothing to show, or it could not be found out. */
  readonly diff: (() => Promise<string | null>) | null
  /** Asked of the database at the same time; each may fail. */
  readonly estimate: (() => Promise<number | null>) | null
  readonly transaction: (() => Promise<TransactionState>) | null
  /** Milliseconds it may wait at most inside a transaction. */
  readonly inTransactionMs: number
  /** Another limit on the wait, of the command's own; null: none. */
  readonly limit: WaitLimit | null
  /** Tells the client that it waits; called once. */
  readonly onAsked: (asked: Asked) => void
}

/** What was found out before humans are asked. */
export interface Found {
  /** Rows by EXPLAIN; null: not asked, not possible, or not known in time. */
  readonly estimatedRows: number | null
  /** Held by the transaction in which the command waits; null outside of one, `unknown` where they could not be read. */
  readonly locks: readonly string[] | 'unknown' | null
}

/** Of the transaction in which a command waits. */
export interface TransactionState {
  readonly locks: readonly string[] | 'unknown'
  /** The first limit of the database's own that would end it, as far as is known. */
  readonly limit: WaitLimit | null
}

/** Why a wait is shorter than policy says, in words. */
export interface WaitLimit { readonly name: string; readonly leftMs: number }

export interface Asked {
  readonly approval: string
  readonly need: ApprovalNeed
  readonly expiresAt: number
  /** Why it expires earlier than policy says; null: it does not. */
  readonly shortenedBy: string | null
}

/** The second `verdict` frame of a held command. */
export interface DecidedFrameData extends VerdictFrameData {
  readonly approval: {
    /** Null: it could not even be asked. */
    readonly id: string | null
    readonly outcome: Answer['kind']
    readonly by: readonly string[]
    readonly waitedMs: number
  }
}

type Why = Parameters<Hold['release']>[0]

export class Held<D extends Judgement> {
  /** Rejects only with GatehouseError recorder_failed. */
  readonly settled: Promise<Settled<D>>
  readonly #session: Session
  readonly #command: AskedCommand<D>
  readonly #request: HoldRequest<D>
  readonly #startedAt = Date.now()
  /** The hash of what it means, as it was put to the approvers. */
  #intent = ''
  #hold: Hold | null = null
  #why: Why = 'cancelled'
  #isOver = false
  #expiry: NodeJS.Timeout | null = null
  readonly #resolve: (settled: Settled<D>) => void
  readonly #reject: (error: unknown) => void
  readonly #forget: () => void

  constructor(session: Session, command: AskedCommand<D>, request: HoldRequest<D>) {
    this.#session = session
    this.#command = command
    this.#request = request
    const { promise, resolve, reject } = Promise.withResolvers<Settled<D>>()
    this.settled = promise
    this.#resolve = resolve
    this.#reject = reject
    this.#forget = session.beforeClose((reason) => this.#withdraw('session-ended', `the session ended: ${reason}`))
    void this.#run().catch((error: unknown) => this.#failed(error))
  }

  /** The client took it back, or is gone. Safe at any time; before the command goes upstream it wins over any approval. */
  withdraw(why: Why): void {
    this.#withdraw(why, words[why])
  }

  #withdraw(why: Why, reason: string): void {
    if (this.#isOver) return
    this.#why = why
    this.#refuse('withdrawn', reason, why === 'cancelled' ? { kind: 'cancelled', message: 'canceling statement due to user request' } : { kind: 'denied', message: reason })
    this.#hold?.release(why)
  }

  async #run(): Promise<void> {
    const { approvals } = this.#session.context
    const { held, shortenedBy } = await this.#describe()
    if (this.#isOver) return
    const hold = this.#hold = await approvals.hold(held)
    if (this.#isOver) return hold.release(this.#why)
    const expiresAt = Math.min(hold.expiresAt, held.expiresAt)
    this.#request.onAsked({ approval: hold.approval, need: held.need, expiresAt, shortenedBy })
    this.#expireAt(expiresAt)
    const answer = await hold.outcome
    if (this.#isOver) return
    if (answer.kind === 'approved') await this.#approved(hold, answer.by)
    else this.#answered(answer)
  }

  /** Silence is denial, also where the approval itself lives longer than this command may wait. */
  #expireAt(at: number): void {
    const leftMs = at - Date.now()
    this.#expiry = setTimeout(() => {
      if (leftMs > timerMsMax) return this.#expireAt(at)
      if (this.#isOver) return
      this.#answered({ kind: 'expired' })
      this.#hold?.release('cancelled')
    }, Math.min(Math.max(leftMs, 0) + expiryGraceMs, timerMsMax)).unref()
  }

  async #describe(): Promise<{ readonly held: HeldCommand; readonly shortenedBy: string | null }> {
    const request = this.#request
    const { decision } = this.#command
    const { lease, connection, context, summary } = this.#session
    const need = decision.verdict.need
    if (need === null || decision.verdict.rule === null) throw new GatehouseError('internal', 'an approve verdict without a rule and its need')
    const [estimatedRows, transaction, diff] = await Promise.all([inTime(request.estimate, null), inTime<TransactionState | null>(request.transaction, unknownTransaction), inTime(request.diff, null)])
    const found: Found = { estimatedRows, locks: transaction?.locks ?? null }
    const { expiresAt, shortenedBy } = expiry(need, transaction, request)
    this.#intent = this.#intentOf(decision)
    return {
      shortenedBy,
      held: {
        session: summary.id, command: this.#command.id, principal: lease.principal, connection, protocol: request.protocol,
        intent: this.#intent, text: request.text, parameters: request.parameters, recordedText: request.recorded,
        snapshot: context.policies.current.hash, rule: decision.verdict.rule, reason: decision.verdict.reason, need, expiresAt,
        risk: request.riskOf(decision, found), diff, purpose: request.purpose, isPlain: request.isPlain,
        reevaluate: () => {
          const now = request.decide()
          // What masking refuses is a deny that no verdict tells.
          return 'verdict' in now && (now.refusal === null || now.refusal.kind === 'needs-approval' || now.verdict.effect === 'deny') ? now.verdict : null
        },
      },
    }
  }

  /** What was approved must still be what runs, and must still be allowed to: names, policy, groups and deciders are looked at again. */
  async #approved(hold: Hold, by: readonly string[]): Promise<void> {
    const changed = this.#changed(await this.#request.decideFresh())
    if (this.#isOver) return
    if (changed !== null) {
      this.#refuse('withdrawn', changed.message, changed)
      return hold.release('cancelled')
    }
    const whyNot = await hold.use()
    if (this.#isOver) return
    if (whyNot !== null) return this.#answered({ kind: 'withdrawn', reason: whyNot })
    const decision = this.#request.decide()
    const late = this.#changed(decision)
    if (late !== null) return this.#refuse('withdrawn', late.message, late)
    this.#allow(decision as D, by)
  }

  #changed(decision: D | Refusal): Refusal | null {
    const { verdict: { need } } = this.#command.decision
    const refusal = refusalNow(decision, { need })
    if (refusal?.kind === 'needs-approval') return { kind: 'denied', message: 'the policy changed while the command waited, and others must approve it now; run it again' }
    if (refusal !== null || !('verdict' in decision)) return refusal
    if (this.#intentOf(decision) === this.#intent) return null
    return { kind: 'denied', message: 'what the command means has changed while it waited (other tables or settings than those that were approved); run it again' }
  }

  #intentOf(decision: D): string {
    return this.#request.intentOf(decision, actingId(this.#session.lease.principal))
  }

  #answered(answer: Exclude<Answer, { kind: 'approved' }>): void {
    const id = this.#hold?.approval ?? ''
    const { verdict: { rule } } = this.#command.decision
    const by = `rule ${rule?.rule} (policy ${rule?.policy})`
    switch (answer.kind) {
      case 'denied': {
        const reason = answer.reason === null ? '' : `: ${oneLine(answer.reason)}`
        return this.#refuse('denied', `denied by ${answer.by}${reason}`, { kind: 'denied', message: `denied by ${answer.by} (approval ${id}, ${by})${reason}` }, [answer.by])
      }
      case 'expired': return this.#refuse('expired', 'nobody decided in time', {
        kind: 'needs-approval', message: `approval ${id} has expired: nobody decided in time (${by})`, hint: 'Run it again to ask again.',
      })
      case 'withdrawn': return this.#refuse('withdrawn', oneLine(answer.reason), { kind: 'needs-approval', message: `approval ${id} was withdrawn: ${oneLine(answer.reason)} (${by})`, hint: 'Run it again to ask again.' })
    }
  }

  #failed(error: unknown): void {
    if (this.#isOver) return
    if (!(error instanceof GatehouseError)) this.#session.context.log.error({ err: error, session: this.#session.summary.id }, 'holding a command failed')
    const reason = error instanceof GatehouseError ? error.message : 'the command could not be held'
    this.#refuse('withdrawn', reason, { kind: 'unavailable', message: `needs approval, and nobody could be asked: ${reason}` })
    this.#hold?.release('session-ended')
  }

  #refuse(outcome: Answer['kind'], reason: string, refusal: Refusal, by: readonly string[] = []): void {
    this.#finish({ effect: 'deny', reason, outcome, by }, () => {
      this.#session.refusals++
      return { kind: 'refuse', refusal }
    })
  }

  #allow(decision: D, by: readonly string[]): void {
    const id = this.#hold!.approval
    const reason = by.length === 0 ? `passed by break-glass (approval ${id})` : `approved by ${by.join(', ')} (approval ${id})`
    this.#finish({ effect: 'allow', reason, outcome: 'approved', by }, () => ({
      // Made now: what it may take and what it took count from here.
      kind: 'forward', command: new RunningCommand(this.#session, this.#command.id, decision, { need: this.#command.decision.verdict.need, why: `approved as ${id}` }),
    }))
  }

  /** Once: the record first, then whoever waits. */
  #finish({ effect, reason, outcome, by }: { readonly effect: 'allow' | 'deny'; readonly reason: string; readonly outcome: Answer['kind']; readonly by: readonly string[] }, settle: () => Settled<D>): void {
    this.#isOver = true
    this.#forget()
    if (this.#expiry !== null) clearTimeout(this.#expiry)
    const { id: command, decision: { verdict: { rule } } } = this.#command
    const frame: DecidedFrameData = {
      command, effect, rule: rule?.rule ?? null, policy: rule?.policy ?? null,
      reason: this.#recorded(reason),
      approval: { id: this.#hold?.approval ?? null, outcome, by, waitedMs: Date.now() - this.#startedAt },
    }
    try {
      this.#session.recorder.json('control', 'verdict', frame as unknown as Record<string, unknown>)
      this.#resolve(settle())
    } catch (error) {
      this.#reject(error)
    }
  }

  /** People write reasons, and may quote from the command what its record hides. */
  #recorded(reason: string): string {
    const { isTainted } = this.#command.decision
    const { recordScanner } = this.#request
    const quoted = isTainted ? this.#request.hideQuoted(reason) : reason
    return recordScanner === null ? quoted : cleanText(recordScanner, quoted)
  }
}

function expiry(need: ApprovalNeed, transaction: TransactionState | null, { inTransactionMs, limit }: Pick<HoldRequest<never>, 'inTransactionMs' | 'limit'>): { readonly expiresAt: number; readonly shortenedBy: string | null } {
  const limits: { readonly name: string | null; readonly leftMs: number }[] = [{ name: null, leftMs: need.withinMs }]
  if (limit !== null) limits.push(limit)
  if (transaction !== null) limits.push({ name: 'a transaction is open', leftMs: inTransactionMs })
  // A little earlier than the database, so that the client hears our refusal and keeps its session.
  if (transaction?.limit) limits.push({ name: `${transaction.limit.name} of the database`, leftMs: Math.max(0, transaction.limit.leftMs - Math.min(1_000, transaction.limit.leftMs / 4)) })
  const first = limits.reduce((least, limit) => (limit.leftMs < least.leftMs ? limit : least))
  return { expiresAt: Date.now() + first.leftMs, shortenedBy: first.name }
}

/** What `ask` gives within riskMs, else `otherwise`; null: nothing to ask. */
function inTime<T>(ask: (() => Promise<T>) | null, otherwise: T): Promise<T | null> {
  if (ask === null) return Promise.resolve(null)
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(otherwise), riskMs)
    ask().catch(() => otherwise).then((value) => {
      clearTimeout(timer)
      resolve(value)
    })
  })
}

const unknownTransaction: TransactionState = { locks: 'unknown', limit: null }

/** setTimeout takes no more; and what the broker gets to say so itself first. */
const timerMsMax = 2 ** 31 - 1
const expiryGraceMs = 250

const words: Readonly<Record<Why, string>> = { cancelled: 'cancelled by the client', disconnected: 'the client disconnected', 'session-ended': 'the session ended' }

const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim().slice(0, 1_000)
