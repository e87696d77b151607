// Results: row descriptions make a plan, rows are rewritten by it, COPY rows are searched, limits cut. What a command gives is
// counted and recorded here and nowhere else.
import { createCopyMasker, type CopyMasker } from '../../masking/copy-cells.ts'
import type { CopyPlan } from '../../masking/copy-plan.ts'
import { scanCopyRow } from '../../masking/copy-row.ts'
import type { Scanner } from '../../masking/scanner.ts'
import { isSameTreatment } from '../../masking/treatment.ts'
import type { Access, Decision } from '../../pipeline/access.ts'
import { noShape, type Answer, type Portal, type RowPlan, type RunningAnswer, type Shape } from './answers.ts'
import { decodeRowDescription, encodeCopyData } from './codec/backend.ts'
import { FrameError, type FrameReader } from './codec/frame-reader.ts'
import { backend } from './codec/types.ts'
import { maskNotice } from './masker.ts'
import type { Outlet } from './outlet.ts'
import type { PostgresSession } from './postgres-session.ts'
import { refusalMessage } from './refusal.ts'
import { rowTreatment } from './row-rewriter.ts'

/** A COPY TO STDOUT that runs. */
interface CopyOut {
  readonly running: RunningAnswer
  readonly client: CopyMasker | null
  readonly record: CopyMasker | null
  readonly isRecorded: boolean
}

/** A plan, and all that it was made from. */
interface Planned { readonly access: Access; readonly decision: Decision; readonly statement: number; readonly key: Buffer; readonly plan: RowPlan }

export class Results {
  readonly #session: PostgresSession
  readonly #reader: FrameReader
  readonly #outlet: Outlet
  #copyOut: CopyOut | null = null
  /** The newest description and the newest plan: what runs again is described by the same bytes, and planned alike. */
  #described: Pick<Shape, 'key' | 'fields'> = noShape
  #planned: Planned | null = null

  constructor(session: PostgresSession, reader: FrameReader, outlet: Outlet) {
    this.#session = session
    this.#reader = reader
    this.#outlet = outlet
  }

  /** RowDescription, for a Describe (then `isSilent` says whether it is swallowed) or at the head of a Query's rows. */
  description(head: Answer | undefined, isSilent: boolean): void {
    const shape = this.#shape()
    if (head?.kind === 'describe') {
      if (head.of !== null) head.of.shape = { ...shape, epoch: head.epoch }
      if (isSilent) return
      if (head.of !== null && 'command' in head.of) this.#sayMasks(head.of, 0, shape)
      return this.#outlet.forward(this.#reader)
    }
    const running = runningOf(head)
    if (running.isCut) return
    if (running.kind !== 'query') throw new FrameError('a row description came inside an Execute')
    running.rows = this.plan(running, shape)
    this.#sayMasks(running, statementOf(running), shape)
    this.#outlet.forward(this.#reader)
    this.#outlet.count(running)
    this.#outlet.recordSent(running)
  }

  #shape(): Shape {
    const { bytes, start, end } = this.#reader
    const isKnown = this.#described.key.length === end - start && this.#described.key.compare(bytes, start, end) === 0
    if (!isKnown) this.#described = { key: Buffer.from(bytes.subarray(start, end)), fields: decodeRowDescription(this.#reader) }
    return { key: this.#described.key, fields: this.#described.fields, epoch: this.#session.epoch }
  }

  row(running: RunningAnswer): void {
    if (this.#exceeds(running)) return
    running.rows ??= this.#rowsOf(running)
    const { shape, client, record, isSame } = running.rows
    if (shape !== noShape && !hasFields(this.#reader, shape)) throw new FrameError('a row has other columns than were described')
    this.#outlet.row(this.#reader, client)
    this.#outlet.count(running)
    if (isSame) this.#outlet.recordSent(running)
    else this.#outlet.recordRow(running, this.#reader, record)
  }

  plan(running: RunningAnswer, shape: Shape): RowPlan {
    const access = this.#session.access()
    const { decision } = running.command
    const statement = statementOf(running)
    const known = this.#planned
    if (known !== null && known.decision === decision && known.access === access && known.statement === statement && known.key === shape.key) return known.plan
    const { columns, disagreement } = decision.columns(statement, shape.key, () => shape.fields)
    const plan: RowPlan = {
      shape, isSame: columns.every(({ client, record }) => isSameTreatment(client, record)) && access.clientScanner === access.recordScanner,
      client: rowTreatment(columns.map(({ client }) => client), access.clientScanner),
      record: rowTreatment(columns.map(({ record }) => record), access.recordScanner),
    }
    // Said of each command that meets it.
    if (disagreement !== null) running.command.note(disagreement)
    else this.#planned = { access, decision, statement, key: shape.key, plan }
    return plan
  }

  copy(running: RunningAnswer, type: number, isSilent: boolean): void {
    if (type === backend.copyInResponse) {
      if (running.copyIn === null) throw new FrameError('COPY data was asked for, and no COPY runs')
      running.copyIn.begun++
    } else if (type === backend.copyOutResponse) this.#copyOut = this.#copyOutOf(running)
    else if (this.#copyOut?.running !== running) throw new FrameError('COPY data comes without its announcement')
    if (running.isCut || isSilent) return
    if (type === backend.copyData) return this.#copyRow(running, this.#copyOut!)
    // CopyOutResponse (B): Int8 overall format, 1 is binary, in which a finding cannot be replaced.
    const isBinaryOut = type === backend.copyOutResponse && this.#reader.bytes[this.#reader.start + 5] !== 0
    if (isBinaryOut && this.#session.access().clientScanner !== null) {
      return this.#cut(running, refusalMessage({ kind: 'denied', message: 'COPY in binary format cannot be searched for what is masked for you', hint: 'Use the text or CSV format.' }))
    }
    this.#outlet.forward(this.#reader)
  }

  #copyOutOf(running: RunningAnswer): CopyOut {
    const { decision } = running.command
    const at = statementOf(running)
    const form = decision.facts.statements[at]?.copyOut
    if (form === undefined) throw new FrameError('COPY data comes, and no COPY runs')
    const plan = decision.copies(at)
    const masker = (cells: CopyPlan['client']) => (cells === null || form === 'other' ? null : createCopyMasker(form, cells))
    return { running, client: masker(plan?.client ?? null), record: masker(plan?.record ?? null), isRecorded: plan !== null && (plan.record === null || form !== 'other') }
  }

  /** A row of COPY TO STDOUT, masked by its columns and then searched. What could not be masked for the recording is not recorded. */
  #copyRow(running: RunningAnswer, { client, record, isRecorded }: CopyOut): void {
    if (this.#exceeds(running)) return
    const { clientScanner, recordScanner } = this.#session.access()
    const sent = this.#copied(client, clientScanner)
    this.#outlet.send(this.#reader, sent)
    this.#outlet.count(running)
    if (isRecorded) this.#outlet.recordAs(running, this.#reader, record === null && client === null && recordScanner === clientScanner ? sent : this.#copied(record, recordScanner))
  }

  /** The message as it is to be; null: as it came. */
  #copied(masker: CopyMasker | null, scanner: Scanner | null): Buffer | null {
    const { bytes, start, end } = this.#reader
    const masked = masker === null ? null : masker.mask(bytes, start + 5, end)
    const [from, at, to] = masked === null ? [bytes, start + 5, end] : [masked, 0, masked.length]
    const clean = scanner === null ? null : scanCopyRow(scanner, from, at, to)
    const changed = clean ?? masked
    return changed === null ? null : encodeCopyData(changed)
  }

  #exceeds(running: RunningAnswer): boolean {
    running.command.rows++
    const refusal = running.command.exceedsRows()
    if (refusal !== null) this.#cut(running, refusalMessage(refusal))
    return refusal !== null
  }

  /** The command broke a limit: its client gets the error now, and nothing of the rest. */
  #cut(running: RunningAnswer, error: Buffer): void {
    running.isCut = true
    this.#outlet.say(error)
    void this.#session.cancel()
  }

  #sayMasks({ command }: Pick<RunningAnswer, 'command'>, statement: number, shape: Shape): void {
    if (!this.#session.wantsMaskNotices) return
    const notice = maskNotice(shape.fields, command.decision.columns(statement, shape.key, () => shape.fields).columns)
    if (notice !== null) this.#outlet.say(notice)
  }

  /** Rows of an Execute: by the portal's own description, or its statement's with the formats of Bind. */
  #rowsOf(running: RunningAnswer): RowPlan {
    if (running.kind === 'query') throw new FrameError('rows without a description')
    if (!this.#session.access().looksIntoRows) return { shape: noShape, client: null, record: null, isSame: true }
    const shape = running.portal.shape ?? statementShape(running.portal)
    // NoData says there are no rows: a row after it has no plan, and would pass as it is.
    if (shape === null || shape.key.length === 0) throw new FrameError('rows without a description')
    return this.plan(running, shape)
  }
}

/** The head as a command that runs; a result for anything else is a protocol violation. */
export function runningOf(head: Answer | undefined): RunningAnswer {
  if (head?.kind === 'query' || head?.kind === 'execute') return head
  throw new FrameError('a result came for which nothing runs')
}

function hasFields({ bytes, start, end }: FrameReader, { fields }: Shape): boolean {
  return end - start >= 7 && bytes.readInt16BE(start + 5) === fields.length
}

/** Which statement of its text gives rows now. */
function statementOf(running: RunningAnswer): number {
  return running.kind === 'query' ? running.completed : 0
}

/** The statement's description with Bind's formats: none means text, one means it for all (protocol 55.7, Bind). */
function statementShape({ prepared: { shape }, resultFormats }: Portal): Shape | null {
  if (shape === null || resultFormats.length === 0) return shape
  const fields = shape.fields.map((field, index) => ({ ...field, format: resultFormats.length === 1 ? resultFormats[0]! : resultFormats[index] ?? 0 }))
  return { ...shape, fields, key: Buffer.concat([shape.key, Buffer.from(Int16Array.from(resultFormats).buffer)]) }
}
