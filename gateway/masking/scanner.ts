// Looks for findings in values of text: prefilter, then patterns where it points; the same in what base64 or hex hides there; then the
// value with markers. One scanner serves all sessions with the same detectors; it keeps nothing between calls.
import { GatehouseError } from '../../shared/errors.ts'
import type { DetectorRef } from '../../shared/policy/detector.ts'
import { detectorNames, type DetectorName } from '../../shared/policy/detectors.ts'
import { detectorBytesMax, encodedCharactersMin } from '../limits.ts'
import { detectors } from './detectors/all.ts'
import { ownDetector } from './detectors/custom.ts'
import type { Sought } from './detectors/detector.ts'
import { encodedFindings } from './encoded.ts'
import { type AnyDetector, type Finding, findIn, joinFindings } from './findings.ts'
import type { Treatment } from './plan.ts'
import { Prefilter, type Window } from './prefilter.ts'
import { maskWhole, rebuild } from './rebuild.ts'

export interface Scanner {
  /** The value `bytes[start, end)` with each finding replaced by `[masked:<detector>]`; null when there is none, the usual case. */
  scan(bytes: Buffer, start: number, end: number): Buffer | null
  /** What `scan` would mark, in order and apart from each other; null: nothing. */
  find(bytes: Buffer, start: number, end: number): readonly Finding[] | 'too-much' | null
  /** What is looked for, and which bytes it may consist of: a stream may be parted between others. */
  readonly detectors: readonly Pick<Sought, 'name' | 'token'>[]
}

const none: readonly Finding[] = []

/** Throws GatehouseError config_invalid for a name that is no detector: it would look for less than policy says. */
export function createScanner(wanted: readonly DetectorRef[]): Scanner {
  const sought = wanted.map(detectorOf)
  const prefilter = new Prefilter(sought)
  const find: Scanner['find'] = (bytes, start, end) => {
    const windows = prefilter.windows(bytes, start, end)
    if (windows === 'too-much') return windows
    const encoded = end - start < encodedCharactersMin ? none : encodedFindings(bytes, { start, end }, lookInto(prefilter))
    if (encoded === 'too-much') return encoded
    const findings = windows === null ? encoded : [...allIn(windows, bytes, start, end), ...encoded]
    return findings.length === 0 ? null : joinFindings(findings)
  }
  return {
    find, detectors: sought,
    scan(bytes, start, end) {
      const findings = find(bytes, start, end)
      if (findings === null) return null
      return findings === 'too-much' ? maskWhole(bytes, start, end) : rebuild(bytes, start, end, findings)
    },
  }
}

/** Every detector a mask may name, as one: what stands for a name here and in policies is the same. */
export function detectorOf(wanted: DetectorRef): AnyDetector {
  return typeof wanted === 'string' ? detectors[knownName(wanted)] : ownDetector(wanted)
}

function knownName(name: string): DetectorName {
  if (Object.hasOwn(detectorNames, name)) return name as DetectorName
  throw new GatehouseError('config_invalid', `${JSON.stringify(name)} is not a detector`)
}

function allIn(windows: readonly Window<AnyDetector>[], bytes: Buffer, start: number, end: number): readonly Finding[] {
  return windows.flatMap((window) => findIn(window.detector, bytes, window, { start, end }))
}

/** For the decoded runs of one value; together they may hold no more to look at than a value may. */
function lookInto(prefilter: Prefilter<AnyDetector>): (text: Buffer) => string | null {
  let left = detectorBytesMax
  return (text) => {
    const windows = prefilter.windows(text, 0, text.length)
    if (windows === null) return null
    if (windows !== 'too-much') for (const { from, to } of windows) left -= to - from
    if (windows === 'too-much' || left < 0) return 'too-much'
    return joinFindings(allIn(windows, text, 0, text.length))[0]?.name ?? null
  }
}

/** A value under a `scan` treatment: undefined when it stays as it is, else what it becomes (null: NULL). */
export function scanValue(scanner: Scanner, treatment: Extract<Treatment, { kind: 'scan' }>, bytes: Buffer, start: number, end: number): Buffer | null | undefined {
  const scanned = scanner.scan(bytes, start, end)
  if (scanned === null) return undefined
  return treatment.otherwise === undefined ? scanned : treatment.otherwise
}

/** For errors, notices, statement texts: the text with markers, or the text as it is. */
export function cleanText(scanner: Scanner, text: string): string {
  const bytes = Buffer.from(text, 'utf8')
  return scanner.scan(bytes, 0, bytes.length)?.toString('utf8') ?? text
}
