// IBANs (ISO 13616), in capitals, whole or in printed groups of four: country, its length, and the check digits (mod 97 is 1).
import { byteSet, type Detector, digit, type Span, type ValueBounds, wordBefore, wordByte } from './detector.ts'

const upper = byteSet('A-Z')

/** Lengths by country, from the IBAN registry (SWIFT). */
const lengths: Readonly<Record<string, number>> = {
  AD: 24, AE: 23, AL: 28, AT: 20, AZ: 28, BA: 20, BE: 16, BG: 22, BH: 22, BI: 27, BR: 29, BY: 28, CH: 21, CR: 22, CY: 28, CZ: 24, DE: 22, DJ: 27,
  DK: 18, DO: 28, EE: 20, EG: 29, ES: 24, FI: 18, FK: 18, FO: 18, FR: 27, GB: 22, GE: 22, GI: 23, GL: 18, GR: 27, GT: 28, HN: 28, HR: 21, HU: 28,
  IE: 22, IL: 23, IQ: 23, IS: 26, IT: 27, JO: 30, KW: 30, KZ: 20, LB: 28, LC: 32, LI: 21, LT: 20, LU: 20, LV: 21, LY: 25, MC: 27, MD: 24, ME: 22,
  MK: 19, MN: 20, MR: 27, MT: 31, MU: 30, NI: 28, NL: 18, NO: 15, OM: 23, PK: 24, PL: 28, PS: 29, PT: 25, QA: 29, RO: 24, RS: 22, RU: 33, SA: 24,
  SC: 31, SD: 18, SE: 24, SI: 19, SK: 24, SM: 27, SO: 23, ST: 25, SV: 28, TL: 23, TN: 24, TR: 26, UA: 29, VA: 22, VG: 24, XK: 20, YE: 30,
}

export const iban: Detector = {
  name: 'iban',
  triggers: [{ kind: 'bytes', sets: [upper, upper, digit, digit], pivot: 3 }],
  token: byteSet('A-Z0-9 '),
  pattern: '[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}',
  accept: (bytes, match, value) => {
    const found = cut(bytes, match, value)
    return found !== null && passesMod97(bytes, found) ? [found] : []
  },
}

/** The pattern takes words behind an IBAN with it; the country says where it ends. */
function cut(bytes: Buffer, match: Span, value: ValueBounds): Span | null {
  const length = lengths[bytes.toString('latin1', match.from, match.from + 2)]
  if (length === undefined || wordBefore(bytes, match.from, value.start)) return null
  let count = 0
  let to = match.from
  while (to < match.to && count < length) {
    if (wordByte[bytes[to]!] === 1) count++
    to++
  }
  const continues = to < value.end && wordByte[bytes[to]!] === 1
  return count === length && !continues ? { from: match.from, to } : null
}

/** ISO 7064: the first four characters go to the end, letters count 10 to 35. */
function passesMod97(bytes: Buffer, { from, to }: Span): boolean {
  const text = bytes.toString('latin1', from, to).replaceAll(' ', '')
  let rest = 0
  for (const character of text.slice(4) + text.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1
}
