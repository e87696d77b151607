// upstream bytes → messages → the answer they belong to → results or reports. Keeps the queue of answers in step with the server;
// what fits no expectation ends the session.
import type { Duplex } from 'node:stream'
import { GatehouseError } from '../../../shared/errors.ts'
import { backendMessageBytesMax } from '../../limits.ts'
import { readDirectly } from '../../pipeline/reused-reads.ts'
import { CopyShapeError } from '../../masking/copy-cells.ts'
import { refusalOfRunning } from '../../pipeline/clearance.ts'
import { noShape, type Answer, type RunningAnswer } from './answers.ts'
import { decodeCommandComplete, decodeReadyForQuery, decodeReport } from './codec/backend.ts'
import { describeType, FrameError, FrameReader } from './codec/frame-reader.ts'
import { backend } from './codec/types.ts'
import { Outlet } from './outlet.ts'
import type { PostgresSession } from './postgres-session.ts'
import { Reports } from './reports.ts'
import { Results, runningOf } from './results.ts'
import { decideNow } from './statements.ts'

export class UpstreamSide {
  readonly #session: PostgresSession
  readonly #upstream: Duplex
  readonly #reader = new FrameReader(backendMessageBytesMax)
  readonly #outlet: Outlet
  readonly #results: Results
  readonly #reports: Reports
  /** The upstream's error ends what was cut already: after it, everything up to ReadyForQuery is dropped. */
  #isDroppingToReady = false
  #ddlSeen = false

  constructor(session: PostgresSession, upstream: Duplex, client: Duplex) {
    this.#session = session
    this.#upstream = upstream
    this.#outlet = new Outlet(client, upstream, () => session.session.isEnded)
    this.#results = new Results(session, this.#reader, this.#outlet)
    this.#reports = new Reports(session, this.#reader, this.#outlet)
  }

  start(): void {
    this.#upstream.on('data', (chunk: Buffer) => this.#chunk(chunk))
    readDirectly(this.#upstream, (chunk) => {
      this.#chunk(chunk)
      if (this.#session.session.isEnded || this.#reader.holdsChunk || this.#outlet.holdsBytes) return 'held'
      return this.#session.answers.length === 0 ? 'resting' : 'done'
    })
    this.#upstream.on('drain', () => this.#session.upstreamDrained())
    this.#upstream.resume()
  }

  say(message: Buffer): void {
    this.#outlet.say(message)
  }

  sayLast(message: Buffer): void {
    this.#outlet.sayLast(message)
  }

  /** The policy changed, or a grant is over: what runs must still be allowed, and its next rows get the new masks. */
  recheck(): void {
    for (const answer of this.#session.answers) {
      if (answer.kind !== 'query' && answer.kind !== 'execute') continue
      const decision = decideNow(this.#session, answer.command.decision.facts, answer.command.decision.resolved.estimatedRows)
      const refusal = refusalOfRunning(this.#session.session, decision, answer.command.clearance)
      if (!('verdict' in decision) || refusal !== null) return this.#session.session.end(answer.command.clearance?.isGranted === true && refusal?.kind === 'needs-approval' ? refusal.message : 'the policy changed and no longer allows what runs')
      answer.command.decision = decision
      if (answer.rows !== null) answer.rows = this.#results.plan(answer, answer.rows.shape)
    }
  }

  #chunk(chunk: Buffer): void {
    const { session } = this.#session
    if (session.isEnded) return
    try {
      this.#outlet.chunk(() => {
        try {
          this.#reader.append(chunk)
          while (!session.isEnded && this.#reader.next()) this.#message()
        } catch (error) {
          this.#fault(error)
        }
      })
    } catch (error) {
      this.#fault(error)
    }
    this.#session.noteAnswer()
  }

  #fault(error: unknown): void {
    if (error instanceof GatehouseError && error.code === 'recorder_failed') return this.#session.fail('58030', 'the recording cannot be written, so nothing may go on')
    try {
      // What came before the fault goes to the client, so it belongs in the record before that is closed.
      this.#outlet.record()
    } catch (failed) {
      return this.#fault(failed)
    }
    if (error instanceof FrameError || error instanceof CopyShapeError) return this.#session.fail('08P01', `the database sent something the gateway does not understand: ${error.message}`)
    this.#session.context.log.error({ err: error, session: this.#session.id }, 'an upstream message could not be handled')
    this.#session.fail('XX000', 'a fault of the gateway; the session was closed')
  }

  #message(): void {
    const { type } = this.#reader
    if (type === backend.dataRow) return this.#dataRow()
    switch (type) {
      case backend.rowDescription: return this.#rowDescription()
      case backend.commandComplete: return this.#complete(decodeCommandComplete(this.#reader))
      case backend.emptyQueryResponse: return this.#complete('')
      case backend.portalSuspended: return this.#complete('SUSPENDED')
      case backend.readyForQuery: return this.#ready()
      case backend.parseComplete: return this.#settle('parse')
      case backend.bindComplete: return this.#settle('bind')
      case backend.closeComplete: return this.#settle('close')
      case backend.parameterDescription: return this.#parameterTypes()
      case backend.noData: return this.#noData()
      case backend.errorResponse: return this.#error()
      case backend.noticeResponse: return this.#reports.notice(this.#runningOrNull())
      case backend.notificationResponse: return this.#reports.notification()
      case backend.parameterStatus: return this.#reports.parameterStatus()
      case backend.copyInResponse:
      case backend.copyOutResponse:
      case backend.copyData:
      case backend.copyDone: return this.#results.copy(runningOf(this.#session.answers.head), type, this.#isDroppingToReady)
      default: throw new FrameError(`message ${describeType(type)} is not expected here`)
    }
  }

  #runningOrNull(): RunningAnswer | null {
    const { head } = this.#session.answers
    return head?.kind === 'query' || head?.kind === 'execute' ? head : null
  }

  #rowDescription(): void {
    const { head } = this.#session.answers
    if (head?.kind === 'describe') this.#session.answers.shift()
    this.#results.description(head, head?.kind === 'describe' && (head.isOurs || this.#isDroppingToReady))
  }

  #dataRow(): void {
    const running = runningOf(this.#session.answers.head)
    if (!running.isCut && !this.#isDroppingToReady) this.#results.row(running)
  }

  #complete(tag: string): void {
    const running = runningOf(this.#session.answers.head)
    if (running.kind === 'execute') {
      this.#finish(running, tag)
      running.command.isComplete = tag !== 'SUSPENDED'
      this.#settleNames(running, 0, true)
      this.#session.answers.shift()
      if (running.isCut) this.#isDroppingToReady = true
    } else {
      this.#settleNames(running, running.completed++, true)
      running.lastTag = tag
    }
    if (running.command.decision.changesCatalog) this.#ddlSeen = true
    running.rows = null
    if (running.isCut || this.#isDroppingToReady) return
    this.#outlet.forward(this.#reader)
  }

  #settleNames(running: RunningAnswer, statement: number, happened: boolean): void {
    for (const effect of running.names) if (effect.statement === statement) effect.settle(happened)
  }

  #finish(running: RunningAnswer, status: string): void {
    if (running.timer !== null) clearTimeout(running.timer)
    this.#outlet.record()
    running.command.finish(status)
  }

  #settle(kind: 'parse' | 'bind' | 'close'): void {
    const entry = this.#session.answers.head
    if (entry === undefined || entry.kind !== kind) throw new FrameError(`an answer to a ${kind} that was not asked`)
    this.#session.answers.shift()
    if (entry.kind === 'parse') this.#session.prepared.settle(entry.expected, true)
    else if (entry.kind === 'bind') this.#settleBind(entry, true)
    else if (entry.kind === 'close') (entry.target === 'statement' ? this.#session.prepared : this.#session.portals).drop(entry.name)
    if (!this.#isDroppingToReady) this.#outlet.forward(this.#reader)
  }

  #settleBind({ expected, cursor }: Extract<Answer, { kind: 'bind' }>, happened: boolean): void {
    this.#session.portals.settle(expected, happened)
    this.#session.cursors.settle(cursor, happened)
  }

  /** The head must be a Describe; ours is answered in silence. */
  #describing(what: string): void {
    const { head } = this.#session.answers
    if (head?.kind !== 'describe') throw new FrameError(`a ${what} that was not asked for`)
    if (!head.isOurs && !this.#isDroppingToReady) this.#outlet.forward(this.#reader)
  }

  /** ParameterDescription (B): `Int16 count, Int32[] types`. */
  #parameterTypes(): void {
    this.#describing('parameter description')
    const { head } = this.#session.answers
    const { bytes, start, end } = this.#reader
    if (head?.kind === 'describe' && head.of !== null && 'types' in head.of && end - start > 7) head.of.types = Buffer.from(bytes.subarray(start + 7, end))
  }

  #noData(): void {
    this.#describing('NoData')
    const head = this.#session.answers.shift()
    if (head?.kind === 'describe' && head.of !== null) head.of.shape = { ...noShape, epoch: head.epoch }
  }

  #error(): void {
    const { head } = this.#session.answers
    const fields = decodeReport(this.#reader)
    if (head?.kind === 'refused') {
      this.#outlet.say(head.error)
      head.isSaid = true
      if (!head.isQuery) this.#skipToSync()
      return
    }
    const running = this.#runningOrNull()
    if (running?.isCut !== true && !this.#isDroppingToReady) this.#reports.error(running, fields)
    if (head === undefined) return
    if (running !== null) this.#finish(running, `error ${fields.get('C') ?? ''}`)
    if (head.kind !== 'query') return this.#skipToSync()
    head.isFailed = true
    for (let i = head.completed; i < head.statements.length; i++) this.#settleNames(head, i, false)
  }

  #skipToSync(): void {
    this.#session.answers.skipToSync((entry) => {
      if (entry.kind === 'parse') this.#session.prepared.settle(entry.expected, false)
      else if (entry.kind === 'bind') this.#settleBind(entry, false)
      else if (entry.kind === 'execute' || entry.kind === 'query') this.#drop(entry)
    })
  }

  #drop(entry: RunningAnswer): void {
    this.#finish(entry, 'not run')
    for (const effect of entry.names) effect.settle(false)
  }

  #ready(): void {
    const status = decodeReadyForQuery(this.#reader)
    const entry = this.#session.answers.shift()
    if (entry === undefined || !isAnswered(entry)) throw new FrameError('a ReadyForQuery for which nothing was asked')
    if (entry.kind === 'query') this.#finish(entry, entry.lastTag ?? '')
    this.#isDroppingToReady = false
    this.#session.transaction = status
    if (status === 'I') {
      this.#session.portals.drop('*')
      if (this.#ddlSeen) {
        this.#ddlSeen = false
        void this.#session.gate.refresh()
      }
    }
    this.#outlet.forward(this.#reader)
  }
}

/** Before ReadyForQuery every statement of a Query was answered, or one has failed: else it is not this entry that is ready. */
function isAnswered(entry: Answer): boolean {
  switch (entry.kind) {
    case 'sync': return true
    case 'query': return entry.isFailed || entry.completed >= Math.max(1, entry.statements.length)
    case 'refused': return entry.isQuery && entry.isSaid
    default: return false
  }
}
