// The writer. Frames of all sessions of one turn of the event loop go to the kernel with one write at its end; only then do the
// actions run that had to wait for them (sending a command upstream). docs/adr/0002 says why a write on the loop and not a thread.
// What cannot be written ends the journal for good: nothing is dropped, nothing is tried again (fsync tells an error only once).
import { chmodSync, mkdirSync } from 'node:fs'
import { GatehouseError } from '../../shared/errors.ts'
import type { FrameDirection, FrameKind } from '../../shared/recording.ts'
import { journalBatchBytesMax, journalBytesMax, journalSyncMs, journalWaitingBytesMax } from '../limits.ts'
import { BatchBuilder, newChain, type Chain } from './batch-builder.ts'
import { DiskPace } from './disk-pace.ts'
import { frameDirections, frameKinds } from './format.ts'
import type { Journal, Recorder } from './recorder.ts'
import { sealTail } from './seal.ts'
import { nodeFs, type JournalFs } from './segment-files.ts'
import type { SegmentIndex } from './segment-index.ts'
import { SegmentWriter, type JournalHead } from './segment-writer.ts'

/** `kernel`: an action runs once its record is with the kernel (a crash of the gateway loses nothing); `disk`: once it is on the disk. */
export type JournalMode = 'kernel' | 'disk'

/** For the log and the metrics; never payloads. */
export type JournalEvent =
  | { readonly kind: 'torn-tail' | 'damaged-tail'; readonly segment: number; readonly wholeBytes: number }
  /** A write took so long that the next ones leave the loop; or they come back to it. */
  | { readonly kind: 'slow-disk' | 'quick-disk' }
  | { readonly kind: 'segment'; readonly segment: number }
  | { readonly kind: 'index-failed'; readonly segment: number; readonly error: unknown }
  | { readonly kind: 'action-threw'; readonly error: unknown }
  | { readonly kind: 'failed'; readonly error: Error }

export interface JournalOptions {
  readonly dir: string
  /** Written into each segment: which gateway's record this is. */
  readonly gateway?: string
  readonly mode?: JournalMode
  readonly onEvent?: (event: JournalEvent) => void
  readonly fs?: JournalFs
  readonly segmentBytesMax?: number
}

export interface OpenJournal extends Journal {
  readonly dir: string
  /** The index of a segment that has none beside it yet; null of any other. */
  index(segment: number): SegmentIndex | null
  head(): JournalHead
}

/** Rejects with recorder_failed when the folder cannot be written: then no gateway starts. */
export async function openJournal(options: JournalOptions): Promise<OpenJournal> {
  try {
    mkdirSync(options.dir, { recursive: true, mode: 0o700 })
    chmodSync(options.dir, 0o700)
    const tail = await sealTail(options.dir)
    if (tail.state !== 'whole') {
      options.onEvent?.({ kind: tail.state === 'torn' ? 'torn-tail' : 'damaged-tail', segment: tail.segment, wholeBytes: tail.wholeBytes })
    }
    const writer = new SegmentWriter({
      dir: options.dir, gateway: options.gateway ?? '', fs: options.fs ?? nodeFs, segmentBytesMax: options.segmentBytesMax ?? journalBytesMax,
      onSegment: (segment) => options.onEvent?.({ kind: 'segment', segment }),
      onIndexFailure: (segment, error) => options.onEvent?.({ kind: 'index-failed', segment, error }),
    }, tail)
    return new TurnJournal(options, writer)
  } catch (error) {
    throw new GatehouseError('recorder_failed', `the journal in ${options.dir} cannot be written (${reasonOf(error)}); check its disk, its rights and that no other gateway uses it`, { cause: error })
  }
}

interface Waiting { readonly action: () => void; readonly failed: (error: Error) => void }

class TurnJournal implements OpenJournal {
  readonly dir: string
  readonly #mode: JournalMode
  readonly #tell: (event: JournalEvent) => void
  readonly #writer: SegmentWriter
  readonly #builder = new BatchBuilder()
  readonly #sessions = new Set<string>()
  readonly #listeners = new Set<(error: Error) => void>()
  #waiting: Waiting[] = []
  /** Mode `disk`: actions whose record the kernel has and the disk may not. */
  #unsynced: Waiting[] = []
  readonly #pace = new DiskPace()
  #isScheduled = false
  /** A batch is being written off the loop; what comes meanwhile waits for the next. */
  #isWriting = false
  /** While an fdatasync is under way: the actions whose record it brings to the disk. */
  #syncing: Waiting[] | null = null
  #syncTimer: NodeJS.Timeout | null = null
  #idle: (() => void)[] = []
  #failure: GatehouseError | null = null
  #isEnded = false

  constructor(options: JournalOptions, writer: SegmentWriter) {
    this.dir = options.dir
    this.#mode = options.mode ?? 'kernel'
    this.#tell = options.onEvent ?? (() => {})
    this.#writer = writer
    this.#scheduleSync()
  }

  recorder(session: string): Recorder {
    this.#assertWritable()
    const chain = newChain(session)
    let isClosed = false
    const assertOpen = () => {
      this.#assertWritable()
      if (isClosed) throw new GatehouseError('internal', `session ${session} is closed in the record; nothing may follow`)
      // With its first frame, not before: a session that is refused while it opens leaves nothing behind.
      if (chain.seq === 0) this.#claim(session)
    }
    const jsonText: Recorder['jsonText'] = (direction, kind, text) => {
      assertOpen()
      this.#builder.addJson(chain, typeCode(direction, kind), text)
      this.#appended()
    }
    return {
      session, jsonText,
      json: (direction, kind, value) => jsonText(direction, kind, JSON.stringify(value)),
      bytes: (direction, kind, chunks) => {
        assertOpen()
        this.#builder.addBytes(chain, typeCode(direction, kind), chunks)
        this.#appended()
      },
      close: (reason) => {
        if (isClosed) return
        isClosed = true
        this.#closeSession(chain, reason)
      },
    }
  }

  afterFlush(action: () => void, failed: (error: Error) => void): void {
    this.#waiting.push({ action, failed })
    this.#schedule()
  }

  onFailure(listener: (error: Error) => void): () => void {
    this.#listeners.add(listener)
    if (this.#failure !== null) setImmediate(() => this.#tellFailure())
    return () => this.#listeners.delete(listener)
  }

  index(segment: number): SegmentIndex | null {
    return this.#writer.index(segment)
  }

  head(): JournalHead {
    return this.#writer.head()
  }

  /** Writes what is left and the mark of an orderly end, and waits for the disk. */
  async dispose(): Promise<void> {
    if (this.#isEnded) return
    do {
      this.#flush()
      if (this.#isWriting) await new Promise<void>((resolve) => { this.#idle.push(resolve) })
    } while (this.#failure === null && !this.#builder.isEmpty)
    this.#isEnded = true
    if (this.#failure === null) this.#write()
    this.#writer.end()
    if (this.#syncTimer !== null) clearTimeout(this.#syncTimer)
    this.#sync()
    if (this.#syncing !== null) await new Promise<void>((resolve) => { this.#idle.push(resolve) })
    await this.#writer.dispose()
  }

  /** Two chains of one name would be no chain. */
  #claim(session: string): void {
    if (this.#sessions.has(session)) throw new GatehouseError('internal', `session ${session} has a recorder already`)
    this.#sessions.add(session)
  }

  #assertWritable(): void {
    const refusal = this.#refusal()
    if (refusal !== null) throw refusal
  }

  #refusal(): GatehouseError | null {
    if (this.#failure !== null || !this.#isEnded) return this.#failure
    return new GatehouseError('gateway_stopping', 'the gateway is stopping and records nothing more; connect again later')
  }

  /** Never throws: a session that ends because the journal failed must still be able to end. */
  #closeSession(chain: Chain, reason: string): void {
    if (chain.seq === 0) return
    this.#sessions.delete(chain.session)
    if (this.#failure !== null || this.#isEnded) return
    this.#builder.addJson(chain, typeCode('control', 'close'), JSON.stringify({ reason: reason.slice(0, reasonCharactersMax) }))
    this.#schedule()
  }

  #appended(): void {
    this.#schedule()
    if (this.#builder.length <= journalBatchBytesMax) return
    if (!this.#pace.isSlow && !this.#isWriting) this.#write()
    else if (this.#builder.length > journalWaitingBytesMax) this.#fail(new Error('the disk is too slow (journalWaitingBytesMax)'))
    this.#assertWritable()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      if (this.#waiting.length > 0) return this.#endTurn()
      // Nothing waits for these frames (output, results): one turn later the next commands share their write.
      setImmediate(() => this.#endTurn())
    })
  }

  #endTurn(): void {
    this.#isScheduled = false
    this.#flush()
  }

  #flush(): void {
    if (this.#isWriting) return
    if (this.#failure === null && !this.#isEnded && !this.#builder.isEmpty) {
      if (this.#pace.isSlow) return this.#writeLater()
      this.#write()
    }
    this.#settle(this.#waiting.splice(0))
  }

  /** What the actions waited for is with the kernel, or never will be. */
  #settle(waiting: readonly Waiting[]): void {
    const refusal = this.#refusal()
    if (refusal !== null) this.#refuse(waiting, refusal)
    else if (this.#mode === 'disk' && this.#writer.isDirty) this.#unsynced.push(...waiting)
    else if (this.#mode === 'disk' && this.#syncing !== null) this.#syncing.push(...waiting)
    else for (const entry of waiting) this.#run(entry)
    this.#scheduleSync()
  }

  #write(): void {
    const began = performance.now()
    try {
      this.#writer.append(this.#builder)
    } catch (error) {
      this.#fail(error)
    }
    this.#notePace(began)
  }

  #writeLater(): void {
    const began = performance.now()
    const waiting = this.#waiting.splice(0)
    const done = (error: Error | null) => {
      this.#isWriting = false
      this.#notePace(began)
      if (error !== null) this.#fail(error)
      this.#settle(waiting)
      this.#flush()
      if (!this.#isWriting) this.#tellIdle()
    }
    this.#isWriting = true
    try {
      this.#writer.appendLater(this.#builder, done)
    } catch (error) {
      done(error as Error)
    }
  }

  #notePace(began: number): void {
    const change = this.#pace.note(began)
    if (change !== null) this.#tell({ kind: change === 'slow' ? 'slow-disk' : 'quick-disk' })
  }

  #tellIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  #run(entry: Waiting): void {
    try {
      entry.action()
    } catch (error) {
      // One session's failure is not another's: the other actions of the turn still run.
      this.#tell({ kind: 'action-threw', error })
      this.#refuse([entry], error instanceof Error ? error : new GatehouseError('internal', 'what followed a record failed', { cause: error }))
    }
  }

  #refuse(waiting: readonly Waiting[], error: Error): void {
    for (const { failed } of waiting) {
      try {
        failed(error)
      } catch (thrown) {
        this.#tell({ kind: 'action-threw', error: thrown })
      }
    }
  }

  /** Those that wait are told in a turn of their own: the caller whose frame failed is in the middle of something. */
  #fail(error: unknown): void {
    if (this.#failure !== null) return
    const failure = new GatehouseError('recorder_failed', `the recording cannot be written (${reasonOf(error)}), so nothing goes on; make room or repair the disk, then start the gateway again`, { cause: error })
    this.#failure = failure
    this.#tell({ kind: 'failed', error: failure })
    this.#schedule()
    setImmediate(() => {
      this.#refuse(this.#unsynced.splice(0), failure)
      this.#tellFailure()
    })
  }

  #tellFailure(): void {
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    for (const listener of listeners) listener(this.#failure!)
  }

  #scheduleSync(): void {
    if (this.#failure !== null || !this.#writer.isDirty) return
    if (this.#mode === 'disk') this.#sync()
    else this.#syncTimer ??= setTimeout(() => this.#sync(), journalSyncMs).unref()
  }

  #sync(): void {
    this.#syncTimer = null
    if (this.#syncing !== null || this.#failure !== null || !this.#writer.isDirty) return
    const covered = this.#unsynced
    this.#syncing = covered
    this.#unsynced = []
    this.#writer.sync((error) => {
      this.#syncing = null
      if (error !== null) {
        this.#fail(error)
        this.#refuse(covered, this.#failure ?? error)
      } else {
        for (const entry of covered) this.#run(entry)
      }
      if (this.#isEnded) this.#sync()
      else this.#scheduleSync()
      if (this.#syncing === null) this.#tellIdle()
    })
  }
}

const reasonCharactersMax = 1000

/** The two bytes of a frame's direction and kind. */
const typeCode = (direction: FrameDirection, kind: FrameKind): number => (frameDirections.indexOf(direction) << 8) | frameKinds.indexOf(kind)

/** What the file system said (`ENOSPC`), without paths or payloads. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.message : String(error)
}
