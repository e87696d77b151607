// Finds message frames in what a socket gave, without copying those that lie whole in one read. Pull, not push: the caller
// stops between two frames when it must wait. A frame is `Byte1 type, Int32 length (itself included), body` (protocol 55.7).

/** What makes a stream unreadable from here on; the session ends. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

const headerBytes = 5

export class FrameReader {
  /** The current frame: `bytes[start]` is its type, the body runs from `start + 5` to `end`. Valid until the next append. */
  type = 0
  bytes: Buffer = empty
  start = 0
  end = 0

  readonly #bytesMax: number
  readonly #chunks: Buffer[] = []
  #chunk: Buffer = empty
  #offset = 0
  /** A frame whose bytes are still arriving: `#partial` has its final size once the header is known. */
  #partial: Buffer | null = null
  #partialLength = 0
  #header: Buffer = empty

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  append(chunk: Buffer): void {
    if (this.#offset < this.#chunk.length) {
      this.#chunks.push(chunk)
      return
    }
    this.#chunk = chunk
    this.#offset = 0
  }

  /** True with the next whole frame in the fields; false when more bytes are needed. Throws FrameError before taking memory for a lie. */
  next(): boolean {
    for (;;) {
      if (this.#partial !== null || this.#header.length > 0) {
        if (this.#fill()) return true
      } else if (this.#inPlace()) return true
      const chunk = this.#chunks.shift()
      if (chunk === undefined) return false
      this.#chunk = chunk
      this.#offset = 0
    }
  }

  /** No byte of an unfinished or unread frame is held. */
  get isEmpty(): boolean {
    return this.#partial === null && this.#header.length === 0 && this.#offset >= this.#chunk.length && this.#chunks.length === 0
  }

  /** Bytes of a chunk are still to be read where they are; of an unfinished frame there is a copy. */
  get holdsChunk(): boolean {
    return this.#offset < this.#chunk.length || this.#chunks.length > 0
  }

  #inPlace(): boolean {
    const chunk = this.#chunk
    const start = this.#offset
    const available = chunk.length - start
    if (available <= 0) return false
    if (available < headerBytes) {
      this.#header = Buffer.from(chunk.subarray(start))
      this.#offset = chunk.length
      return false
    }
    const total = this.#frameBytes(chunk, start)
    if (available >= total) {
      this.#set(chunk, start, start + total)
      this.#offset = start + total
      return true
    }
    this.#begin(chunk, start, total)
    return false
  }

  #fill(): boolean {
    const chunk = this.#chunk
    if (this.#partial === null) {
      const wanted = headerBytes - this.#header.length
      const taken = chunk.subarray(this.#offset, this.#offset + wanted)
      this.#header = Buffer.concat([this.#header, taken])
      this.#offset += taken.length
      if (this.#header.length < headerBytes) return false
      const header = this.#header
      this.#header = empty
      this.#begin(header, 0, this.#frameBytes(header, 0))
    }
    const partial = this.#partial!
    const copied = chunk.copy(partial, this.#partialLength, this.#offset, Math.min(chunk.length, this.#offset + partial.length - this.#partialLength))
    this.#offset += copied
    this.#partialLength += copied
    if (this.#partialLength < partial.length) return false
    this.#partial = null
    this.#set(partial, 0, partial.length)
    return true
  }

  #begin(source: Buffer, start: number, total: number): void {
    this.#partial = Buffer.allocUnsafe(total)
    this.#partialLength = source.copy(this.#partial, 0, start)
    if (source === this.#chunk) this.#offset = source.length
  }

  #frameBytes(source: Buffer, start: number): number {
    const length = source.readInt32BE(start + 1)
    if (length < 4) throw new FrameError(`message ${describeType(source[start]!)} has the impossible length ${length}`)
    if (length + 1 > this.#bytesMax) {
      throw new FrameError(`message ${describeType(source[start]!)} has ${length} bytes; at most ${this.#bytesMax} are taken`)
    }
    return length + 1
  }

  #set(bytes: Buffer, start: number, end: number): void {
    this.type = bytes[start]!
    this.bytes = bytes
    this.start = start
    this.end = end
  }
}

const empty = Buffer.alloc(0)

/** A message type for people: `'Q'`, or its number where it is not a letter or digit. */
export function describeType(type: number): string {
  return /[A-Za-z0-9]/.test(String.fromCharCode(type)) ? `'${String.fromCharCode(type)}'` : `0x${type.toString(16).padStart(2, '0')}`
}
