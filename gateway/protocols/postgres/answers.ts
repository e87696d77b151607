// What the upstream still owes: one entry for each forwarded message that gets an answer, in order. The head says whose rows,
// descriptions and errors arrive now; an answer that does not fit the head is a protocol violation, and closes the session.
import type { SqlFacts, SqlStatement } from '../../../shared/command.ts'
import type { Decision } from '../../pipeline/access.ts'
import type { RunningCommand } from '../../pipeline/handle-output.ts'
import type { Field } from './codec/backend.ts'
import type { CopyIn } from './copy-in.ts'
import type { Expected } from './names.ts'
import type { RowTreatment } from './row-rewriter.ts'

/** A row shape: the RowDescription as it came, decoded when first needed. `epoch`: of the session when it was asked for. */
export interface Shape { readonly key: Buffer; readonly fields: readonly Field[]; readonly epoch: number }

/** Of a statement that gives no rows. */
export const noShape: Shape = { key: Buffer.alloc(0), fields: [], epoch: -1 }

/** A statement prepared by Parse. */
export interface Prepared {
  readonly name: string
  readonly text: string
  readonly facts: SqlFacts
  /** Oids of its parameters' types (Int32 each): as Parse declared them, and once it was described as the server has them. */
  types: Buffer
  /** Its facts with the doubt that code may have redefined the name; made when first needed. */
  doubted?: SqlFacts
  shape: Shape | null
  /** The batch in which the client (or we) last asked for its description, and the epoch it was asked in. */
  describedIn: number
  describedEpoch: number
}

/** A portal made by Bind. */
export interface Portal {
  readonly name: string
  readonly prepared: Prepared
  readonly resultFormats: readonly number[]
  readonly command: RunningCommand<Decision>
  /** PostgresSession.codeRuns as it was when the portal was made, or ran itself. */
  codeRuns: number
  shape: Shape | null
  describedIn: number
}

/** How rows of a running command are treated; made when its shape is known. */
export interface RowPlan { readonly shape: Shape; readonly client: RowTreatment | null; readonly record: RowTreatment | null; readonly isSame: boolean }

/** Something that runs and may give rows: a Query or an Execute. */
interface Running {
  readonly command: RunningCommand<Decision>
  rows: RowPlan | null
  /** It exceeded a limit: the client has its error, the rest of its output is dropped. */
  isCut: boolean
  timer: NodeJS.Timeout | null
  /** It may ask the client for data. */
  readonly copyIn: CopyIn | null
}

export type Answer =
  | ({ readonly kind: 'query'; readonly text: string; readonly statements: readonly SqlStatement[]; completed: number; isFailed: boolean; lastTag: string; readonly names: readonly NameEffect[] } & Running)
  | ({ readonly kind: 'execute'; readonly portal: Portal; readonly names: readonly NameEffect[] } & Running)
  | { readonly kind: 'parse'; readonly expected: Expected<Prepared> }
  /** `cursor`: the portal is one of SQL's cursors too. */
  | { readonly kind: 'bind'; readonly expected: Expected<Portal>; readonly cursor: Expected<readonly SqlStatement[]> }
  | { readonly kind: 'describe'; readonly of: Prepared | Portal | null; readonly epoch: number; /** Ours, not the client's: the answer is swallowed. */ readonly isOurs: boolean }
  | { readonly kind: 'close'; readonly target: 'statement' | 'portal'; readonly name: string }
  /** A statement of ours that must fail, put in the place of a refused one; its error becomes the refusal. */
  | { readonly kind: 'refused'; readonly error: Buffer; readonly isQuery: boolean; isSaid: boolean }
  | { readonly kind: 'sync' }

/** What a SQL-level PREPARE or DECLARE at place `statement` of a Query, or run by an Execute, defines when it completes. */
export interface NameEffect { readonly statement: number; settle(happened: boolean): void }

export type RunningAnswer = Extract<Answer, Running>

export class AnswerQueue {
  #entries: Answer[] = []
  #head = 0
  /** The server skips everything until the next Sync, which has not been sent yet. */
  isSkipping = false

  get head(): Answer | undefined {
    return this.#entries[this.#head]
  }

  get length(): number {
    return this.#entries.length - this.#head
  }

  push(entry: Answer): void {
    this.#entries.push(entry)
  }

  shift(): Answer | undefined {
    const entry = this.#entries[this.#head]
    if (entry === undefined) return undefined
    this.#head++
    if (this.#head === this.#entries.length) {
      // An idle session holds no array of its busiest moment.
      this.#entries = this.#head > 64 ? [] : ((this.#entries.length = 0), this.#entries)
      this.#head = 0
    }
    return entry
  }

  /** After an error in the extended protocol: drops what the server skips, up to the Sync if it is here. */
  skipToSync(dropped: (entry: Answer) => void): void {
    while (this.head !== undefined && this.head.kind !== 'sync') dropped(this.shift()!)
    if (this.head === undefined) this.isSkipping = true
  }

  *[Symbol.iterator](): Generator<Answer> {
    for (let i = this.#head; i < this.#entries.length; i++) yield this.#entries[i]!
  }
}
