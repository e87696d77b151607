// Deletes that were let through lately, of each principal on each connection: many single ones are one mass delete (`kubectl delete
// --all` sends a DELETE an object). Of one gateway process; whole again after a restart.
import { kubernetesDeletesKept, kubernetesDeletesKeptMs } from '../../limits-kubernetes.ts'

export interface Deletes {
  /** Ages in milliseconds, newest first. */
  ages(key: string, now: number): readonly number[]
  note(key: string, now: number): void
}

export function createDeletes(): Deletes {
  const times = new Map<string, number[]>()
  const recent = (key: string, now: number) => (times.get(key) ?? []).filter((at) => now - at < kubernetesDeletesKeptMs)
  return {
    ages: (key, now) => recent(key, now).map((at) => Math.max(0, now - at)),
    note(key, now) {
      const kept = [now, ...recent(key, now)].slice(0, kubernetesDeletesKept)
      times.delete(key)
      times.set(key, kept)
      const [oldest] = times
      if (times.size > 1 && oldest !== undefined && now - oldest[1][0]! >= kubernetesDeletesKeptMs) times.delete(oldest[0])
    },
  }
}

export const deletesKey = (principal: string, connection: string): string => JSON.stringify([principal, connection])
