// What a detector is. All of them work on bytes read as Latin-1 (one character a byte): secrets are ASCII, and a match that also
// takes every byte from 0x80 on cannot end inside a UTF-8 sequence.
import type { DetectorName } from '../../../shared/policy/detectors.ts'

/** A set of byte values as a table: 1 for a member. */
export type ByteSet = Uint8Array

export interface Span { readonly from: number; readonly to: number }

/** Where a value stands in a larger buffer. */
export interface ValueBounds { readonly start: number; readonly end: number }

/**
 * Bytes that every match holds, cheap to find: the prefilter looks at the byte `sets[pivot]` (choose a rare one), then at its
 * neighbours. `digits`: that many digits, each at most one space or dash from the last.
 */
export type Trigger =
  | { readonly kind: 'bytes'; readonly sets: readonly ByteSet[]; readonly pivot: number }
  | { readonly kind: 'digits'; readonly count: number }

export interface Detector {
  readonly name: DetectorName
  readonly triggers: readonly Trigger[]
  /** Every byte a match may hold. A match never leaves a run of them, so each run can be searched by itself. */
  readonly token: ByteSet
  /** RE2 syntax; no assertions about what is outside the match, which `accept` looks at. */
  readonly pattern: string
  /** The findings in a match (mostly the match itself); none when it only looks like one. */
  readonly accept: (bytes: Buffer, match: Span, value: ValueBounds) => readonly Span[]
}

/** `byteSet('a-z0-9_')`: ranges and single characters, as in a character class; a dash at the end stands for itself. */
export function byteSet(members: string): ByteSet {
  const set = new Uint8Array(256)
  for (let i = 0; i < members.length; i++) {
    const from = members.charCodeAt(i)
    const isRange = members[i + 1] === '-' && i + 2 < members.length
    const to = isRange ? members.charCodeAt(i + 2) : from
    set.fill(1, from, to + 1)
    if (isRange) i += 2
  }
  return set
}

export const digit = byteSet('0-9')
export const wordByte = byteSet('A-Za-z0-9')

/** A literal; `pivot` is the index of its rarest byte. */
export function literal(text: string, pivot: number): Trigger {
  return { kind: 'bytes', sets: [...text].map((character) => byteSet(character)), pivot }
}

/** Neither neighbour of the match is a letter or digit: it is not a part of something longer. */
export function standsAlone(bytes: Buffer, match: Span, value: ValueBounds): boolean {
  const before = match.from > value.start && wordByte[bytes[match.from - 1]!] === 1
  const after = match.to < value.end && wordByte[bytes[match.to]!] === 1
  return !before && !after
}

export const whole = (_: Buffer, match: Span): readonly Span[] => [match]
export const wholeIfAlone: Detector['accept'] = (bytes, match, value) => standsAlone(bytes, match, value) ? [match] : []
