// COPY FROM STDIN. While the server reads data it drops Sync and Flush and takes everything else for an error, without an answer of
// its own; a message sent meanwhile would shift every later answer by one. So nothing but data goes upstream until the COPY is over.
// https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY
import type { SqlFacts } from '../../../shared/command.ts'
import { looksMasked, markBytesMax } from '../../masking/marks.ts'
import { maskWrittenBack } from '../../pipeline/admission.ts'
import type { Refusal } from '../../pipeline/refusal.ts'
import type { Answer, RunningAnswer } from './answers.ts'
import { FrameError, type FrameReader } from './codec/frame-reader.ts'
import { frontend } from './codec/types.ts'

/** Of one Query or Execute: how often the server asked for data, and how often the client said that there is no more. */
export interface CopyIn {
  begun: number
  ended: number
  /** The end of what came last, where a mask may begin. */
  tail: Buffer
}

export function copyInOf(facts: SqlFacts): CopyIn | null {
  return facts.statements.some(({ tag, kind }) => tag === 'COPY' && kind === 'insert') ? { begun: 0, ended: 0, tail: Buffer.alloc(0) } : null
}

type Copying = RunningAnswer & { readonly copyIn: CopyIn }

/** The newest command that may ask for COPY data, and what of the client's messages may go upstream because of it. */
export class CopyingIn {
  #newest: Copying | null = null

  starts(running: RunningAnswer): void {
    if (running.copyIn !== null) this.#newest = running as Copying
  }

  turnOf(type: number, answers: Iterable<Answer>): Turn {
    return this.#newest === null ? 'go' : duringCopy(type, this.#newest, answers)
  }

  /** Null: the message may go on. Else the COPY has to fail. */
  objectionTo(frame: DataFrame): Refusal | null {
    if (this.#newest === null || frame.type !== frontend.copyData || !bringsMask(this.#newest, frame)) return null
    this.clientEnds()
    return maskWrittenBack
  }

  /** There is no more data. */
  clientEnds(): void {
    if (this.#newest !== null) this.#newest.copyIn.ended++
  }
}

type DataFrame = Pick<FrameReader, 'type' | 'bytes' | 'start' | 'end'>

/** `go`: send it; `wait`: the server has not said yet what it does; `drop`: the server would ignore it. */
type Turn = 'go' | 'wait' | 'drop'

/** Throws on what has no place in a COPY. */
function duringCopy(type: number, running: Copying, answers: Iterable<Answer>): Turn {
  const { copyIn, kind } = running
  if (isCopyData(type) || type === frontend.flush || type === frontend.terminate) return 'go'
  if (copyIn.begun > copyIn.ended) {
    if (type === frontend.sync) return 'drop'
    throw new FrameError('only COPY data may be sent while a COPY runs')
  }
  // An Execute is one statement, and its end is told only after a Sync; a Query may hold another COPY.
  if (kind === 'execute' && copyIn.ended > 0) return 'go'
  for (const answer of answers) if (answer === running) return 'wait'
  return 'go'
}

/** A mask in the data of a COPY into masked columns, perhaps cut between two messages: rows are not told apart. */
function bringsMask({ copyIn, command }: Copying, { bytes, start, end }: DataFrame): boolean {
  if (!command.decision.writesMasked || copyIn.ended >= copyIn.begun) return false
  const data = Buffer.concat([copyIn.tail, bytes.subarray(start + 5, end)])
  copyIn.tail = Buffer.from(data.subarray(Math.max(0, data.length - markBytesMax)))
  return looksMasked(data)
}

const isCopyData = (type: number): boolean => type === frontend.copyData || type === frontend.copyDone || type === frontend.copyFail
