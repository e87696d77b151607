// Whether the disk keeps up. A write on the loop is the fastest by far while the kernel only copies; once one has taken long, the next
// are likely to, and they go through the thread pool until the disk has been quick for a while. See docs/adr/0002.
import { journalQuickAgainMs, journalSlowWriteMs } from '../limits.ts'

export class DiskPace {
  readonly #now: () => number
  #slowAt = Number.NEGATIVE_INFINITY

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  get isSlow(): boolean {
    return this.#slowAt !== Number.NEGATIVE_INFINITY
  }

  /** A write began at `began` and is over now. Says what that changes. */
  note(began: number): 'slow' | 'quick' | null {
    const now = this.#now()
    const isLong = now - began > journalSlowWriteMs
    const wasSlow = this.isSlow
    if (isLong) this.#slowAt = now
    else if (wasSlow && now - this.#slowAt > journalQuickAgainMs) this.#slowAt = Number.NEGATIVE_INFINITY
    if (wasSlow === this.isSlow) return null
    return wasSlow ? 'quick' : 'slow'
  }
}
