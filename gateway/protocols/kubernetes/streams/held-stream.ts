// A byte stream through the detectors, whose findings may lie across chunks: the end that may be the beginning of one is held back until
// more comes, or until a pause. After the pause it goes on as it is: a finding whose halves come further apart is not found (SECURITY.md).
import type { Scanner } from '../../../masking/scanner.ts'
import { StreamScanner } from '../../../masking/stream.ts'

export interface HeldStreamOptions {
  readonly scanner: Scanner
  readonly heldMs: number
  /** Gets what may go, never nothing. Must not throw when called after a pause. */
  readonly emit: (bytes: Buffer) => void
}

export class HeldStream {
  readonly #scanner: StreamScanner
  readonly #emit: (bytes: Buffer) => void
  readonly #heldMs: number
  #timer: NodeJS.Timeout | null = null

  constructor({ scanner, heldMs, emit }: HeldStreamOptions) {
    this.#scanner = new StreamScanner(scanner)
    this.#heldMs = heldMs
    this.#emit = emit
  }

  push(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#give(this.#scanner.push(bytes))
    if (this.#timer === null) this.#timer = setTimeout(() => this.#paused(), this.#heldMs).unref()
    else this.#timer.refresh()
  }

  /** Nothing is held back after this; more may come. */
  flush(): void {
    if (this.#timer === null) return
    clearTimeout(this.#timer)
    this.#paused()
  }

  #paused(): void {
    this.#timer = null
    this.#give(this.#scanner.flush())
  }

  #give(bytes: Buffer): void {
    if (bytes.length > 0) this.#emit(bytes)
  }
}
