// What a detector is. All of them work on bytes read as Latin-1 (one character a byte): secrets are ASCII, and a match that also
// takes every byte from 0x80 on cannot end inside a UTF-8 sequence.

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

/** What the prefilter knows of a detector. */
export interface Sought {
  readonly name: string
  readonly triggers: readonly Trigger[]
  /** Every byte a match may hold. A match never leaves a run of them, so each run can be searched by itself. */
  readonly token: ByteSet
  /** A cheap look at a window; false: no match can be in it. */
  readonly isPlausible?: (bytes: Buffer, window: Span) => boolean
}

/** One of the gateway's own. */
export interface Detector extends Sought {
  /** RE2 syntax; no assertions about what is outside the match, which `accept` looks at. */
  readonly pattern: string
  /** The findings in a match (mostly the match itself); none when it only looks like one. */
  readonly accept: (bytes: Buffer, match: Span, value: ValueBounds) => readonly Span[]
  /** A match is a whole run that `accept` looks through: a refused one is not tried again from its next word. */
  readonly takesRuns?: true
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

export function membersOf(set: ByteSet): readonly number[] {
  return [...set.keys()].filter((byte) => set[byte] === 1)
}

export const digit = byteSet('0-9')
export const wordByte = byteSet('A-Za-z0-9')

/** A literal; `pivot` is the index of its rarest byte. */
export function literal(text: string, pivot: number): Trigger {
  return { kind: 'bytes', sets: [...text].map((character) => byteSet(character)), pivot }
}

/** Neither neighbour of the match is a letter or digit: it is not a part of something longer. */
export function standsAlone(bytes: Buffer, match: Span, value: ValueBounds): boolean {
  const after = match.to < value.end && wordByte[bytes[match.to]!] === 1
  return !after && !wordBefore(bytes, match.from, value.start)
}

const backslash = 0x5c
const escapeLetter = byteSet('bfnrtv')

/** Whether a letter or digit stands before `at`; the letter of an escape (`\n`, as JSON and COPY write a line end) is none. */
export function wordBefore(bytes: Buffer, at: number, start: number): boolean {
  if (at <= start || wordByte[bytes[at - 1]!] === 0) return false
  return !(at - 1 > start && bytes[at - 2] === backslash && escapeLetter[bytes[at - 1]!] === 1)
}

export const whole = (_: Buffer, match: Span): readonly Span[] => [match]
export const wholeIfAlone: Detector['accept'] = (bytes, match, value) => standsAlone(bytes, match, value) ? [match] : []
