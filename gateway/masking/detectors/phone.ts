// Phone numbers as people write them: international with + (ITU-T E.164) or 00, and national forms whose grouping gives them away. Digits
// in a row without a plus are ids, amounts and times far more often, and are left alone.
import { byteSet, type Detector, digit, type Span, type Trigger, type ValueBounds, wordBefore, wordByte } from './detector.ts'

const form = (text: string): string => text.replaceAll('#', '[0-9]')

/** Whole numbers, `#` for a digit. Nothing here repeats without an end, so JavaScript's own engine is safe on them. */
const national = new RegExp(`^(?:${form([
  // NANP (United States, Canada, Caribbean): (555) 123-4567, 555-123-4567, 555.123.4567, also behind a 1.
  '(?:1[-. ])?(?:\\([2-9]##\\)[ -]?###[-. ]####|[2-9]##(?:-###-|\\.###\\.)####)',
  // An area code in parentheses: (020) 7946 0958, (030) 1234567, (02) 9876 5432.
  '\\(0[1-9]#{0,3}\\)[ /-]?###(?: ?#){3,5}',
  // United Kingdom: 020 7946 0958, 0161 496 0000, 01632 960001, 07700 900123, 0800 123 4567.
  '02# #### ?####', '01(?:1#|#1) ### ?####', '0(?:1[2-9]|7[1-9])## ### ?###', '0[389]## ### ?####',
  // Germany: 030 1234567, 089-1234567, 06221/123456, 0170 1234567, 01511 1234567.
  '(?:0(?:30|40|69|89)[ /-]|0[2-9]#{1,3}/|01[5-7]#{1,2}[ /-])###(?: ?#){3,5}',
  // France: 01 23 45 67 89, also with dots or dashes.
  '0[1-9](?:(?: ##){4}|(?:\\.##){4}|(?:-##){4})',
  // Switzerland: 044 668 18 00. Netherlands: 06-12345678.
  '0[1-9]# ### ## ##', '06[ -][1-9]#######',
].join('|'))})$`)

const shape = (pivot: number, ...parts: readonly string[]): Trigger => ({ kind: 'bytes', sets: parts.map(byteSet), pivot })
const three = ['0-9', '0-9', '0-9']

/** Around the separators, which are rarer than digits: what stands beside them settles nearly every date, price and id. */
const triggers: readonly Trigger[] = [
  shape(0, '+', '1-9'), shape(1, '0', '0', '1-9'), shape(0, '(', '02-9', '0-9'),
  shape(3, '2-9', '0-9', '0-9', '.-', ...three, '.-', ...three, '0-9'),
  shape(3, '0', '1-9', '0-9', '/ -', ...three), shape(4, '0', '1-9', '0-9', '0-9', '/ -', ...three), shape(5, '0', '1-9', ...three, '/ -', ...three),
  shape(2, '0', '1-9', '. -', '0-9', '0-9', '. -', '0-9', '0-9', '. -', '0-9', '0-9'),
  shape(2, '0', '6', ' -', '1-9', ...three, ...three),
]

/** (02) 123456; E.164 allows at most 15. */
const digitsMin = 8
const digitsMax = 15
const internationalDigitsMin = 9

export const phone: Detector = {
  name: 'phone',
  triggers,
  token: byteSet('0-9+()./ -'),
  isPlausible: (bytes, { from, to }) => digitsIn(bytes, from, to) >= digitsMin,
  /** Whatever begins like one, with numbers behind it. */
  pattern: form('(?:\\+[1-9]|\\(?0#\\)?|\\([2-9]|1[-. ]\\(?[2-9]|[2-9]##[-.]#)(?:[ ./-]?\\(?#\\)?){5,17}'),
  accept: longestNumber,
}

/** The most groups from the first on that make a number. */
function longestNumber(bytes: Buffer, { from, to }: Span, value: ValueBounds): readonly Span[] {
  for (let end = to; end > from; end = groupBefore(bytes, from, end)) {
    const found = { from, to: end }
    const text = bytes.toString('latin1', from, end)
    if ((national.test(text) || isInternational(text)) && standsAlone(bytes, found, value)) return [found]
  }
  return []
}

/** The end of the group before the last one. */
function groupBefore(bytes: Buffer, from: number, end: number): number {
  let at = end - 1
  while (at > from && digit[bytes[at]!] === 1) at--
  while (at > from && digit[bytes[at - 1]!] === 0) at--
  return at
}

/** Country codes (E.164 list of assigned codes); behind 1 and 7 the length is fixed. */
const assigned = /^(?:1\d{10}$|7\d{10}$|2(?:[07]|1[1-368]|[2-6]\d|9[017-9])|3(?:[0-469]|5\d|7\d|8[0-35-79])|4(?:[013-9]|2[013])|5(?:[1-8]|0\d|9\d)|6(?:[0-6]|7[02-9]|8[0-35-9]|9[0-2])|8(?:[1246]|0[08]|5[02356]|7[08]|8[0-368])|9(?:[0-58]|6[0-8]|7[0-79]|9[2-68]))/

function isInternational(text: string): boolean {
  if (!/^(?:\+|00)[1-9]/.test(text)) return false
  const digits = text.replaceAll(/\D/g, '').replace(/^00/, '')
  if (digits.length < internationalDigitsMin || digits.length > digitsMax || !assigned.test(digits)) return false
  // 0012… is a padded id; 0049 30… is not. +48.85661 is a coordinate.
  return text.startsWith('+') ? !/^\+\d+\.\d+$/.test(text) : /^00\d{1,3}[ -]/.test(text)
}

const plusOrLine = byteSet('+_')
const joining = byteSet('.:/-')

/** Not a part of a word, nor of a longer number: a separator with a digit behind it goes on. */
function standsAlone(bytes: Buffer, { from, to }: Span, { start, end }: ValueBounds): boolean {
  const isOneOf = (set: Uint8Array, at: number): boolean => at >= start && at < end && set[bytes[at]!] === 1
  const goesOn = (near: number, far: number): boolean => isOneOf(plusOrLine, near) || (isOneOf(joining, near) && isOneOf(far < near ? beforeJoining(bytes[near]!) : wordByte, far))
  return !wordBefore(bytes, from, start) && !isOneOf(wordByte, to) && !goesOn(from - 1, from - 2) && !goesOn(to, to + 1)
}

/** `tel:+49…`, but not `12:030 1234567`. */
const colon = 0x3a
const beforeJoining = (byte: number): Uint8Array => (byte === colon ? digit : wordByte)

function digitsIn(bytes: Buffer, from: number, to: number): number {
  let count = 0
  for (let i = from; i < to; i++) count += digit[bytes[i]!]!
  return count
}
