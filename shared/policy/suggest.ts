// "did you mean": the nearest known word, or none when nothing is near. For messages only.

export function didYouMean(word: string, known: readonly string[]): string {
  const near = known.map((candidate) => ({ candidate, distance: distance(word.toLowerCase(), candidate) })).sort((a, b) => a.distance - b.distance)[0]
  if (near === undefined || near.distance > Math.ceil(near.candidate.length / 3)) return `; expected one of ${known.join(', ')}`
  return `; did you mean "${near.candidate}"?`
}

/** Levenshtein; words are cut, so that a long value costs nothing. */
function distance(left: string, right: string): number {
  const [a, b] = [left.slice(0, 64), right.slice(0, 64)]
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}
