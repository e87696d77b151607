// The files of the journal while they are written: appends whole batches, begins new segments, brings them to the disk off the loop.
// It knows nothing of turns or actions (journal.ts); every method that fails leaves it unusable, and its owner stops.
import type { BatchBuilder, BuiltBatch } from './batch-builder.ts'
import { digestHex, digestOf, encodeSegmentHead, type Digest } from './format.ts'
import { writeIndex } from './index-files.ts'
import type { Tail } from './seal.ts'
import { segmentPath, type JournalFs } from './segment-files.ts'
import { SegmentIndex } from './segment-index.ts'

/** Where the journal stands: whoever keeps it elsewhere can show later that nothing before it was changed. */
export interface JournalHead { readonly segment: number; readonly batches: number; readonly hash: string }

export interface SegmentWriterOptions {
  readonly dir: string
  readonly gateway: string
  readonly fs: JournalFs
  readonly segmentBytesMax: number
  readonly onSegment: (segment: number) => void
  readonly onIndexFailure: (segment: number, error: unknown) => void
}

interface Retired { readonly fd: number; readonly segment: number; readonly bytes: number }

export class SegmentWriter {
  readonly #options: SegmentWriterOptions
  readonly #indexes = new Map<number, SegmentIndex>()
  readonly #indexWrites = new Set<Promise<void>>()
  #retired: Retired[] = []
  #fd = -1
  #segment: number
  #offset = 0
  #batches = 0
  #digest: Digest
  #isFolderDirty = false
  #isDirty = false

  constructor(options: SegmentWriterOptions, tail: Tail) {
    this.#options = options
    this.#segment = tail.segment
    this.#digest = tail.digest
    this.#begin()
  }

  get isDirty(): boolean {
    return this.#isDirty
  }

  head(): JournalHead {
    return { segment: this.#segment, batches: this.#batches, hash: digestHex(this.#digest) }
  }

  /** The index of a segment that has none beside it yet: the one being written, and those just closed. */
  index(segment: number): SegmentIndex | null {
    return this.#indexes.get(segment) ?? null
  }

  /** Finishes the builder's batch and gives it to the kernel. Throws what the file system said. */
  append(builder: BatchBuilder): void {
    const batch = this.#finish(builder)
    this.#write(batch.bytes)
    this.#appended(batch)
  }

  /** The same off the loop. Nothing else may be appended before `done`; the builder may go on. */
  appendLater(builder: BatchBuilder, done: (error: Error | null) => void): void {
    const batch = this.#finish(builder)
    builder.leaveBuffer()
    this.#writeLater(batch.bytes, 0, (error) => {
      if (error === null) this.#appended(batch)
      done(error)
    })
  }

  #finish(builder: BatchBuilder): BuiltBatch {
    if (this.#offset + builder.length > this.#options.segmentBytesMax && this.#batches > 0) {
      this.#retire()
      this.#begin()
    }
    return builder.finish(this.#batches, this.#digest)
  }

  #appended({ bytes, digest, placed }: BuiltBatch): void {
    this.#indexes.get(this.#segment)?.add(placed, this.#offset)
    this.#offset += bytes.length
    this.#digest = digest
    this.#batches++
    this.#isDirty = true
  }

  /** One fdatasync for all that was appended before this call. */
  sync(done: (error: Error | null) => void): void {
    this.#isDirty = false
    const retired = this.#retired.splice(0)
    const fds = retired.map(({ fd }) => fd)
    if (this.#fd !== -1) fds.push(this.#fd)
    const steps: Step[] = fds.map((fd) => (next) => this.#options.fs.fdatasync(fd, next))
    if (this.#isFolderDirty) steps.push((next) => this.#options.fs.fsyncDirectory(this.#options.dir, next))
    this.#isFolderDirty = false
    inOrder(steps, (error) => {
      for (const segment of retired) this.#finishSegment(segment)
      done(error)
    })
  }

  /** No more appends; the next `sync` closes the file. */
  end(): void {
    if (this.#fd !== -1) this.#retire()
  }

  /** Waits for the indexes to be written, and closes what is open. */
  async dispose(): Promise<void> {
    this.end()
    for (const { fd } of this.#retired.splice(0)) this.#options.fs.close(fd, ignored)
    await Promise.all(this.#indexWrites)
  }

  #begin(): void {
    const number = this.#segment + 1
    const head = encodeSegmentHead({ number, createdAt: Date.now(), prev: this.#digest, gateway: this.#options.gateway })
    // Exclusive: two gateways on one folder must not write into each other's chain.
    this.#fd = this.#options.fs.openSync(segmentPath(this.#options.dir, number), 'ax', 0o600)
    this.#segment = number
    this.#write(head)
    this.#offset = head.length
    this.#batches = 0
    this.#digest = digestOf(head)
    this.#indexes.set(number, new SegmentIndex())
    this.#isFolderDirty = true
    this.#isDirty = true
    this.#options.onSegment(number)
  }

  #retire(): void {
    this.#retired.push({ fd: this.#fd, segment: this.#segment, bytes: this.#offset })
    this.#fd = -1
    this.#isDirty = true
  }

  /** A short write is no error yet: the next one says why (ENOSPC, EFBIG). */
  #write(bytes: Buffer): void {
    let written = 0
    while (written < bytes.length) {
      const more = this.#options.fs.writeSync(this.#fd, bytes, written, bytes.length - written)
      if (more <= 0) throw new Error('the file takes no more bytes')
      written += more
    }
  }

  #writeLater(bytes: Buffer, written: number, done: (error: Error | null) => void): void {
    if (written === bytes.length) { done(null); return }
    this.#options.fs.write(this.#fd, bytes, written, bytes.length - written, (error, more) => {
      if (error !== null) done(error)
      else if (more <= 0) done(new Error('the file takes no more bytes'))
      else this.#writeLater(bytes, written + more, done)
    })
  }

  #finishSegment({ fd, segment, bytes }: Retired): void {
    this.#options.fs.close(fd, ignored)
    const index = this.#indexes.get(segment)
    if (index === undefined) return
    const write = writeIndex(this.#options.dir, segment, index.encode(bytes))
      .then(() => { this.#indexes.delete(segment) }, (error: unknown) => this.#options.onIndexFailure(segment, error))
      .finally(() => this.#indexWrites.delete(write))
    this.#indexWrites.add(write)
  }
}

type Step = (next: (error: Error | null) => void) => void

function inOrder(steps: readonly Step[], done: (error: Error | null) => void): void {
  const [first, ...rest] = steps
  if (first === undefined) done(null)
  else first((error) => (error === null ? inOrder(rest, done) : done(error)))
}

/** Closing a file that was synced, or that failed, has nothing left to say. */
function ignored(): void {}
