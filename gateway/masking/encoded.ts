// One level of base64 (RFC 4648 §4 and §5, with or without padding, in lines as MIME and PostgreSQL's encode() break them) and of hex:
// runs long enough to hold a secret, whose decoding is text. What is decoded is not decoded again. Ordinary ids, hashes and images are
// no text, which shows after a few bytes.
import { encodedCharactersMin } from '../limits.ts'
import { type ByteSet, byteSet, type Span, type ValueBounds } from './detectors/detector.ts'
import type { Finding } from './findings.ts'

/** The first of what is found in a decoded text. */
export type LookInto = (text: Buffer) => string | 'too-much' | null

/** In JSON and COPY the first letter behind it may belong to a line end or tab. */
const backslash = 0x5c
const padding = 0x3d

interface Encoding { readonly name: 'base64' | 'hex'; readonly bits: number; /** By byte; `none` for what is not of the alphabet. */ readonly values: Uint8Array; readonly charactersMin: number }

const none = 255

function encoding(name: Encoding['name'], ...alphabets: readonly string[]): Encoding {
  const values = new Uint8Array(256).fill(none)
  for (const characters of alphabets) for (let value = 0; value < characters.length; value++) values[characters.charCodeAt(value)] = value
  // Two characters of hex are one byte.
  return { name, bits: name === 'hex' ? 4 : 6, values, charactersMin: name === 'hex' ? encodedCharactersMin + (encodedCharactersMin % 2) : encodedCharactersMin }
}

const common = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const standard = encoding('base64', `${common}+/`)
const url = encoding('base64', `${common}-_`)
const hex = encoding('hex', '0123456789abcdef', '0123456789ABCDEF')
const encodings: readonly Encoding[] = [standard, url, hex]

const hexDigit = byteSet('0-9A-Fa-f')
const either = byteSet('A-Za-z0-9+/_-')
/** Which alphabets a byte is not of, as bits. */
const notStandard = 1
const notUrl = 2
const notHex = 4
const neither = notStandard | notUrl
const foreign = Uint8Array.from({ length: 256 }, (_, byte) => (standard.values[byte] === none ? notStandard : 0) | (url.values[byte] === none ? notUrl : 0) | (hex.values[byte] === none ? notHex : 0))

const nothing: readonly Finding[] = []

/** The encoded runs of a value in which `look` finds something, each a finding as a whole. */
export function encodedFindings(bytes: Buffer, { start, end }: ValueBounds, look: LookInto): readonly Finding[] | 'too-much' {
  let findings: Finding[] | null = null
  let joinedTo = start
  const texts: Decoded[] = []
  for (let from = nextStretch(bytes, start, end, either); from !== -1;) {
    const isEscaped = from > start && bytes[from - 1] === backslash
    const to = readRun(bytes, from, end, texts)
    if (isEscaped) readRun(bytes, from + 1, end, texts)
    if (to - from >= lineCharactersMin && to > joinedTo) {
      joinedTo = endOfLines(bytes, to, end)
      if (joinedTo > to) for (const lineFrom of isEscaped ? [from, from + 1] : [from]) readLines(bytes, { from: lineFrom, to: joinedTo }, to, texts)
    }
    for (let text = texts.pop(); text !== undefined; text = texts.pop()) {
      const name = look(text.text)
      if (name === 'too-much') return name
      if (name !== null) (findings ??= []).push({ name, from: text.from, to: paddedTo(bytes, text.to, end) })
    }
    from = nextStretch(bytes, to, end, either)
  }
  return findings ?? nothing
}

/**
 * Where the next stretch of a set begins that is long enough; -1: there is none. Looks at every fifteenth byte first, and backwards from
 * there: in ordinary text most bytes are never looked at.
 */
function nextStretch(bytes: Buffer, start: number, end: number, set: ByteSet): number {
  let from = start
  let knownTo = start
  for (let at = from + encodedCharactersMin - 1; at < end; at = from + encodedCharactersMin - 1) {
    let back = at
    while (back >= knownTo && set[bytes[back]!] === 1) back--
    if (back < knownTo) return from
    knownTo = at + 1
    from = back + 1
  }
  return -1
}

interface Decoded extends Span { readonly text: Buffer }

/**
 * Reads a run to its end, which is returned. It may be read in several ways, for not all of it need be encoded: in `/users/am9obi…` it is
 * what stands behind the slash, which is no letter of the URL alphabet; behind `\x` it is hex.
 */
function readRun(bytes: Buffer, from: number, end: number, texts: Decoded[]): number {
  let standardFrom = from
  let urlFrom = from
  let seen = 0
  let to = from
  for (; ; to++) {
    const kind = to < end ? foreign[bytes[to]!]! : neither
    if ((kind & neither) === 0) {
      seen |= kind
      continue
    }
    // As long as no letter is of one alphabet only, both read the same.
    if ((kind & notUrl) !== 0) {
      if (urlFrom !== standardFrom || (kind & notStandard) === 0) read(bytes, urlFrom, to, url, texts)
      urlFrom = to + 1
    }
    if ((kind & notStandard) !== 0) {
      read(bytes, standardFrom, to, standard, texts)
      standardFrom = to + 1
    }
    if ((kind & neither) === neither) break
    seen |= notHex
  }
  if ((seen & notHex) === 0) read(bytes, from, to, hex, texts)
  else readHex(bytes, from, to, texts)
  return to
}

/** Hex somewhere in a run: behind `\x`, `0x`, or in the parts of a path. */
function readHex(bytes: Buffer, from: number, end: number, texts: Decoded[]): void {
  for (let at = nextStretch(bytes, from, end, hexDigit); at !== -1; at = nextStretch(bytes, at, end, hexDigit)) {
    const begin = at
    while (at < end && hexDigit[bytes[at]!] === 1) at++
    read(bytes, begin, at, hex, texts)
  }
}

function read(bytes: Buffer, from: number, to: number, encoding: Encoding, texts: Decoded[]): void {
  if (to - from < encoding.charactersMin || !isText(bytes, from, to, encoding)) return
  texts.push({ from, to, text: Buffer.from(bytes.toString('latin1', from, to), encoding.name) })
}

/** Lines are taken together from this length on; MIME breaks at 76, PEM at 64. */
const lineCharactersMin = 60

const carriageReturn = 0x0d
const newline = 0x0a
const lineEnds: readonly Buffer[] = ['\r\n', '\n', '\\r\\n', '\\n'].map((text) => Buffer.from(text))
const anyLineEnd = /\r?\n|\\r\\n|\\n/g

/** The end of the lines of either alphabet that follow a long one; `lineEnd` itself when none does. */
function endOfLines(bytes: Buffer, lineEnd: number, end: number): number {
  for (let to = lineEnd; ;) {
    const line = behindLineEnd(bytes, to, end)
    let lineTo = line
    while (lineTo < end && either[bytes[lineTo]!] === 1) lineTo++
    if (line === to || lineTo === line) return to
    to = lineTo
    if (to - line < lineCharactersMin) return to
  }
}

/** Behind a line end, as it is or as JSON and COPY escape it. */
function behindLineEnd(bytes: Buffer, at: number, end: number): number {
  const byte = bytes[at]
  if (at === end || (byte !== carriageReturn && byte !== newline && byte !== backslash)) return at
  const found = lineEnds.find((lineEnd) => at + lineEnd.length <= end && bytes.compare(lineEnd, 0, lineEnd.length, at, at + lineEnd.length) === 0)
  return at + (found?.length ?? 0)
}

/** Lines together, without their ends; looked at only where the first by itself is text. */
function readLines(bytes: Buffer, { from, to }: Span, firstTo: number, texts: Decoded[]): void {
  for (const encoding of encodings) {
    if (!isText(bytes, from, firstTo, encoding)) continue
    const characters = Buffer.from(bytes.toString('latin1', from, to).replaceAll(anyLineEnd, ''), 'latin1')
    if (!isText(characters, 0, characters.length, encoding)) continue
    texts.push({ from, to, text: Buffer.from(characters.toString('latin1'), encoding.name) })
  }
}

const plain: ByteSet = byteSet('\t\n\r\x20-\x7e')

/** Whether all of it is of the alphabet and decodes to UTF-8 without control characters; told as it is decoded, for most end at the second byte. */
function isText(bytes: Buffer, from: number, to: number, { values, bits }: Encoding): boolean {
  let kept = 0
  let keptBits = 0
  let continuations = 0
  for (let at = from; at < to; at++) {
    const value = values[bytes[at]!]!
    if (value === none) return false
    kept = ((kept << bits) | value) & 0xffff
    keptBits += bits
    if (keptBits < 8) continue
    keptBits -= 8
    const byte = (kept >> keptBits) & 0xff
    if (continuations > 0) {
      if ((byte & 0xc0) !== 0x80) return false
      continuations--
    } else if (byte < 0x80) {
      if (plain[byte] === 0) return false
    } else {
      continuations = continuationsOf(byte)
      if (continuations === 0) return false
    }
  }
  return true
}

function continuationsOf(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 1
  if (lead >= 0xe0 && lead <= 0xef) return 2
  return lead >= 0xf0 && lead <= 0xf4 ? 3 : 0
}

function paddedTo(bytes: Buffer, to: number, end: number): number {
  let padded = to
  while (padded < Math.min(end, to + 2) && bytes[padded] === padding) padded++
  return padded
}
