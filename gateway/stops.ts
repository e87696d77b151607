// What was started is stopped in reverse, each part once, and one that fails to stop keeps no other running.
import type { Log } from './log.ts'

export interface Disposable { dispose(): void | Promise<void> }

export interface Stops {
  /** Takes note of `part` and gives it back. */
  add<T extends Disposable>(part: T): T
  run(): Promise<void>
}

export function createStops(log: Log): Stops {
  const parts: Disposable[] = []
  return {
    add(part) {
      parts.push(part)
      return part
    },
    async run() {
      for (const part of parts.splice(0).toReversed()) {
        try {
          await part.dispose()
        } catch (error) {
          log.error({ err: error }, 'a part of the gateway did not stop as it should')
        }
      }
    },
  }
}
