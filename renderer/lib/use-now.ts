// The time, once a second for all who show one; stopped while nobody does.
import { useSyncExternalStore } from 'react'

const listeners = new Set<() => void>()
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined

function tick(): void {
  now = Date.now()
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(tick, 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** Milliseconds since the epoch, at most a second old. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => {
  // A first reader after a pause must not see the time of before it.
  if (timer === undefined && Date.now() - now > 1000) now = Date.now()
  return now
})
