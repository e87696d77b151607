// At most so many a minute, by key. Counts start anew with each minute, all at once, so memory is bounded by what one minute brings.

export interface Rate {
  /** False when the key has had its share of this minute. */
  take(key: string): boolean
}

export function createRate(perMinute: number, now: () => number = Date.now): Rate {
  const counts = new Map<string, number>()
  let minute = 0
  return {
    take(key) {
      const current = Math.floor(now() / 60_000)
      if (current !== minute) {
        minute = current
        counts.clear()
      }
      const count = (counts.get(key) ?? 0) + 1
      counts.set(key, count)
      return count <= perMinute
    },
  }
}
