// One message of the client at a time: what it means, what policy says of it (statements.ts), and what answer is expected to it.
// Commands go to the judge; what runs nothing goes straight on.
import type { SqlFacts } from '../../../shared/command.ts'
import { pipelineMax, statementBytesMax } from '../../limits.ts'
import type { Decision } from '../../pipeline/access.ts'
import { refusalNow } from '../../pipeline/clearance.ts'
import type { RunningCommand } from '../../pipeline/handle-output.ts'
import type { Refusal } from '../../pipeline/refusal.ts'
import type { Answer, Portal, Prepared, RunningAnswer } from './answers.ts'
import { encodeReadyForQuery } from './codec/backend.ts'
import { describeType, FrameError, type FrameReader } from './codec/frame-reader.ts'
import { decodeBind, decodeEmpty, decodeExecute, decodeParse, decodeQuery, decodeTarget, encodeCopyFail, encodeDescribe, type Bind } from './codec/frontend.ts'
import { frontend } from './codec/types.ts'
import { CopyingIn, copyInOf } from './copy-in.ts'
import { asksHumans, clearanceOfRun } from './hold.ts'
import type { Inlet } from './inlet.ts'
import type { Judge } from './judge.ts'
import { clearedCursor, nameEffects, noTypes } from './name-effects.ts'
import { bindAgain, noFunctionCall, reopened, tooLong, tooMany, unknownName } from './objections.ts'
import { parameterText, parameterValues } from './parameters.ts'
import type { PostgresSession } from './postgres-session.ts'
import { lacksShape } from './row-shape.ts'
import { askedFor, decideFacts, decideText, factsOf, noRows, rowsOf } from './statements.ts'

/** At once, or when a decision is there, or the upstream has answered more. */
type Done = Promise<void> | undefined

interface CommandsOptions { readonly session: PostgresSession; readonly reader: FrameReader; readonly judge: Judge; readonly inlet: Inlet }

export class Commands {
  readonly #session: PostgresSession
  readonly #reader: FrameReader
  readonly #judge: Judge
  readonly #inlet: Inlet
  readonly #copying = new CopyingIn()

  constructor({ session, reader, judge, inlet }: CommandsOptions) {
    this.#session = session
    this.#reader = reader
    this.#judge = judge
    this.#inlet = inlet
  }

  /** The message at which the reader stands. Throws FrameError. */
  take(): Done {
    const { type } = this.#reader
    if (type === frontend.terminate) return this.#terminate()
    if (this.#inlet.isSkipping || this.#session.answers.isSkipping) return this.#skip(type)
    if (this.#session.answers.length >= pipelineMax) throw new FrameError(`more than ${pipelineMax} messages wait for answers (pipelineMax)`)
    const turn = this.#copying.turnOf(type, this.#session.answers)
    if (turn === 'wait') return this.#later(() => this.take())
    if (turn === 'drop') return void decodeEmpty(this.#reader)
    switch (type) {
      case frontend.query: return this.#query()
      case frontend.parse: return this.#parse()
      case frontend.bind: return this.#bind()
      case frontend.execute: return this.#execute()
      case frontend.describe: return this.#describe()
      case frontend.close: return this.#close()
      case frontend.sync: return this.#sync()
      case frontend.flush:
        decodeEmpty(this.#reader)
        return this.#forward()
      case frontend.copyData:
      case frontend.copyDone:
      case frontend.copyFail: return this.#copy()
      case frontend.functionCall: return this.#inlet.refuse(noFunctionCall, '', true)
      default: throw new FrameError(`message ${describeType(type)} is not one a client may send here`)
    }
  }

  /** As the server does after an error: everything up to Sync is dropped, except that we are then the ones to answer it. */
  #skip(type: number): undefined {
    if (type !== frontend.sync) return
    decodeEmpty(this.#reader)
    if (!this.#inlet.isSkipping) return this.#sync()
    this.#inlet.isSkipping = false
    this.#session.batch++
    this.#session.toClient(encodeReadyForQuery('I'))
  }

  #query(): Done {
    const text = decodeQuery(this.#reader)
    this.#session.batch++
    if (this.#isTooLong(text)) return this.#inlet.refuse(tooLong, '', true)
    return this.#judge.decided(decideText(this.#session, text, askedFor(() => ({ text, parameters: [] }))), ({ facts, decision }) => {
      if (facts === null) return this.#judge.refuse(text, decision, true)
      return this.#judge.judge({
        text, facts, decision, recordedParameters: [], bound: null, frame: this.#reader, again: () => this.#query(),
        go: (command, frame) => {
          this.#starts({ kind: 'query', text, statements: facts.statements, completed: 0, isFailed: false, lastTag: '', ...this.#running(text, facts, command) }, text)
          // Unlike an error behind a Parse, a Query's does not skip what follows: names it defines are open until it was answered.
          this.#session.batch++
          return this.#inlet.forward(frame)
        },
      })
    })
  }

  #parse(): Done {
    const { name, text, types } = decodeParse(this.#reader)
    if (this.#isTooLong(text)) return this.#inlet.refuse(tooLong, '', false)
    if (this.#session.prepared.isFull) return this.#inlet.refuse(tooMany('prepared statements'), '', false)
    return this.#judge.decided(decideText(this.#session, text, noRows), ({ facts, decision }) => {
      const isHeld = asksHumans(decision)
      if (facts === null || (isRefused(decision) && !isHeld)) return this.#judge.refuse(text, decision, false)
      const prepared: Prepared = { name, text, facts, types: types.length === 0 ? noTypes : Buffer.from(types), shape: null, describedIn: -1, describedEpoch: -1 }
      const answer: Answer = { kind: 'parse', expected: this.#session.prepared.expect(name, prepared, this.#session.batch) }
      this.#session.answers.push(answer)
      return isHeld ? this.#inlet.keepBack(this.#reader, answer) : this.#forward()
    })
  }

  #bind(): Done {
    const bind = decodeBind(this.#reader)
    const found = this.#session.prepared.find(bind.statement, this.#session.batch)
    if (found.kind === 'open') return this.#later(() => this.#bind())
    if (found.kind === 'unknown') return this.#inlet.refuse(unknownName('prepared statement', bind.statement), '', false)
    const prepared = found.value
    if (this.#session.portals.isFull) return this.#inlet.refuse(tooMany('portals'), '', false)
    const facts = factsOf(this.#session, prepared)
    return this.#judge.decided(decideFacts(this.#session, facts, askedFor(() => ({ text: prepared.text, parameters: parameterValues(bind) }))), ({ decision }) => {
      const recordedParameters = 'verdict' in decision && decision.isTainted ? bind.parameters.map((value) => (value === null ? null : '')) : parameterText(bind, prepared.types)
      return this.#judge.judge({
        text: prepared.text, facts, decision, recordedParameters, bound: { bind, prepared }, frame: this.#reader, again: () => this.#bind(),
        go: (command, frame) => {
          this.#expectPortal(bind, prepared, command)
          return this.#inlet.forward(frame)
        },
      })
    })
  }

  #expectPortal(bind: Bind, prepared: Prepared, command: RunningCommand<Decision>): void {
    const { portals, cursors, batch, codeRuns, answers } = this.#session
    const portal: Portal = { name: bind.portal, prepared, resultFormats: bind.resultFormats, command, codeRuns, shape: null, describedIn: -1 }
    // Portals and SQL's cursors share their names: FETCH may read this one.
    answers.push({
      kind: 'bind', expected: portals.expect(bind.portal, portal, batch),
      cursor: cursors.expect(bind.portal, clearedCursor(this.#session, prepared.facts.statements, command), batch),
    })
  }

  #execute(): Done {
    const { portal: name } = decodeExecute(this.#reader)
    const found = this.#session.portals.find(name, this.#session.batch)
    if (found.kind === 'open') return this.#later(() => this.#execute())
    if (found.kind === 'unknown') return this.#inlet.refuse(unknownName('portal', name), '', false)
    const portal = found.value
    const { command, prepared: { text, facts } } = portal
    // The policy may have been replaced since Bind, and what EXECUTE or FETCH names; the same snapshot gives the cached decision.
    return this.#judge.decided(decideFacts(this.#session, factsOf(this.#session, portal.prepared), rowsOf(command.decision)), ({ decision }) => {
      // Humans were asked at Bind, for one run of it; what is left of that run goes on, also after PortalSuspended.
      const refusal = refusalNow(decision, clearanceOfRun(this.#session, command, decision))
      if (refusal !== null || !('verdict' in decision)) return this.#judge.refuse(text, refusal?.kind === 'needs-approval' ? bindAgain(refusal) : decision, false)
      // Code can close a portal and open another of its name; nobody approved that.
      if (command.clearance !== null && portal.codeRuns !== this.#session.codeRuns) return this.#judge.refuse(text, reopened, false)
      command.decision = decision
      this.#inlet.release()
      this.#ensureShape(portal)
      this.#starts({ kind: 'execute', portal, ...this.#running(text, facts, command) }, text)
      portal.codeRuns = this.#session.codeRuns
      return this.#forward()
    })
  }

  /** Rows must not arrive before their description: where the client did not ask for it, we do, and keep the answer. */
  #ensureShape(portal: Portal): void {
    if (!this.#session.access().looksIntoRows || !lacksShape(this.#session, portal)) return
    portal.describedIn = this.#session.batch
    this.#session.answers.push({ kind: 'describe', of: portal, epoch: this.#session.epoch, isOurs: true })
    this.#inlet.add(encodeDescribe('P', portal.name))
  }

  #describe(): Done {
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

  #copy(): undefined {
    const { type, start, end } = this.#reader
    const objection = this.#copying.objectionTo(this.#reader)
    // The server ends the COPY with this as its reason, and ignores what the client still sends.
    if (objection !== null) return this.#inlet.add(encodeCopyFail(objection.message))
    if (type !== frontend.copyData) this.#copying.clientEnds()
    const head = this.#session.answers.head
    if (head?.kind === 'query' || head?.kind === 'execute') head.command.bytes += end - start
    return this.#forward()
  }

  #terminate(): undefined {
    this.#session.isTerminating = true
    this.#forward()
    this.#inlet.send()
    // What was sent before it is still answered; the upstream then closes, which ends the session.
  }

  #isTooLong(text: string): boolean {
    return text.length > statementBytesMax || this.#reader.end - this.#reader.start > statementBytesMax + 1024
  }

  #running(text: string, facts: SqlFacts, command: RunningCommand<Decision>): Started {
    const { seconds } = command.decision.verdict.limit
    return {
      command, rows: null, isCut: false, copyIn: copyInOf(facts), names: nameEffects(this.#session, { text, statements: facts.statements, command }),
      timer: seconds === null ? null : setTimeout(() => { void this.#session.cancel() }, seconds * 1000),
    }
  }

  #starts(running: RunningAnswer, text: string): void {
    const { decision } = running.command
    this.#session.answers.push(running)
    this.#copying.starts(running)
    this.#session.settings.note(text, decision)
    this.#session.noteEffects(decision)
  }

  #forward(): undefined {
    return this.#inlet.forward(this.#reader)
  }

  /** The same message again, once the upstream has answered more. */
  #later(again: () => Done): Promise<void> {
    this.#inlet.send()
    return this.#session.answered().then(() => (this.#session.session.isEnded || this.#session.answers.isSkipping ? undefined : again()))
  }
}

/** Of an answer that runs: what a Query and an Execute have alike. */
type Started = Pick<RunningAnswer, 'command' | 'rows' | 'isCut' | 'timer' | 'copyIn' | 'names'>

function isRefused(decision: Decision | Refusal): boolean {
  return !('verdict' in decision) || decision.refusal !== null
}
