// Does a recording still say what was recorded? Reads the segments themselves, offline, and believes nothing but hashes.
// A crash is no damage: it is verified up to the last whole batch, and the report says that the session was not closed.
import type { VerifyReport } from '../../shared/recording.ts'
import { digestHex, framesOf, noDigest, type Digest, type Section } from './format.ts'
import { firstSegmentFor, walkJournal } from './walk.ts'

export interface JournalReport {
  readonly ok: boolean
  readonly segments: number
  readonly batches: number
  readonly sessions: number
  /** Sessions without a `close` frame: open now, or lost in a crash. */
  readonly unclosed: number
  /** Hex journal hash after the last whole batch: compare it with one kept elsewhere to show that no tail was cut off. */
  readonly head: string
  /** The last run of the gateway stopped in order; false while it runs and after a crash. */
  readonly ended: boolean
  /** Segments whose last batch a crash tore: nothing that was forwarded stood in it. */
  readonly torn: readonly number[]
  readonly problems: readonly string[]
}

/** Problems kept in a report: one damaged segment may have a million. */
const problemsMax = 100

export async function verifySession(dir: string, session: string): Promise<VerifyReport> {
  const chain = new SessionCheck(session)
  const problems: string[] = []
  for await (const event of walkJournal(dir, await firstSegmentFor(dir, session))) {
    if (event.kind === 'problem') problems.push(event.what)
    else if (event.kind === 'batch') {
      for (const section of event.batch.sections) if (section.session === session) problems.push(...chain.check(section))
    } else if (chain.isClosed) break
  }
  if (chain.frames === 0) problems.push(`the journal has no frames of ${session}`)
  return { session, ok: problems.length === 0, frames: chain.frames, head: digestHex(chain.head), closed: chain.isClosed, problems: problems.slice(0, problemsMax) }
}

export async function verifyJournal(dir: string): Promise<JournalReport> {
  const open = new Map<string, SessionCheck>()
  const problems: string[] = []
  const torn: number[] = []
  let [segments, batches, sessions, head, isEnded] = [0, 0, 0, noDigest, false]
  for await (const event of walkJournal(dir)) {
    if (event.kind === 'problem') problems.push(event.what)
    else if (event.kind === 'segment') {
      segments++
      head = event.digest
      if (event.isTorn) torn.push(event.segment)
    } else {
      batches++
      isEnded = event.batch.sections.length === 0
      for (const section of event.batch.sections) {
        const known = open.get(section.session)
        const chain = known ?? new SessionCheck(section.session)
        if (known === undefined) sessions++
        open.set(section.session, chain)
        problems.push(...chain.check(section))
        // A frame after the close would begin a chain anew, which does not verify either.
        if (chain.isClosed) open.delete(section.session)
      }
    }
    if (problems.length > problemsMax) break
  }
  return { ok: problems.length === 0, segments, batches, sessions, unclosed: open.size, head: digestHex(head), ended: isEnded, torn, problems: problems.slice(0, problemsMax) }
}

/** One session's chain, section by section. */
class SessionCheck {
  readonly #session: string
  frames = 0
  head: Digest = noDigest
  isClosed = false

  constructor(session: string) {
    this.#session = session
  }

  /** What is wrong with the section as the next one of this session; the chain goes on from it all the same. */
  check(section: Section): string[] {
    const problems: string[] = []
    if (this.isClosed) problems.push(`${this.#session} goes on after its close`)
    if (section.prev !== this.head) problems.push(`frame ${this.frames} of ${this.#session} does not follow what was recorded before it`)
    this.head = section.digest
    try {
      for (const frame of framesOf(section)) {
        if (frame.seq !== this.frames) problems.push(`${this.#session} has frame ${frame.seq} where ${this.frames} belongs`)
        if (this.isClosed) problems.push(`${this.#session} goes on after its close`)
        this.frames = frame.seq + 1
        this.isClosed ||= frame.kind === 'close'
      }
    } catch (error) {
      problems.push(`a section of ${this.#session} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    }
    return problems
  }
}
