// Between a shell and the page: output is gathered for a moment, counted until the page says that it is drawn, and the shell is
// paused while too much of it is not. So `yes` costs a fixed buffer, and every other terminal stays as quick as it was.
import { terminalGatherBytes, terminalGatherMs, terminalUnseenBytesLow, terminalUnseenBytesMax } from '../../limits.ts'

export interface Pausable { pause(): void; resume(): void }

export class OutputFlow {
  readonly #source: Pausable
  readonly #send: (output: Buffer) => void
  #gathered: Buffer[] = []
  #gatheredBytes = 0
  #unseen = 0
  #isPaused = false
  #timer: NodeJS.Timeout | undefined

  constructor(source: Pausable, send: (output: Buffer) => void) {
    this.#source = source
    this.#send = send
  }

  take(output: Buffer): void {
    this.#gathered.push(output)
    this.#gatheredBytes += output.length
    if (this.#gatheredBytes >= terminalGatherBytes) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), terminalGatherMs)
    if (!this.#isPaused && this.#unseen + this.#gatheredBytes >= terminalUnseenBytesMax) {
      this.#isPaused = true
      this.#source.pause()
    }
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#gatheredBytes === 0) return
    const output = Buffer.concat(this.#gathered)
    this.#gathered = []
    this.#gatheredBytes = 0
    this.#unseen += output.length
    this.#send(output)
  }

  /** More than was sent is not believed: it would open the way for everything after. */
  acknowledge(bytes: number): void {
    this.#unseen = Math.max(0, this.#unseen - bytes)
    if (this.#isPaused && this.#unseen + this.#gatheredBytes <= terminalUnseenBytesLow) {
      this.#isPaused = false
      this.#source.resume()
    }
  }

  dispose(): void {
    clearTimeout(this.#timer)
    this.#gathered = []
    this.#gatheredBytes = 0
  }
}
