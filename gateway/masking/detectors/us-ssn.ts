// US social security numbers, written in their three groups: nine digits in a row are too many other things.
// Ranges never given out: https://www.ssa.gov/employer/randomization.html
import { byteSet, type Detector, digit, type Span, type ValueBounds, wordBefore, wordByte } from './detector.ts'

const separator = byteSet(' -')
const dash = 0x2d

export const usSsn: Detector = {
  name: 'us-ssn',
  // All of it: a date (2024-01-10) begins like one.
  triggers: [{ kind: 'bytes', sets: [digit, digit, digit, separator, digit, digit, separator, digit, digit, digit, digit], pivot: 3 }],
  token: byteSet('0-9 -'),
  pattern: '[0-9]{3}(?:-[0-9]{2}-| [0-9]{2} )[0-9]{4}',
  accept: (bytes, match, value) => isAlone(bytes, match, value) && isGiven(bytes.toString('latin1', match.from, match.to)) ? [match] : [],
}

/** A dash and a digit beside it make it a part of a longer number. */
function isAlone(bytes: Buffer, { from, to }: Span, { start, end }: ValueBounds): boolean {
  const isDash = (near: number, far: number): boolean => near >= start && far >= start && near < end && far < end && bytes[near] === dash && digit[bytes[far]!] === 1
  const isWordBehind = to < end && wordByte[bytes[to]!] === 1
  return !wordBefore(bytes, from, start) && !isWordBehind && !isDash(from - 1, from - 2) && !isDash(to, to + 1)
}

function isGiven(text: string): boolean {
  const [area, group, serial] = [text.slice(0, 3), text.slice(4, 6), text.slice(7)]
  return area !== '000' && area !== '666' && area < '900' && group !== '00' && serial !== '0000'
}
