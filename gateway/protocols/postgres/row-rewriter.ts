// Rewrites DataRow messages in a chunk by the treatments of their columns. Bytes that do not change are never decoded, and
// are copied only where something beside them changed: a chunk in which nothing changes is forwarded as it is.
import { columnsMax } from '../../limits.ts'
import type { Treatment } from '../../masking/plan.ts'
import type { Scanner } from '../../masking/scanner.ts'
import { treated } from '../../masking/treatment.ts'
import { FrameError } from './codec/frame-reader.ts'

export interface RowTreatment {
  /** One per column. */
  readonly treatments: readonly Treatment[]
  readonly scanner: Scanner | null
}

/** Null: every row passes untouched, nothing needs to be looked at. */
export function rowTreatment(treatments: readonly Treatment[], scanner: Scanner | null): RowTreatment | null {
  const needed = treatments.some(({ kind }) => kind === 'replace' || kind === 'transform' || (kind === 'scan' && scanner !== null))
  return needed ? { treatments, scanner } : null
}

/**
 * Collects what one chunk of upstream bytes becomes. `keep` and `row` are called in the order of the bytes; `take` gives the
 * result and begins anew. Runs of kept bytes become views of the source; changed rows are built in buffers of their own.
 */
export class ChunkBuilder {
  #pieces: Buffer[] = []
  #bytes = 0
  /** A run of kept bytes not yet in `pieces`. */
  #source: Buffer | null = null
  #from = 0
  #to = 0
  /** Where changed bytes are written; handed out in views as pieces. */
  #room: Buffer = noRoom
  #taken: Buffer = noRoom
  #roomFrom = 0
  #roomTo = 0

  get bytes(): number {
    return this.#bytes
  }

  /** Where the message that was added last stands now; stable until the process lets go of it. */
  lastSource: Buffer = Buffer.alloc(0)
  lastStart = 0
  lastEnd = 0

  /** `source[from, to)` goes on as it is. */
  keep(source: Buffer, from: number, to: number): void {
    this.#bytes += to - from
    this.#last(source, from, to)
    if (this.#roomTo > this.#roomFrom && to - from < copyBelowBytes) {
      // Between two changed rows a short untouched one is cheaper copied than sent as a piece of its own.
      this.#reserve(to - from)
      this.#roomTo += source.copy(this.#room, this.#roomTo, from, to)
      return
    }
    if (this.#source === source && this.#to === from) {
      this.#to = to
      return
    }
    this.#flushRun()
    this.#flushRoom()
    this.#source = source
    this.#from = from
    this.#to = to
  }

  add(message: Buffer): void {
    this.keep(message, 0, message.length)
  }

  /** The DataRow `source[start, end)` under `treatment`. */
  row(source: Buffer, start: number, end: number, { treatments, scanner }: RowTreatment): void {
    const count = source.readInt16BE(start + 5)
    if (count !== treatments.length || count > columnsMax) throw new FrameError(`a DataRow has ${count} columns where ${treatments.length} were described`)
    let at = start + 7
    let copied = start
    let rowAt = -1
    for (let column = 0; column < count; column++) {
      if (at + 4 > end) throw new FrameError('a DataRow ends before its last column')
      const length = source.readInt32BE(at)
      const valueEnd = at + 4 + Math.max(length, 0)
      if (length < -1 || valueEnd > end) throw new FrameError('a DataRow has a column longer than itself')
      const treatment = treatments[column]!
      if (length < 0 ? treatment.kind === 'replace' && treatment.hidesNull && treatment.bytes !== null : treatment.kind !== 'clear') {
        const replacement = treated(treatment, scanner, source, at + 4, valueEnd)
        if (replacement !== undefined) {
          if (rowAt < 0) rowAt = this.#beginRow()
          this.#change(source, copied, at, replacement)
          copied = valueEnd
        }
      }
      at = valueEnd
    }
    if (at !== end) throw new FrameError('a DataRow is longer than its columns')
    if (rowAt < 0) this.keep(source, start, end)
    else this.#endRow(source, copied, end, rowAt)
  }

  /** The pieces in order; the builder is empty after it, and their room is theirs until `reuse`. */
  take(): Buffer[] {
    this.#flushRun()
    this.#flushRoom()
    const pieces = this.#pieces
    this.#pieces = []
    this.#bytes = 0
    this.#taken = this.#room
    this.#room = noRoom
    this.#roomFrom = 0
    this.#roomTo = 0
    return pieces
  }

  /** Nobody needs what was taken last any more: its room is written again. Said or not, at bulk speed, is garbage or none. */
  reuse(): void {
    if (this.#room.length === 0 && this.#taken.length <= roomBytesKept) this.#room = this.#taken
    this.#taken = noRoom
  }

  /** The place of the row in the room, as an offset behind `#roomFrom` (the room may move while the row grows). */
  #beginRow(): number {
    this.#flushRun()
    return this.#roomTo - this.#roomFrom
  }

  /** Copies `source[copied, at)` and then a length and value instead of the ones there. */
  #change(source: Buffer, copied: number, at: number, value: Buffer | null): void {
    const valueBytes = value === null ? 0 : value.length
    this.#reserve(at - copied + 4 + valueBytes)
    this.#roomTo += source.copy(this.#room, this.#roomTo, copied, at)
    this.#roomTo = this.#room.writeInt32BE(value === null ? -1 : valueBytes, this.#roomTo)
    if (value !== null) this.#roomTo += value.copy(this.#room, this.#roomTo)
  }

  #endRow(source: Buffer, copied: number, end: number, rowAt: number): void {
    this.#reserve(end - copied)
    this.#roomTo += source.copy(this.#room, this.#roomTo, copied, end)
    const start = this.#roomFrom + rowAt
    const length = this.#roomTo - start
    this.#room.writeInt32BE(length - 1, start + 1)
    this.#bytes += length
    this.#last(this.#room, start, start + length)
  }

  #last(source: Buffer, start: number, end: number): void {
    this.lastSource = source
    this.lastStart = start
    this.lastEnd = end
  }

  #reserve(bytes: number): void {
    if (this.#roomTo + bytes <= this.#room.length) return
    const pending = this.#room.subarray(this.#roomFrom, this.#roomTo)
    this.#room = Buffer.allocUnsafe(Math.max(roomBytes, 2 * (pending.length + bytes)))
    this.#roomTo = pending.copy(this.#room)
    this.#roomFrom = 0
  }

  #flushRun(): void {
    if (this.#source === null) return
    this.#pieces.push(this.#from === 0 && this.#to === this.#source.length ? this.#source : this.#source.subarray(this.#from, this.#to))
    this.#source = null
  }

  #flushRoom(): void {
    if (this.#roomTo === this.#roomFrom) return
    this.#pieces.push(this.#room.subarray(this.#roomFrom, this.#roomTo))
    this.#roomFrom = this.#roomTo
  }
}

const noRoom = Buffer.alloc(0)
/** A fresh room: a read of a socket with some growth. */
const roomBytes = 96 * 1024
/** A single giant row must not stay behind as memory for good. */
const roomBytesKept = 4 * roomBytes
const copyBelowBytes = 512
