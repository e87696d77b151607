// kubectl 1.30 and newer takes a refused WebSocket for a server that cannot do it, and asks for the same stream again over SPDY. It gets
// the same answer, once and for a moment: nobody is asked twice about what was denied just now.
import { recentRefusalMs, recentRefusalsMax } from '../../limits-kubernetes.ts'
import type { Refusal } from '../../pipeline/refusal.ts'

export interface RecentRefusals {
  note(key: string, refusal: Refusal, now: number): void
  /** Null: none, or it was told already. */
  take(key: string, now: number): Refusal | null
}

export function createRecentRefusals(): RecentRefusals {
  const known = new Map<string, { readonly refusal: Refusal; readonly at: number }>()
  return {
    note(key, refusal, now) {
      known.delete(key)
      known.set(key, { refusal, at: now })
      if (known.size > recentRefusalsMax) known.delete(known.keys().next().value!)
    },
    take(key, now) {
      const found = known.get(key)
      known.delete(key)
      return found !== undefined && now - found.at < recentRefusalMs ? found.refusal : null
    },
  }
}
