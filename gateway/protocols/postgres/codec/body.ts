// Reads the fields of one message body, and says no to a body that does not hold what it claims: every read checks its bounds,
// `end()` checks that nothing is left over.
import { FrameError } from './frame-reader.ts'

export class BodyReader {
  readonly #bytes: Buffer
  readonly #end: number
  #at: number

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  byte(): number {
    return this.#bytes[this.#take(1)]!
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#take(2))
  }

  uint16(): number {
    return this.#bytes.readUInt16BE(this.#take(2))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#take(4))
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#take(4))
  }

  /** A zero-terminated string as UTF-8. */
  string(): string {
    const from = this.#at
    this.skipString()
    return this.#bytes.toString('utf8', from, this.#at - 1)
  }

  skipString(): void {
    const zero = this.#bytes.indexOf(0, this.#at)
    if (zero < 0 || zero >= this.#end) throw new FrameError('a string in a message has no end')
    this.#at = zero + 1
  }

  /** `count` bytes as a view. */
  slice(count: number): Buffer {
    const from = this.#take(count)
    return this.#bytes.subarray(from, from + count)
  }

  get at(): number {
    return this.#at
  }

  get isAtEnd(): boolean {
    return this.#at === this.#end
  }

  end(): void {
    if (this.#at !== this.#end) throw new FrameError(`${this.#end - this.#at} bytes too many in a message`)
  }

  #take(count: number): number {
    const from = this.#at
    // A negative count is a negative length: only -1 means NULL, and whoever reads lengths handles that before (CVE-2026-4427).
    if (count < 0 || from + count > this.#end) throw new FrameError('a message ends before its last field')
    this.#at = from + count
    return from
  }
}
