// Builds a value anew with markers in place of findings. In JSON a finding may be a whole number (a card): its marker is quoted, so
// that the document stays one.
import type { Finding } from './findings.ts'
import { maskedText } from './redaction.ts'
import { byteSet, digit } from './detectors/detector.ts'

const quote = 0x22
const backslash = 0x5c
const space = byteSet(' \t\n\r')
const opening = byteSet('{[')
const beforeNumber = byteSet('[:,')
const afterNumber = byteSet(']},')

export function rebuild(bytes: Buffer, start: number, end: number, findings: readonly Finding[]): Buffer {
  const strings = looksLikeJson(bytes, start, end) ? new StringTracker(bytes, start) : null
  const pieces: Buffer[] = []
  let at = start
  for (const { from, to, name } of findings) {
    const marker = `[masked:${name}]`
    const isNumber = strings !== null && !strings.isInside(from) && standsAsNumber(bytes, start, end, from, to)
    pieces.push(bytes.subarray(at, from), Buffer.from(isNumber ? `"${marker}"` : marker))
    at = to
  }
  return Buffer.concat([...pieces, bytes.subarray(at, end)])
}

/** For a value in which there is too much to look at: all of it, as text or as a JSON string. */
export function maskWhole(bytes: Buffer, start: number, end: number): Buffer {
  const isJson = looksLikeJson(bytes, start, end)
  const version = bytes[start] === jsonbVersion ? Buffer.of(jsonbVersion) : Buffer.alloc(0)
  return Buffer.concat([version, Buffer.from(isJson ? `"${maskedText}"` : maskedText)])
}

/** jsonb in binary begins with it; no text does. */
const jsonbVersion = 1

function looksLikeJson(bytes: Buffer, start: number, end: number): boolean {
  let at = bytes[start] === jsonbVersion ? start + 1 : start
  while (at < end && space[bytes[at]!] === 1) at++
  return at < end && opening[bytes[at]!] === 1
}

/** Digits alone, as an element or a member's value. */
function standsAsNumber(bytes: Buffer, start: number, end: number, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (digit[bytes[i]!] === 0) return false
  let before = from - 1
  let after = to
  while (before >= start && space[bytes[before]!] === 1) before--
  while (after < end && space[bytes[after]!] === 1) after++
  return before >= start && after < end && beforeNumber[bytes[before]!] === 1 && afterNumber[bytes[after]!] === 1
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
