// Payment card numbers: 13 to 19 digits in groups parted by single spaces or dashes, of a known issuer range, that pass the Luhn
// check (ISO/IEC 7812-1). Digits that continue a word are part of something else.
import { byteSet, type Detector, digit, type Span, type ValueBounds, wordBefore, wordByte } from './detector.ts'

const digitsMin = 13
const digitsMax = 19

export const creditCard: Detector = {
  name: 'credit-card',
  triggers: [{ kind: 'digits', count: digitsMin }],
  token: byteSet('0-9 -'),
  pattern: `[0-9](?:[ -]?[0-9]){${digitsMin - 1},}`,
  accept: (bytes, match, value) => cardsIn(bytes, groupsOf(bytes, match, value)).filter((card) => !isInUuid(bytes, card, value)),
}

/** RFC 9562 §4, with the bytes of one that may stand on either side of a card inside it. */
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi
const uuidBytes = 36

/** The groups of a UUID can be digits by chance. */
function isInUuid(bytes: Buffer, { from, to }: Span, { start, end }: ValueBounds): boolean {
  const near = Math.max(start, from - uuidBytes)
  const around = bytes.toString('latin1', near, Math.min(end, to + uuidBytes))
  return [...around.matchAll(uuid)].some(({ index, 0: { length } }) => near + index <= from && to <= near + index + length)
}

/** Runs of digits between separators; those that touch a letter are left out, as empty groups that nothing can span. */
function groupsOf(bytes: Buffer, match: Span, value: ValueBounds): readonly Span[] {
  const groups: Span[] = []
  let from = match.from
  for (let i = match.from; i <= match.to; i++) {
    if (i < match.to && digit[bytes[i]!] === 1) continue
    groups.push({ from, to: i })
    from = i + 1
  }
  const touchesBefore = wordBefore(bytes, match.from, value.start)
  const touchesAfter = match.to < value.end && wordByte[bytes[match.to]!] === 1
  return groups.slice(touchesBefore ? 1 : 0, touchesAfter ? -1 : undefined)
}

/** A card is some groups in a row: `12 4111 1111 1111 1111 5` holds one, whatever numbers stand beside it. */
function cardsIn(bytes: Buffer, groups: readonly Span[]): readonly Span[] {
  const cards: Span[] = []
  for (let first = 0; first < groups.length; first++) {
    const last = lastGroupOfCard(bytes, groups, first)
    if (last < 0) continue
    cards.push({ from: groups[first]!.from, to: groups[last]!.to })
    first = last
  }
  return cards
}

function lastGroupOfCard(bytes: Buffer, groups: readonly Span[], first: number): number {
  let digits = ''
  let found = -1
  for (let last = first; last < groups.length; last++) {
    const { from, to } = groups[last]!
    if (digits.length + to - from > digitsMax) break
    digits += bytes.toString('latin1', from, to)
    if (digits.length >= digitsMin && isCard(digits)) found = last
  }
  return found
}

/** Issuer ranges and their lengths: Visa; Mastercard; American Express; Discover; Diners Club; JCB; UnionPay; Maestro. */
const issuers: readonly { readonly prefix: RegExp; readonly lengths: readonly number[] }[] = [
  { prefix: /^4/, lengths: [13, 16, 19] },
  { prefix: /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16] },
  { prefix: /^3[47]/, lengths: [15] },
  { prefix: /^(?:6011|64[4-9]|65)/, lengths: [16, 17, 18, 19] },
  { prefix: /^3(?:0[0-5]|[689])/, lengths: [14, 15, 16, 17, 18, 19] },
  { prefix: /^35(?:2[89]|[3-8])/, lengths: [16, 17, 18, 19] },
  { prefix: /^62/, lengths: [16, 17, 18, 19] },
  { prefix: /^(?:50|5[6-9]|6)/, lengths: [13, 14, 15, 16, 17, 18, 19] },
]

function isCard(digits: string): boolean {
  return issuers.some(({ prefix, lengths }) => lengths.includes(digits.length) && prefix.test(digits)) && passesLuhn(digits)
}

function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const value = digits.charCodeAt(digits.length - 1 - i) - 0x30
    const doubled = i % 2 === 1 ? value * 2 : value
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}
