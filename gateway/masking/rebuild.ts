// Builds a value anew with markers in place of findings, so that JSON stays JSON: a number that holds a finding (a card) becomes a
// string as a whole, an escape is never cut in two, and where a finding crosses the document's structure the document is masked whole.
import type { Finding } from './findings.ts'
import { maskedText } from './redaction.ts'
import { byteSet, type Span } from './detectors/detector.ts'

const quote = 0x22
const backslash = 0x5c
const space = byteSet(' \t\n\r')
const opening = byteSet('{[')
const numberByte = byteSet('0-9.eE+-')
/** RFC 8259 §6; zeros in front are let pass. */
const jsonNumber = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const beforeNumber = byteSet('[:,')
const afterNumber = byteSet(']},')

export function rebuild(bytes: Buffer, start: number, end: number, findings: readonly Finding[]): Buffer {
  const strings = looksLikeJson(bytes, start, end) ? new StringTracker(bytes, start) : null
  const pieces: Buffer[] = []
  let at = start
  let mayBreakJson = false
  for (const { from, to, name } of findings) {
    const marker = `[masked:${name}]`
    const number = strings === null || strings.isInside(from) ? null : numberAround(bytes, { from, to }, { start, end })
    const masked = number ?? { from: withEscape(bytes, from, at), to }
    if (strings !== null && number === null) mayBreakJson ||= !strings.isInside(from) || isStructure(bytes, masked)
    // Two findings in one number: the first took all of it.
    if (masked.to <= at) continue
    pieces.push(bytes.subarray(at, Math.max(at, masked.from)), Buffer.from(number === null ? marker : `"${marker}"`))
    at = masked.to
  }
  const rebuilt = Buffer.concat([...pieces, bytes.subarray(at, end)])
  return mayBreakJson && isJson(bytes, start, end) && !isJson(rebuilt, 0, rebuilt.length) ? maskWhole(bytes, start, end) : rebuilt
}

/** For a value in which there is too much to look at: all of it, as text or as a JSON string. */
export function maskWhole(bytes: Buffer, start: number, end: number): Buffer {
  const version = bytes[start] === jsonbVersion ? Buffer.of(jsonbVersion) : Buffer.alloc(0)
  return Buffer.concat([version, Buffer.from(looksLikeJson(bytes, start, end) ? `"${maskedText}"` : maskedText)])
}

/** jsonb in binary begins with it; no text does. */
const jsonbVersion = 1

function looksLikeJson(bytes: Buffer, start: number, end: number): boolean {
  let at = bytes[start] === jsonbVersion ? start + 1 : start
  while (at < end && space[bytes[at]!] === 1) at++
  return at < end && opening[bytes[at]!] === 1
}

function isJson(bytes: Buffer, start: number, end: number): boolean {
  try {
    JSON.parse(bytes.toString('utf8', bytes[start] === jsonbVersion ? start + 1 : start, end))
    return true
  } catch {
    return false
  }
}

/**
 * Backslashes before a finding go with it: its first letter may be the second half of an escape (`\njohn@…` in JSON and COPY), and
 * what stands before would then escape the marker.
 */
function withEscape(bytes: Buffer, from: number, at: number): number {
  let first = from
  while (first > at && bytes[first - 1] === backslash) first--
  return first
}

/** Inside a string a quote ends it, and a backslash at the end would escape what follows. */
function isStructure(bytes: Buffer, { from, to }: Span): boolean {
  return bytes.subarray(from, to).includes(quote) || bytes[to - 1] === backslash
}

/** The number, as an element or a member's value, that the span is or lies in; null: it does not. */
function numberAround(bytes: Buffer, span: Span, { start, end }: { readonly start: number; readonly end: number }): Span | null {
  for (let i = span.from; i < span.to; i++) if (numberByte[bytes[i]!] === 0) return null
  let { from, to } = span
  while (from > start && numberByte[bytes[from - 1]!] === 1) from--
  while (to < end && numberByte[bytes[to]!] === 1) to++
  if (!jsonNumber.test(bytes.toString('latin1', from, to))) return null
  let before = from - 1
  let after = to
  while (before >= start && space[bytes[before]!] === 1) before--
  while (after < end && space[bytes[after]!] === 1) after++
  return before >= start && after < end && beforeNumber[bytes[before]!] === 1 && afterNumber[bytes[after]!] === 1 ? { from, to } : null
}

/** Whether a position is inside a JSON string; asked in rising order, so that the bytes are walked once. */
class StringTracker {
  readonly #bytes: Buffer
  #at: number
  #isInside = false

  constructor(bytes: Buffer, start: number) {
    this.#bytes = bytes
    this.#at = start
  }

  isInside(position: number): boolean {
    for (; this.#at < position; this.#at++) {
      const byte = this.#bytes[this.#at]
      if (byte === backslash && this.#isInside) this.#at++
      else if (byte === quote) this.#isInside = !this.#isInside
    }
    return this.#isInside
  }
}
