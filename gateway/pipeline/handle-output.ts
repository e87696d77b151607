// masked output → recorder.output, within a cap per command; and the result when the command ends. Rows are counted against
// the limits of the verdict here, for a limit is an obligation of the command and not of its protocol.
import { recordedOutputBytesMax } from '../limits.ts'
import { resultFrame } from './command-frames.ts'
import type { Clearance } from './clearance.ts'
import type { Judgement } from './judgement.ts'
import type { Refusal } from './refusal.ts'
import type { Session } from './session.ts'

export class RunningCommand<D extends Judgement = Judgement> {
  readonly id: string
  /** Replaced when the policy is, while it runs. */
  decision: D
  readonly startedAt = Date.now()
  rows = 0
  bytes = 0
  /** It has given all it has: what runs under its name after that would be another command. */
  isComplete = false
  /** Why it runs although policy says `approve`; null: policy allows it by itself. */
  readonly clearance: Clearance | null
  readonly #session: Session
  #recorded = 0
  #isFinished = false

  constructor(session: Session, id: string, decision: D, clearance: Clearance | null = null) {
    this.#session = session
    this.id = id
    this.decision = decision
    this.clearance = clearance
  }

  /** Bytes of output the recording still takes. */
  get recordableBytes(): number {
    return recordedOutputBytesMax - this.#recorded
  }

  /** Whole masked messages, at most `recordableBytes` of them; what the cap leaves out is counted by `bytes`. */
  record(chunks: readonly Uint8Array[], length: number): void {
    if (length === 0) return
    this.#recorded += length
    this.#session.recorder.bytes('out', 'output', chunks)
  }

  /** Something about the command that who reads the recording should know. */
  note(text: string): void {
    this.#session.recorder.json('control', 'notice', { command: this.id, text })
  }

  /** Said once, when output no longer fits. */
  truncate(): void {
    if (this.#recorded >= recordedOutputBytesMax) return
    this.#recorded = recordedOutputBytesMax
    this.#session.recorder.json('control', 'truncated', { command: this.id, limit: 'recordedOutputBytesMax', bytesMax: recordedOutputBytesMax })
  }

  /** Null while within the row limit; else the refusal to put to the client, and the command must be stopped. */
  exceedsRows(): Refusal | null {
    const max = this.decision.verdict.limit.rows
    if (max === null || this.rows <= max) return null
    return { kind: 'limit', message: `the result has more than ${max} rows, the limit of your access`, hint: 'Narrow the statement, or add a LIMIT.' }
  }

  /** `status`: the command tag, `error <SQLSTATE>`, `refused`, `not run`. Once; later calls say nothing. */
  finish(status: string): void {
    if (this.#isFinished) return
    this.#isFinished = true
    this.#session.recorder.jsonText('control', 'result', resultFrame({ command: this.id, status, rows: this.rows, bytes: this.bytes, ms: Date.now() - this.startedAt }))
  }
}
