// COPY FROM STDIN. While the server reads data it drops Sync and Flush and takes everything else for an error, without an answer of
// its own; a message sent meanwhile would shift every later answer by one. So nothing but data goes upstream until the COPY is over.
// https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY
import type { SqlFacts } from '../../../shared/command.ts'
import type { Answer, RunningAnswer } from './answers.ts'
import { FrameError } from './codec/frame-reader.ts'
import { frontend } from './codec/types.ts'

/** Of one Query or Execute: how often the server asked for data, and how often the client said that there is no more. */
export interface CopyIn { begun: number; ended: number }

export function copyInOf(facts: SqlFacts): CopyIn | null {
  return facts.statements.some(({ tag, kind }) => tag === 'COPY' && kind === 'insert') ? { begun: 0, ended: 0 } : null
}

/** `go`: send it; `wait`: the server has not said yet what it does; `drop`: the server would ignore it. Throws on what has no place in a COPY. */
export function duringCopy(type: number, running: RunningAnswer & { readonly copyIn: CopyIn }, answers: Iterable<Answer>): 'go' | 'wait' | 'drop' {
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

export const isCopyData = (type: number): boolean => type === frontend.copyData || type === frontend.copyDone || type === frontend.copyFail
