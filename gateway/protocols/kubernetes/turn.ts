// A loop that reads, works and writes shares the gateway's own loop with every other session: after a millisecond of work it rests until
// that has been around (as pipeline/pump.ts does for sockets).
import { setImmediate } from 'node:timers/promises'
import { turnMs } from '../../pipeline/pump.ts'

export class Turn {
  #workedMs = 0

  /** Does some work, and counts how long it takes. */
  of<T>(work: () => T): T {
    const began = performance.now()
    try {
      return work()
    } finally {
      this.#workedMs += performance.now() - began
    }
  }

  get isOver(): boolean {
    return this.#workedMs >= turnMs
  }

  async rest(): Promise<void> {
    this.#workedMs = 0
    await setImmediate()
  }
}
