// Looks for findings in values of text: prefilter, then patterns where it points, then the value with markers. One scanner serves
// all sessions with the same detectors; it keeps nothing between calls.
import { detectorNames, type DetectorName } from '../../shared/policy/detectors.ts'
import { GatehouseError } from '../../shared/errors.ts'
import { detectors } from './detectors/all.ts'
import { findIn, joinFindings } from './findings.ts'
import type { Treatment } from './plan.ts'
import { Prefilter } from './prefilter.ts'
import { maskWhole, rebuild } from './rebuild.ts'

export interface Scanner {
  /** The value `bytes[start, end)` with each finding replaced by `[masked:<detector>]`; null when there is none, the usual case. */
  scan(bytes: Buffer, start: number, end: number): Buffer | null
}

/** Throws GatehouseError config_invalid for a name that is no detector: it would look for less than policy says. */
export function createScanner(names: readonly string[]): Scanner {
  const prefilter = new Prefilter(names.map((name) => detectors[knownName(name)]))
  return {
    scan(bytes, start, end) {
      const windows = prefilter.windows(bytes, start, end)
      if (windows === null) return null
      if (windows === 'too-much') return maskWhole(bytes, start, end)
      const value = { start, end }
      const findings = windows.flatMap((window) => findIn(window.detector, bytes, window, value))
      return findings.length === 0 ? null : rebuild(bytes, start, end, joinFindings(findings))
    },
  }
}

function knownName(name: string): DetectorName {
  if (Object.hasOwn(detectorNames, name)) return name as DetectorName
  throw new GatehouseError('config_invalid', `${JSON.stringify(name)} is not a detector`)
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
