// A byte stream through the detectors, whose findings may lie across chunks: the end that may be the beginning of one is held back until
// more comes, or until a pause. After the pause it goes on as it is: a finding whose halves come further apart is not found (SECURITY.md).
import type { Scanner } from '../../../masking/scanner.ts'
import { StreamScanner } from '../../../masking/stream.ts'

export interface HeldStreamOptions {
  readonly scanner: Scanner
  readonly heldMs: number
  /** Gets what may go, never nothing. Must not throw when called after a pause. */
  readonly emit: (bytes: Buffer) => void
  /** Bytes that must come as they are or not at all: the first finding is told instead of masked, and nothing goes on after that. */
  readonly onFinding?: (() => void) | undefined
}

export class HeldStream {
  readonly #scanner: StreamScanner
  readonly #emit: (bytes: Buffer) => void
  readonly #heldMs: number
  readonly #onFinding: (() => void) | undefined
  #timer: NodeJS.Timeout | null = null
  #hasFinding = false
  #isStopped = false

  constructor({ scanner, heldMs, emit, onFinding }: HeldStreamOptions) {
    this.#scanner = new StreamScanner(onFinding === undefined ? scanner : this.#noticing(scanner))
    this.#heldMs = heldMs
    this.#emit = emit
    this.#onFinding = onFinding
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
    if (this.#isStopped) return
    if (this.#hasFinding) {
      this.#isStopped = true
      this.#onFinding?.()
    } else if (bytes.length > 0) this.#emit(bytes)
  }

  #noticing(scanner: Scanner): Scanner {
    return {
      ...scanner,
      find: (...args) => {
        const found = scanner.find(...args)
        this.#hasFinding ||= found === 'too-much' || (found !== null && found.length > 0)
        return found
      },
    }
  }
}
