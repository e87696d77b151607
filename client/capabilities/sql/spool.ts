// The rows of one result on disk, so that a million of them cost the app a few megabytes. The file is this user's alone and
// has no name while it is open (where the platform allows that), so nothing is left behind when we die.
//
//   file  = row*            row = length:u32 (of what follows) cell*
//   cell  = length:i32 (-1: NULL) bytes (UTF-8)
import { randomBytes } from 'node:crypto'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { GatehouseError } from '../../../shared/errors.ts'
import type { Cell } from '../../../shared/ipc.ts'
import { privateFolder } from '../../files.ts'
import { cellCharactersMax, pageBytesMax, spoolBytesMax, spoolChunkBytes, spoolIndexBytes, spoolIndexRows, spoolPendingBytesMax } from '../../limits.ts'

interface Mark { readonly row: number; readonly offset: number }

export async function openSpool(folder: string): Promise<Spool> {
  const path = join(await privateFolder(folder), `result-${randomBytes(8).toString('hex')}`)
  const file = await open(path, 'wx+', 0o600)
  const isNameless = process.platform !== 'win32'
  if (isNameless) await rm(path)
  return new Spool(file, isNameless ? null : path)
}

export class Spool {
  readonly #file: FileHandle
  readonly #path: string | null
  readonly #marks: Mark[] = []
  #chunk = Buffer.allocUnsafe(spoolChunkBytes)
  #filled = 0
  #rows = 0
  /** Bytes taken, on disk or on their way. */
  #bytes = 0
  #written = 0
  #writing: Promise<void> = Promise.resolve()
  #failure: unknown = null
  #isClosed = false

  constructor(file: FileHandle, path: string | null) {
    this.#file = file
    this.#path = path
  }

  get rows(): number {
    return this.#rows
  }

  /** More waits for the disk than should: stop reading from the server until `drained`. */
  get isBehind(): boolean {
    return this.#bytes - this.#written > spoolPendingBytesMax
  }

  /** Rejects with limit_exceeded past spoolBytesMax, or with what the disk said. */
  append(row: readonly Cell[]): void {
    if (this.#failure !== null) throw this.#failure
    const lengths = row.map((cell) => cell === null ? -1 : Buffer.byteLength(cell))
    const size = lengths.reduce((sum, length) => sum + 4 + Math.max(length, 0), 0)
    if (this.#bytes + size > spoolBytesMax) {
      throw new GatehouseError('limit_exceeded', `the result is larger than ${spoolBytesMax} bytes (spoolBytesMax); select fewer rows or columns`, { side: 'client' })
    }
    this.#mark()
    const chunk = this.#room(4 + size)
    let at = chunk.writeUInt32BE(size, this.#filled)
    for (const [index, cell] of row.entries()) {
      at = chunk.writeInt32BE(lengths[index]!, at)
      if (cell !== null) at += chunk.write(cell, at)
    }
    this.#filled = at
    this.#bytes += 4 + size
    this.#rows++
  }

  #mark(): void {
    const last = this.#marks.at(-1)
    const isDue = last === undefined || this.#rows - last.row >= spoolIndexRows || this.#bytes - last.offset >= spoolIndexBytes
    if (isDue) this.#marks.push({ row: this.#rows, offset: this.#bytes })
  }

  #room(bytes: number): Buffer {
    if (this.#filled + bytes > this.#chunk.length) {
      this.#send()
      this.#chunk = Buffer.allocUnsafe(Math.max(bytes, spoolChunkBytes))
      this.#filled = 0
    }
    return this.#chunk
  }

  #send(): void {
    if (this.#filled === 0) return
    const ready = this.#chunk.subarray(0, this.#filled)
    this.#chunk = this.#chunk.subarray(this.#filled)
    this.#filled = 0
    this.#writing = this.#writing.then(async () => {
      if (this.#failure !== null || this.#isClosed) return
      try {
        for (let at = 0; at < ready.length;) at += (await this.#file.write(ready, at, ready.length - at, this.#written + at)).bytesWritten
        this.#written += ready.length
      } catch (error) {
        this.#failure = new GatehouseError('not_permitted', `the result cannot be kept on disk (${(error as NodeJS.ErrnoException).code ?? 'unknown'}); is it full?`, { side: 'client', cause: error })
      }
    })
  }

  /** All rows so far are readable. */
  async drained(): Promise<void> {
    this.#send()
    await this.#writing
    if (this.#failure !== null) throw this.#failure
  }

  /** Rows from `offset`; fewer than `count` at the end, or where they weigh more than pageBytesMax (at least one comes). */
  async page(offset: number, count: number): Promise<Cell[][]> {
    if (offset >= this.#rows || count === 0 || this.#isClosed) return []
    await this.drained()
    const mark = this.#markOf(offset)
    const rows: Cell[][] = []
    let weight = 0
    let row = mark.row
    for await (const body of this.#rowsFrom(mark.offset)) {
      if (row++ < offset) continue
      rows.push(decodeRow(body))
      weight += body.length
      if (rows.length === count || weight >= pageBytesMax) break
    }
    return rows
  }

  /** The last mark at or before a row. */
  #markOf(row: number): Mark {
    let [low, high] = [0, this.#marks.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#marks[middle]!.row <= row) low = middle
      else high = middle - 1
    }
    return this.#marks[low]!
  }

  async *#rowsFrom(start: number): AsyncGenerator<Buffer> {
    const until = this.#written
    let held: Buffer = Buffer.alloc(0)
    let next = start
    while (next < until || held.length > 0) {
      while (held.length < 4 || held.length < 4 + held.readUInt32BE(0)) {
        const wanted = held.length < 4 ? 0 : 4 + held.readUInt32BE(0) - held.length
        const piece = await this.#read(next, Math.min(Math.max(wanted, spoolChunkBytes), until - next))
        if (piece.length === 0) return
        held = held.length === 0 ? piece : Buffer.concat([held, piece])
        next += piece.length
      }
      const end = 4 + held.readUInt32BE(0)
      yield held.subarray(4, end)
      held = held.subarray(end)
    }
  }

  async #read(at: number, length: number): Promise<Buffer> {
    if (length <= 0 || this.#isClosed) return Buffer.alloc(0)
    const { buffer, bytesRead } = await this.#file.read(Buffer.allocUnsafe(length), 0, length, at)
    return buffer.subarray(0, bytesRead)
  }

  async dispose(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#writing
    await this.#file.close()
    if (this.#path !== null) await rm(this.#path, { force: true })
  }
}

function decodeRow(body: Buffer): Cell[] {
  const row: Cell[] = []
  for (let at = 0; at < body.length;) {
    const length = body.readInt32BE(at)
    at += 4
    if (length < 0) row.push(null)
    else row.push(shown(body.toString('utf8', at, at += length)))
  }
  return row
}

/** A cell of many megabytes would stop any page: it is cut, and says so in itself. */
function shown(text: string): string {
  return text.length <= cellCharactersMax ? text : `${text.slice(0, cellCharactersMax)}… [cut for display: ${text.length} characters]`
}
