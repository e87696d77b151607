// Who hears that something happened to approvals, here or on another gateway of the store. The event table is the truth; a nudge
// (a change made here, a NOTIFY) only makes us look sooner than the poll, which finds whatever was missed.
import type { ApprovalEvents } from '../store/approval-events.ts'

export interface Bus {
  subscribe(listener: BusListener): () => void
  nudge(): void
  dispose(): void
}

export interface BusListener {
  /** The store answered; `isNew`: there are events since the last look. */
  looked(isNew: boolean): void
  failed(error: unknown): void
}

export function createBus(events: Pick<ApprovalEvents, 'range'>, { pollMs }: { readonly pollMs: number }): Bus {
  const listeners = new Set<BusListener>()
  let newest = -1
  let looking: Promise<void> | null = null
  let isAskedAgain = false
  let timer: NodeJS.Timeout | null = null

  async function look(): Promise<void> {
    do {
      isAskedAgain = false
      try {
        const range = await events.range()
        const isNew = range.newest !== newest
        newest = range.newest
        for (const listener of listeners) listener.looked(isNew)
      } catch (error) {
        for (const listener of listeners) listener.failed(error)
      }
    } while (isAskedAgain)
  }

  /** One look at a time; a nudge during one looks once more, for what was committed meanwhile. */
  function nudge(): void {
    if (listeners.size === 0) return
    isAskedAgain = true
    looking ??= look().finally(() => { looking = null })
  }

  return {
    subscribe(listener) {
      listeners.add(listener)
      timer ??= setInterval(nudge, pollMs).unref()
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0 || timer === null) return
        clearInterval(timer)
        timer = null
      }
    },
    nudge,
    dispose() {
      listeners.clear()
      if (timer !== null) clearInterval(timer)
      timer = null
    },
  }
}
