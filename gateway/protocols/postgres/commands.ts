// client bytes → messages → commands → the pipeline → upstream. Reads one message at a time, in order, and not the next one while
// a decision is pending, of a human too; everything a read of the socket lets through goes upstream in one write, after its record.
import type { Duplex } from 'node:stream'
import type { SqlStatement } from '../../../shared/command.ts'
import { GatehouseError } from '../../../shared/errors.ts'
import { frontendMessageBytesMax, pipelineMax, statementBytesMax } from '../../limits.ts'
import { maskWrittenBack } from '../../pipeline/admission.ts'
import { refusalNow } from '../../pipeline/clearance.ts'
import { handleCommand, type AskedCommand } from '../../pipeline/handle-command.ts'
import type { RunningCommand } from '../../pipeline/handle-output.ts'
import { Held } from '../../pipeline/hold.ts'
import type { Decision } from '../../pipeline/access.ts'
import type { Refusal } from '../../pipeline/refusal.ts'
import type { Answer, NameEffect, Portal, Prepared, RunningAnswer } from './answers.ts'
import { bringsMask, copyInOf, duringCopy, type CopyIn } from './copy-in.ts'
import { describeType, FrameError, FrameReader } from './codec/frame-reader.ts'
import { decodeBind, decodeEmpty, decodeExecute, decodeParse, decodeQuery, decodeTarget, encodeCopyFail, encodeDescribe, encodeFlush, encodeParse, encodeQuery } from './codec/frontend.ts'
import { frontend } from './codec/types.ts'
import { encodeReadyForQuery } from './codec/backend.ts'
import { asksHumans, clearanceOf, clearanceOfRun, holdRequest, whyNotHeld, type Subject } from './hold.ts'
import { KeptBack } from './kept-back.ts'
import { parameterText, parameterValues } from './parameters.ts'
import type { PostgresSession } from './postgres-session.ts'
import { refusalMessage } from './refusal.ts'
import { ChunkBuilder } from './row-rewriter.ts'
import { askedFor, cancelled, decideFacts, decideText, factsOf, noRows, rowsOf, type Decided } from './statements.ts'
import { Waiting } from './waiting.ts'
import { writeAll } from '../../pipeline/pump.ts'

/** A command that was understood, and what to do again if it must be decided anew. */
interface Order extends Subject {
  readonly decision: Decision | Refusal
  /** For the record; values of a tainted command need not be in it. */
  readonly recordedParameters: readonly (string | null)[]
  readonly again: () => Promise<void> | undefined
}

/** A whole message. */
interface Frame { readonly type: number; readonly bytes: Buffer; readonly start: number; readonly end: number }

type Copying = RunningAnswer & { readonly copyIn: CopyIn }

/** Not SQL on purpose: the server answers it with an error, at the very place in its answers where the refusal belongs. */
const failing = 'gatehouse refused this command'
const failingName = 'gatehouse_refused'

export class ClientSide {
  readonly #session: PostgresSession
  readonly #client: Duplex
  readonly #reader = new FrameReader(frontendMessageBytesMax)
  readonly #out = new ChunkBuilder()
  #isDeciding = false
  #awaited: 'decision' | 'cancelled' | null = null
  #held: Held | null = null
  /** The message of a held command while it is let through: the reader's own may be gone by then. */
  #heldFrame: Frame | null = null
  #waiting: Waiting | null = null
  readonly #kept = new KeptBack()
  #isFlushPending = false
  #isUpstreamFull = false
  /** The server is between a first message and Sync: what ran there is not committed, and only it can undo that. */
  #isBatchOpen = false
  /** We answered with an error while nothing was outstanding: the rest of the client's batch is dropped here. */
  #isSkipping = false
  /** The newest command that may ask for COPY data. */
  #copying: Copying | null = null

  constructor(session: PostgresSession, client: Duplex) {
    this.#session = session
    this.#client = client
  }

  start(): void {
    this.#client.on('data', (chunk: Buffer) => {
      this.#session.session.activeAt = Date.now()
      this.#reader.append(chunk)
      if (this.#waiting === null) this.#run()
      else this.#waiting.read(chunk.length)
    })
    // The handshake left it paused; a listener alone does not start it again.
    this.#client.resume()
  }

  /** A message is being decided, by us or by humans. */
  get isDeciding(): boolean {
    return this.#isDeciding
  }

  /** The client is gone: nobody waits for the answer any more. */
  clientGone(): void {
    this.#held?.withdraw('disconnected')
  }

  /** A cancel that comes while its command is still being decided, by us or by humans: false when none is. */
  cancelDeciding(): boolean {
    if (this.#held !== null) {
      this.#held.withdraw('cancelled')
      return true
    }
    if (this.#awaited === null) return false
    this.#awaited = 'cancelled'
    return true
  }

  /** The upstream takes bytes again. */
  upstreamDrained(): void {
    this.#isUpstreamFull = false
    if (!this.#isDeciding) this.#client.resume()
  }

  #run(): void {
    const { session } = this.#session
    try {
      while (!this.#isDeciding && !session.isEnded) {
        // A cancel under way must not hit the command after the one it was meant for.
        if (this.#session.cancelling !== null) {
          this.#wait(this.#session.cancelling)
          break
        }
        if (!this.#reader.next()) break
        const pending = this.#message()
        if (pending !== undefined) this.#wait(pending)
      }
    } catch (error) {
      this.#fault(error)
    }
    this.#send()
  }

  #wait(pending: Promise<void>): void {
    this.#isDeciding = true
    if (this.#waiting === null) this.#client.pause()
    pending.then(() => {
      this.#isDeciding = false
      this.#run()
      if (!this.#isDeciding && !this.#isUpstreamFull) this.#client.resume()
    }, (error: unknown) => this.#fault(error))
  }

  #fault(error: unknown): void {
    if (error instanceof FrameError) return this.#session.fail('08P01', error.message)
    if (error instanceof GatehouseError && error.code === 'recorder_failed') return this.#session.fail('58030', 'the recording cannot be written, so nothing may run')
    this.#session.context.log.error({ err: error, session: this.#session.id }, 'a client message could not be handled')
    this.#session.fail('XX000', 'a fault of the gateway; the session was closed')
  }

  #message(): Promise<void> | undefined {
    const reader = this.#reader
    const { type } = reader
    if (type === frontend.terminate) return this.#terminate()
    if (this.#isSkipping || this.#session.answers.isSkipping) return this.#skip(type)
    if (this.#session.answers.length >= pipelineMax) throw new FrameError(`more than ${pipelineMax} messages wait for answers (pipelineMax)`)
    if (this.#copying !== null) {
      const turn = duringCopy(type, this.#copying, this.#session.answers)
      if (turn === 'wait') return this.#later(() => this.#message())
      if (turn === 'drop') return void decodeEmpty(reader)
    }
    switch (type) {
      case frontend.query: return this.#query()
      case frontend.parse: return this.#parse()
      case frontend.bind: return this.#bind()
      case frontend.execute: return this.#execute()
      case frontend.describe: return this.#describe()
      case frontend.close: return this.#close()
      case frontend.sync: return this.#sync()
      case frontend.flush:
        decodeEmpty(reader)
        return this.#forward()
      case frontend.copyData:
      case frontend.copyDone:
      case frontend.copyFail: return this.#copy()
      case frontend.functionCall: return this.#refuse({ kind: 'unsupported', message: 'FunctionCall is not available through Gatehouse', hint: 'Use SELECT.' }, '', true)
      default: throw new FrameError(`message ${describeType(type)} is not one a client may send here`)
    }
  }

  /** As the server does after an error: everything up to Sync is dropped, except that we are then the ones to answer it. */
  #skip(type: number): undefined {
    if (type !== frontend.sync) return
    decodeEmpty(this.#reader)
    if (!this.#isSkipping) return this.#sync()
    this.#isSkipping = false
    this.#session.batch++
    this.#session.toClient(encodeReadyForQuery('I'))
  }

  #query(): Promise<void> | undefined {
    const text = decodeQuery(this.#reader)
    this.#session.batch++
    if (this.#isTooLong(text)) return this.#refuse(tooLong, '', true)
    return this.#decided(decideText(this.#session, text, askedFor(() => ({ text, parameters: [] }))), ({ facts, decision }) => {
      if (facts === null) return this.#refuseCommand(text, decision as Refusal, true)
      return this.#judge({ text, facts, decision, recordedParameters: [], bound: null, again: () => this.#query() }, (command) => {
        this.#starts({
          kind: 'query', text, statements: facts.statements, completed: 0, isFailed: false, lastTag: '', names: this.#nameEffects(text, facts.statements, command), command,
          rows: null, isCut: false, timer: this.#timer(command.decision), copyIn: copyInOf(facts),
        })
        this.#noteEffects(text, command.decision)
        // Unlike an error behind a Parse, a Query's does not skip what follows: names it defines are open until it was answered.
        this.#session.batch++
        return this.#forward()
      })
    })
  }

  #parse(): Promise<void> | undefined {
    const { name, text, types } = decodeParse(this.#reader)
    if (this.#isTooLong(text)) return this.#refuse(tooLong, '', false)
    if (this.#session.prepared.isFull) return this.#refuse({ kind: 'limit', message: 'too many prepared statements in one session (preparedMax)' }, '', false)
    return this.#decided(decideText(this.#session, text, noRows), ({ facts, decision }) => {
      const isHeld = asksHumans(decision)
      if (facts === null || (isRefused(decision) && !isHeld)) return this.#refuseCommand(text, decision, false)
      const prepared: Prepared = { name, text, facts, types: types.length === 0 ? noTypes : Buffer.from(types), shape: null, describedIn: -1, describedEpoch: -1 }
      const answer: Answer = { kind: 'parse', expected: this.#session.prepared.expect(name, prepared, this.#session.batch) }
      this.#session.answers.push(answer)
      if (!isHeld || this.#isBatchOpen || !this.#kept.fits(this.#reader.end - this.#reader.start)) return this.#forward()
      if (this.#kept.from === null) this.#kept.begin(answer, copyOf(this.#reader).bytes)
      else this.#kept.add(copyOf(this.#reader).bytes)
    })
  }

  #bind(): Promise<void> | undefined {
    const bind = decodeBind(this.#reader)
    const found = this.#session.prepared.find(bind.statement, this.#session.batch)
    if (found.kind === 'open') return this.#later(() => this.#bind())
    if (found.kind === 'unknown') return this.#refuse(unknownName('prepared statement', bind.statement), '', false)
    const prepared = found.value
    if (this.#session.portals.isFull) return this.#refuse({ kind: 'limit', message: 'too many portals in one session (preparedMax)' }, '', false)
    const facts = factsOf(this.#session, prepared)
    return this.#decided(decideFacts(this.#session, facts, askedFor(() => ({ text: prepared.text, parameters: parameterValues(bind) }))), ({ decision }) => {
      const recordedParameters = 'verdict' in decision && decision.isTainted ? bind.parameters.map((value) => (value === null ? null : '')) : parameterText(bind, prepared.types)
      return this.#judge({ text: prepared.text, facts, decision, recordedParameters, bound: { bind, prepared }, again: () => this.#bind() }, (command) => {
        const portal: Portal = { name: bind.portal, prepared, resultFormats: bind.resultFormats, command, codeRuns: this.#session.codeRuns, shape: null, describedIn: -1 }
        // Portals and SQL's cursors share their names: FETCH may read this one.
        this.#session.answers.push({
          kind: 'bind', expected: this.#session.portals.expect(bind.portal, portal, this.#session.batch),
          cursor: this.#session.cursors.expect(bind.portal, this.#cleared(prepared.facts.statements, command), this.#session.batch),
        })
        return this.#forward()
      })
    })
  }

  #execute(): Promise<void> | undefined {
    const { portal: name } = decodeExecute(this.#reader)
    const found = this.#session.portals.find(name, this.#session.batch)
    if (found.kind === 'open') return this.#later(() => this.#execute())
    if (found.kind === 'unknown') return this.#refuse(unknownName('portal', name), '', false)
    const portal = found.value
    // The policy may have been replaced since Bind, and what EXECUTE or FETCH names; the same snapshot gives the cached decision.
    return this.#decided(decideFacts(this.#session, factsOf(this.#session, portal.prepared), rowsOf(portal.command.decision)), ({ decision }) => {
      // Humans were asked at Bind, for one run of it; what is left of that run goes on, also after PortalSuspended.
      const refusal = refusalNow(decision, clearanceOfRun(this.#session, portal.command, decision))
      if (refusal !== null || !('verdict' in decision)) return this.#refuseCommand(portal.prepared.text, refusal?.kind === 'needs-approval' ? bindAgain(refusal) : decision, false)
      // Code can close a portal and open another of its name; nobody approved that.
      if (portal.command.clearance !== null && portal.codeRuns !== this.#session.codeRuns) return this.#refuseCommand(portal.prepared.text, reopened, false)
      portal.command.decision = decision
      this.#release()
      this.#ensureShape(portal)
      this.#starts({
        kind: 'execute', portal, command: portal.command, rows: null, isCut: false, timer: this.#timer(portal.command.decision), copyIn: copyInOf(portal.prepared.facts),
        names: this.#nameEffects(portal.prepared.text, portal.prepared.facts.statements, portal.command),
      })
      this.#noteEffects(portal.prepared.text, portal.command.decision)
      portal.codeRuns = this.#session.codeRuns
      return this.#forward()
    })
  }

  /** Rows must not arrive before their description: where the client did not ask for it, we do, and keep the answer. */
  #ensureShape(portal: Portal): void {
    const { batch, epoch } = this.#session
    if (!this.#session.access().looksIntoRows) return
    const { prepared } = portal
    if (!isIndirect(prepared)) {
      if (portal.shape !== null || portal.describedIn === batch) return
      if ((prepared.describedIn === batch && prepared.describedEpoch === epoch) || (prepared.shape !== null && prepared.shape.epoch === epoch)) return
    }
    portal.describedIn = batch
    this.#session.answers.push({ kind: 'describe', of: portal, epoch, isOurs: true })
    this.#out.add(encodeDescribe('P', portal.name))
  }

  #describe(): Promise<void> | undefined {
    const { kind, name } = decodeTarget(this.#reader)
    const { batch, epoch } = this.#session
    const found = kind === 'statement' ? this.#session.prepared.find(name, batch) : this.#session.portals.find(name, batch)
    if (found.kind === 'open') return this.#later(() => this.#describe())
    const of = found.kind === 'known' ? found.value : null
    if (of !== null) of.describedIn = batch
    if (of !== null && 'describedEpoch' in of) of.describedEpoch = epoch
    this.#session.answers.push({ kind: 'describe', of, epoch, isOurs: false })
    return this.#forward()
  }

  #close(): undefined {
    const { kind, name } = decodeTarget(this.#reader)
    if (kind === 'portal') this.#session.cursors.forget(name)
    this.#session.answers.push({ kind: 'close', target: kind, name })
    return this.#forward()
  }

  #sync(): undefined {
    decodeEmpty(this.#reader)
    this.#session.batch++
    this.#session.answers.isSkipping = false
    this.#session.answers.push({ kind: 'sync' })
    return this.#forward()
  }

  #starts(running: RunningAnswer): void {
    this.#session.answers.push(running)
    if (running.copyIn !== null) this.#copying = running as Copying
  }

  #copy(): undefined {
    if (this.#copying !== null && this.#reader.type === frontend.copyData && bringsMask(this.#copying, this.#reader)) {
      // The server ends the COPY with this as its reason, and ignores what the client still sends.
      this.#copying.copyIn.ended++
      this.#out.add(encodeCopyFail(maskWrittenBack.message))
      return
    }
    if (this.#reader.type !== frontend.copyData && this.#copying !== null) this.#copying.copyIn.ended++
    const head = this.#session.answers.head
    if (head?.kind === 'query' || head?.kind === 'execute') head.command.bytes += this.#reader.end - this.#reader.start
    return this.#forward()
  }

  #terminate(): undefined {
    this.#session.isTerminating = true
    this.#forward()
    this.#send()
    // What was sent before it is still answered; the upstream then closes, which ends the session.
  }

  #isTooLong(text: string): boolean {
    return text.length > statementBytesMax || this.#reader.end - this.#reader.start > statementBytesMax + 1024
  }

  /** Lets a command through, refuses it, or holds it until humans have decided; nothing after it is looked at before that. */
  #judge(order: Order, go: (command: RunningCommand) => undefined): Promise<void> | undefined {
    const { text, decision, recordedParameters: parameters } = order
    const isQuery = order.bound === null
    let clearance = null
    if (asksHumans(decision)) {
      clearance = clearanceOf(this.#session, order, decision)
      // Before that nobody knows whether a transaction is open, nor whether an error skips this command as well.
      if (clearance === null && this.#owes) return this.#whenAnswered(order.again)
      const whyNot = clearance === null ? whyNotHeld(this.#session, order, decision) : null
      if (whyNot !== null) return this.#refuseCommand(text, whyNot, isQuery)
    }
    const { bound } = order
    const exact = bound === null ? {} : { exact: { raw: bound.bind.parameters, texts: () => parameterValues(bound.bind) } }
    const outcome = handleCommand(this.#session.session, { text, parameters, decision, clearance, ...exact })
    switch (outcome.kind) {
      case 'forward': return go(outcome.command)
      case 'refuse': return this.#refuse(outcome.refusal, text, isQuery)
      case 'hold': return this.#hold(outcome.command, order, go)
    }
  }

  async #hold(command: AskedCommand, order: Order, go: (command: RunningCommand) => undefined): Promise<void> {
    const { session } = this.#session
    const frame = copyOf(this.#reader)
    const isInTransaction = this.#session.transaction !== 'I' || this.#isBatchOpen
    const waiting = this.#waiting = new Waiting(this.#session, this.#client)
    const held = this.#held = new Held(session, command, holdRequest(this.#session, order, { decision: command.decision, isInTransaction, onAsked: (asked) => waiting.asked(asked) }))
    const settled = await held.settled.finally(() => {
      this.#held = null
      this.#waiting = null
      waiting.end()
    })
    if (this.#session.cancelling !== null) await this.#session.cancelling
    if (session.isEnded) return
    if (settled.kind === 'refuse') return this.#refuse(settled.refusal, order.text, order.bound === null)
    this.#heldFrame = frame
    go(settled.command)
    this.#heldFrame = null
  }

  /** The server has not yet answered all that was sent to it. */
  get #owes(): boolean {
    const { head } = this.#session.answers
    return head !== undefined && head !== this.#kept.from
  }

  async #whenAnswered(again: () => Promise<void> | undefined): Promise<void> {
    const { session, answers } = this.#session
    // Inside a batch the server keeps its answers to itself until it is asked for them.
    if (this.#isBatchOpen) this.#out.add(encodeFlush())
    this.#send()
    while (this.#owes && !session.isEnded && !answers.isSkipping) await this.#session.answered()
    if (!session.isEnded && !answers.isSkipping) await again()
  }

  #decided(decided: Decided | Promise<Decided>, act: (decided: Decided) => Promise<void> | undefined): Promise<void> | undefined {
    if (!(decided instanceof Promise)) return act(decided)
    // While we waited the server may have failed an earlier message, and skips this one too.
    this.#awaited = 'decision'
    return decided.then((ready) => {
      const isCancelled = this.#awaited === 'cancelled'
      this.#awaited = null
      return this.#session.session.isEnded || this.#session.answers.isSkipping ? undefined : act(isCancelled ? cancelled : ready)
    })
  }

  /** The same message again, once the upstream has answered more. */
  #later(again: () => Promise<void> | undefined): Promise<void> {
    this.#send()
    return this.#session.answered().then(() => (this.#session.session.isEnded || this.#session.answers.isSkipping ? undefined : again()))
  }

  #forward(): undefined {
    const frame = this.#heldFrame ?? this.#reader
    const { bytes, start, end, type } = frame
    if (this.#heldFrame === null && this.#kept.takes(type, end - start)) return void this.#kept.add(copyOf(frame).bytes)
    this.#release()
    if (batched.has(type)) this.#isBatchOpen = true
    else if (type === frontend.sync || type === frontend.query) this.#isBatchOpen = false
    this.#out.keep(bytes, start, end)
  }

  /** What was kept back goes on, before what comes now. */
  #release(): void {
    if (this.#kept.release(this.#out)) this.#isBatchOpen = true
  }

  #noteEffects(text: string, decision: Decision): void {
    this.#session.settings.note(text, decision)
    this.#session.noteEffects(decision)
  }

  /** Recorded with its verdict, then refused. */
  #refuseCommand(text: string, decision: Decision | Refusal, isQuery: boolean): undefined {
    const outcome = handleCommand(this.#session.session, { text, parameters: [], decision })
    if (outcome.kind === 'refuse') return this.#refuse(outcome.refusal, text, isQuery)
    throw new GatehouseError('internal', 'a command that was to be refused may run')
  }

  /**
   * A refusal is an error at its place in the order of answers. With nothing outstanding and no transaction that place is now;
   * else the server is made to fail there itself, so that it aborts the transaction and skips to Sync as after any error.
   */
  #refuse(refusal: Refusal, text: string, isQuery: boolean): undefined {
    const error = refusalMessage(refusal, text)
    const { answers, transaction } = this.#session
    if (answers.length === 0 && transaction === 'I' && !this.#isBatchOpen) {
      this.#session.toClient(error)
      if (isQuery) this.#session.toClient(encodeReadyForQuery('I'))
      else this.#isSkipping = true
      return
    }
    this.#release()
    answers.push({ kind: 'refused', error, isQuery, isSaid: false })
    this.#out.add(isQuery ? encodeQuery(failing) : encodeParse(failingName, failing))
  }

  /** FETCH from a cursor whose query humans have approved goes on with that run. */
  #cleared(statements: readonly SqlStatement[], { clearance }: RunningCommand): readonly SqlStatement[] {
    if (clearance === null) return statements
    const own = [...statements]
    this.#session.clearedCursors.set(own, clearance)
    return own
  }

  #nameEffects(text: string, statements: readonly SqlStatement[], command: RunningCommand): readonly NameEffect[] {
    if (!statements.some(affectsNames)) return noEffects
    const { prepared, cursors, batch } = this.#session
    return statements.flatMap((statement, index) => {
      const inner = [{ ...statement, prepares: null, declares: null }]
      const effects: NameEffect[] = []
      if (statement.prepares !== null) {
        const value: Prepared = { name: statement.prepares, text, facts: { kind: 'sql', statements: inner }, types: noTypes, shape: null, describedIn: -1, describedEpoch: -1 }
        const expected = prepared.expect(statement.prepares, value, batch)
        effects.push({ statement: index, settle: (happened) => prepared.settle(expected, happened) })
      }
      if (statement.declares !== null) {
        this.#session.portals.forget(statement.declares)
        const expected = cursors.expect(statement.declares, this.#cleared(inner, command), batch)
        effects.push({ statement: index, settle: (happened) => cursors.settle(expected, happened) })
      }
      if (statement.deallocates !== null) effects.push({ statement: index, settle: (happened) => { if (happened) prepared.drop(statement.deallocates!) } })
      if (statement.closes !== null) this.#session.portals.forget(statement.closes)
      if (statement.closes !== null) effects.push({ statement: index, settle: (happened) => { if (happened) cursors.drop(statement.closes!) } })
      return effects
    })
  }

  #timer(decision: Decision): NodeJS.Timeout | null {
    const { seconds } = decision.verdict.limit
    if (seconds === null) return null
    return setTimeout(() => { void this.#session.cancel() }, seconds * 1000)
  }

  /** One write for all that was let through, after its record is with the kernel. */
  #send(): void {
    if (this.#out.bytes === 0 || this.#isFlushPending) return
    this.#isFlushPending = true
    this.#session.context.journal.afterFlush(() => {
      this.#isFlushPending = false
      if (this.#session.session.isEnded) return
      if (writeAll(this.#session.upstream, this.#out.take())) return
      this.#isUpstreamFull = true
      this.#client.pause()
    }, () => this.#session.fail('58030', 'the recording cannot be written, so nothing may run'))
  }
}

const noEffects: readonly NameEffect[] = []

function affectsNames({ prepares, declares, deallocates, closes }: SqlStatement): boolean {
  return prepares !== null || declares !== null || deallocates !== null || closes !== null
}

/** Messages after which the server waits for Sync (protocol 55.2.3). */
const batched: ReadonlySet<number> = new Set([frontend.parse, frontend.bind, frontend.execute, frontend.describe, frontend.close])

/** What EXECUTE and FETCH give is what their name means when they run: no earlier description holds. */
function isIndirect({ facts }: Prepared): boolean {
  return facts.statements.some(({ executes, fetches }) => executes !== null || fetches !== null)
}

function isRefused(decision: Decision | Refusal): decision is Refusal | (Decision & { readonly refusal: Refusal }) {
  return !('verdict' in decision) || decision.refusal !== null
}

const tooLong: Refusal = { kind: 'limit', message: `a statement may have at most ${statementBytesMax} bytes (statementBytesMax)` }

const noTypes = Buffer.alloc(0)

/** A portal of which nothing is left, or whose policy asks others by now. */
function bindAgain({ message }: Refusal): Refusal {
  return { kind: 'denied', message: `${message}; what was approved for this portal is used up`, hint: 'Bind the statement again, then it is asked again.' }
}

const reopened: Refusal = {
  kind: 'denied', message: 'a function that ran since this portal was approved may have put another in its place', hint: 'Bind the statement again, then it is asked again.',
}

function copyOf({ type, bytes, start, end }: Frame): Frame {
  return { type, bytes: Buffer.from(bytes.subarray(start, end)), start: 0, end: end - start }
}

function unknownName(what: string, name: string): Refusal {
  return { kind: 'denied', message: `${what} "${name.slice(0, 63)}" does not exist in this session` }
}
