// How a masked value can be told from a real one where somebody sends it back. NULL, a bucket of `range` and the first of a year
// cannot: they are values like any other.
import { hashPrefix } from './forms/hash.ts'
import { hidden } from './forms/text.ts'
import { maskedText } from './redaction.ts'

/** `[masked]`, `[masked:email]`; what `partial` and `email` put; what `hash` begins with. */
const marks = [maskedText.slice(0, -1), hidden, hashPrefix].map((mark) => Buffer.from(mark))
/** A mark that is cut between two pieces has less than this in the first. */
export const markBytesMax = Math.max(...marks.map(({ length }) => length))

export function looksMasked(bytes: Buffer): boolean {
  return marks.some((mark) => bytes.includes(mark))
}
