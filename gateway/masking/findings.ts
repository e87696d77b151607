// Runs a detector's pattern over a window of a value, and joins what several detectors found. Patterns run on re2js: linear time,
// whatever the text. A window is read as Latin-1, so a position in the match is a position in the bytes.
import { RE2JS } from 're2js'
import { findOwn, type OwnDetector } from './detectors/custom.ts'
import { type Detector, type Span, type ValueBounds, wordByte } from './detectors/detector.ts'

export type AnyDetector = Detector | OwnDetector

/** A span of a value that must not be seen. */
export interface Finding extends Span { readonly name: string }

/** After a refused match the search goes on at the next word; for long ones behind them, or the search would be quadratic. */
const retriedBytesMax = 64

const compiled = new Map<Detector, RE2JS>()

function patternOf(detector: Detector): RE2JS {
  const known = compiled.get(detector)
  if (known !== undefined) return known
  const pattern = RE2JS.compile(detector.pattern)
  compiled.set(detector, pattern)
  return pattern
}

/** Everything the detector finds between `from` and `to` of the value, in order. */
export function findIn(detector: AnyDetector, bytes: Buffer, span: Span, value: ValueBounds): readonly Finding[] {
  const spans = 'own' in detector ? findOwn(detector, bytes, span, value) : spansIn(detector, bytes, span, value)
  return spans.map((found) => ({ name: detector.name, ...found }))
}

function spansIn(detector: Detector, bytes: Buffer, { from, to }: Span, value: ValueBounds): readonly Span[] {
  const matcher = patternOf(detector).matcher(bytes.toString('latin1', from, to))
  const found: Span[] = []
  for (let at = 0; at < to - from && matcher.find(at);) {
    const match = { from: from + matcher.start(), to: from + matcher.end() }
    const spans = detector.accept(bytes, match, value)
    found.push(...spans)
    const isRetried = detector.takesRuns !== true && match.to - match.from <= retriedBytesMax
    const searched = detector.takesRuns === true ? match.to : spans.at(-1)?.to ?? (isRetried ? nextWord(bytes, match) : match.to)
    at = searched - from
  }
  return found
}

/** What stands alone begins with a word: the first byte behind the one the match begins with. */
function nextWord(bytes: Buffer, match: Span): number {
  let at = match.from + 1
  while (at < match.to && wordByte[bytes[at - 1]!] === 1) at++
  return at
}

/** In order of the bytes, overlapping ones joined under the name of the first (the longest of those that begin together). */
export function joinFindings(findings: readonly Finding[]): readonly Finding[] {
  const joined: Finding[] = []
  for (const finding of findings.toSorted((a, b) => a.from - b.from || b.to - a.to || a.name.localeCompare(b.name))) {
    const last = joined.at(-1)
    if (last === undefined || finding.from >= last.to) joined.push(finding)
    else if (finding.to > last.to) joined[joined.length - 1] = { ...last, to: finding.to }
  }
  return joined
}
