// Bytes that have come and are not yet a whole frame. A frame that lies in one chunk is read where it lies; one that is cut is put
// together in a buffer that grows with what came, never with what a length promises.

const empty = Buffer.alloc(0)

export class Unread {
  #bytes: Buffer = empty
  #from = 0
  #to = 0
  /** The buffer is ours, so that more may be written behind `#to`. What lies before it is never written again: views of it stay. */
  #isOwn = false

  get length(): number {
    return this.#to - this.#from
  }

  push(chunk: Buffer): void {
    if (this.length === 0) {
      this.#bytes = chunk
      this.#from = 0
      this.#to = chunk.length
      this.#isOwn = false
      return
    }
    if (!this.#isOwn || this.#to + chunk.length > this.#bytes.length) this.#grow(chunk.length)
    chunk.copy(this.#bytes, this.#to)
    this.#to += chunk.length
  }

  /** The next `count` bytes, still unread; null when they have not all come. */
  peek(count: number): Buffer | null {
    return this.length < count ? null : this.#bytes.subarray(this.#from, this.#from + count)
  }

  /** The same, and they are read. */
  take(count: number): Buffer | null {
    const bytes = this.peek(count)
    if (bytes !== null) this.#from += count
    return bytes
  }

  #grow(more: number): void {
    const { length } = this
    const grown = Buffer.allocUnsafe(Math.max(length * 2, length + more))
    this.#bytes.copy(grown, 0, this.#from, this.#to)
    this.#bytes = grown
    this.#from = 0
    this.#to = length
    this.#isOwn = true
  }
}
