// IP addresses: IPv4 in dotted form, IPv6 in every form (RFC 4291 §2.2). Versions of four parts look the same; what stands beside them
// tells some. Loopback and unspecified addresses name nobody and stay; so does IPv6 outside the ranges in use, for `a::b` is also code.
import { isIPv4, isIPv6 } from 'node:net'
import { byteSet, type Detector, literal, type Span, type Trigger, type ValueBounds, wordBefore, wordByte } from './detector.ts'

const colon = 0x3a
const dot = 0x2e
const hexDigit = '0-9A-Fa-f'

const dotted = ['0-9', '.', '0-9'].map(byteSet)
const group = [hexDigit, ':', hexDigit].map(byteSet)

/** A dot, or colon, with one to three (four) digits to the next. */
function between(pair: readonly Uint8Array[], countMax: number): readonly Trigger[] {
  const [near, separator, far] = pair as readonly [Uint8Array, Uint8Array, Uint8Array]
  return Array.from({ length: countMax }, (_, more) => ({ kind: 'bytes', sets: [near, separator, ...Array.from({ length: more + 1 }, () => far), separator], pivot: 1 }))
}

export const ipAddress: Detector = {
  name: 'ip-address',
  triggers: [...between(dotted, 3), ...between(group, 4), literal('::', 0)],
  token: byteSet(`${hexDigit}:.`),
  isPlausible: hasSeparators,
  pattern: `[${hexDigit}:.]{2,}`,
  takesRuns: true,
  accept: (bytes, run, value) => [...bytes.toString('latin1', run.from, run.to).matchAll(candidate)].flatMap(({ index, 0: text }) => {
    const trimmed = endingInDigit(text)
    const found = { from: run.from + index, to: run.from + index + trimmed.length }
    return standsAlone(bytes, found, value) && isAddress(bytes, found, value) ? [found] : []
  }),
}

/** What looks like either. Every repetition is bounded and parted by dots or colons, so JavaScript's own engine is safe on it. */
const candidate = /(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{1,4}|(?=::))(?::[0-9A-Fa-f]{0,4}){2,8}(?:\.[0-9]{1,3}){0,3}|(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}/g

function isAddress(bytes: Buffer, found: Span, value: ValueBounds): boolean {
  const text = bytes.toString('latin1', found.from, found.to)
  if (text.includes(':')) return isIPv6(text) && inUse.test(text)
  return isIPv4(text) && !namesNobody.test(text) && !isVersion(bytes, found, value)
}

/** Three dots, seven colons, or two colons side by side: times and decimals have fewer. */
function hasSeparators(bytes: Buffer, { from, to }: Span): boolean {
  let colons = 0
  let dots = 0
  for (let i = from; i < to; i++) {
    const byte = bytes[i]
    if (byte === dot) dots++
    else if (byte === colon && bytes[i + 1] === colon && i + 1 < to) return true
    else if (byte === colon) colons++
  }
  return dots >= 3 || colons >= 7
}

/** A colon behind the address is the sentence's, except the two that end `2001:db8::`. */
function endingInDigit(text: string): string {
  return text.endsWith(':') && !text.endsWith('::') ? text.slice(0, -1) : text
}

/** RFC 4291 §2.4 and the IANA registry: global unicast, unique local, link-local, multicast, NAT64, IPv4-mapped. */
const inUse = /^(?:[23][0-9a-f]{3}:|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:|ff[0-9a-f]{2}:|0*64:ff9b:|(?:0*:)+ffff:)/i
const namesNobody = /^(?:127|0)\./

function standsAlone(bytes: Buffer, { from, to }: Span, { start, end }: ValueBounds): boolean {
  const isWord = (at: number): boolean => at >= start && at < end && wordByte[bytes[at]!] === 1
  const isJoined = (near: number, far: number): boolean => near >= start && near < end && bytes[near] === dot && isWord(far)
  return !wordBefore(bytes, from, start) && !isWord(to) && !isJoined(from - 1, from - 2) && !isJoined(to, to + 1)
}

/** How far before an address the word is looked for that makes it a version. */
const beforeBytes = 24
const behindBytes = 9
/** `version: 1.2.3.4`, `pkg==1.2.3.4`, `^1.2.3.4`, `Chrome/120.0.0.0` (RFC 9110 §10.1.5: a product and its version). */
const versionBefore = /(?:\b(?:[Vv]ersion|VERSION|[Rr]elease|[Bb]uild|[Vv]er|[Rr]ev)[ ."':=]*|[=<>~]=|[~^]|(?:^|[ ("',;])[A-Z][A-Za-z]*\/)$/
const versionBehind = /^(?:[-.]?(?:alpha|beta|rc|pre|dev|snapshot)|\+[0-9a-z])/i

function isVersion(bytes: Buffer, { from, to }: Span, { start, end }: ValueBounds): boolean {
  const before = bytes.toString('latin1', Math.max(start, from - beforeBytes), from)
  return versionBefore.test(before) || versionBehind.test(bytes.toString('latin1', to, Math.min(end, to + behindBytes)))
}
