// Messages of a batch that stay here for as long as one of them may have to wait for humans: Parse already locks the table it names
// until the batch ends, and nobody's table should be locked while people think. The server answers none of them before a Sync.
import { keptBackBytesMax } from '../../limits.ts'
import type { Answer } from './answers.ts'
import { frontend } from './codec/types.ts'
import type { ChunkBuilder } from './row-rewriter.ts'

export class KeptBack {
  /** The answer expected to the first of them; null: nothing is kept. */
  from: Answer | null = null
  #frames: Buffer[] = []
  #bytes = 0

  begin(answer: Answer, frame: Buffer): void {
    this.from = answer
    this.#add(frame)
  }

  /** Whether the next message stays too; what runs something, or asks for answers, does not. */
  takes(type: number, bytes: number): boolean {
    return this.from !== null && waitable.has(type) && this.fits(bytes)
  }

  fits(bytes: number): boolean {
    return this.#bytes + bytes <= keptBackBytesMax
  }

  add(frame: Buffer): void {
    this.#add(frame)
  }

  /** False: nothing was kept. */
  release(out: ChunkBuilder): boolean {
    if (this.from === null) return false
    for (const frame of this.#frames) out.add(frame)
    this.from = null
    this.#frames = []
    this.#bytes = 0
    return true
  }

  #add(frame: Buffer): void {
    this.#frames.push(frame)
    this.#bytes += frame.length
  }
}

const waitable: ReadonlySet<number> = new Set([frontend.parse, frontend.bind, frontend.describe, frontend.close])
