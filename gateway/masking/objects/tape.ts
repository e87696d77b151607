// JSON (RFC 8259) read into a tape: for every value and member name where it begins, where it ends, and what comes behind it. The bytes
// stay as they are, so what is not masked is forwarded as it was written: digits, order, double members. Strict, for what this reads as
// one thing no client may read as another.
import { isUtf8 } from 'node:buffer'
import { objectJsonDepthMax, objectJsonTokensMax } from '../../limits.ts'

const code = (character: string): number => character.charCodeAt(0)
export const [quote, openingBrace, openingBracket] = [code('"'), code('{'), code('[')]
const [backslash, comma, colon, closingBrace, closingBracket, minus, zero] = [code('\\'), code(','), code(':'), code('}'), code(']'), code('-'), code('0')]

function setOf(characters: string): Uint8Array {
  const set = new Uint8Array(256)
  for (const character of characters) set[code(character)] = 1
  return set
}

const isSpace = setOf(' \t\n\r')
const isDigit = setOf('0123456789')
const isExponent = setOf('eE')
const isSign = setOf('+-')
const isHex = setOf('0123456789abcdefABCDEF')
const isEscape = setOf('"\\/bfnrt')
/** What stands in a string as it is. */
const isPlain = new Uint8Array(256).fill(1, 0x20)
isPlain[quote] = 0
isPlain[backslash] = 0
const literals = ['true', 'false', 'null'].map((word) => Buffer.from(word))

const asciiMax = 0x7f

class NotJson extends Error {}

/** A watch reads thousands of small documents a second: one after another takes the same memory. */
let spare: Pick<Tape, 'from' | 'to' | 'next' | 'escaped'> | null = null
const spareTokensMax = 64 * 1024

export class Tape {
  readonly bytes: Buffer
  /** By token: its first byte, the byte behind it, the token behind it and all that is in it. */
  from: Int32Array
  to: Int32Array
  next: Int32Array
  /** 1: a string with a backslash in it. */
  escaped: Uint8Array
  count = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
    const size = Math.max(16, bytes.length >> 3)
    const { from, to, next, escaped } = spare !== null && spare.from.length >= size ? spare : { from: new Int32Array(size), to: new Int32Array(size), next: new Int32Array(size), escaped: new Uint8Array(size) }
    this.from = from
    this.to = to
    this.next = next
    this.escaped = escaped
    spare = null
  }

  /** The tape is not read any more: the next one takes its memory, unless that was large. */
  dispose(): void {
    if (this.from.length <= spareTokensMax) spare = { from: this.from, to: this.to, next: this.next, escaped: this.escaped }
  }

  /** The first byte says what a value is. */
  first(token: number): number {
    return this.bytes[this.from[token]!]!
  }

  isString(token: number): boolean {
    return this.first(token) === quote
  }

  /** The content of a string, its escapes resolved. */
  text(token: number): string {
    const [from, to] = [this.from[token]!, this.to[token]!]
    if (this.escaped[token] === 0) return this.bytes.toString('utf8', from + 1, to - 1)
    return JSON.parse(this.bytes.toString('utf8', from, to)) as string
  }

  /** The values of an object's members of this name: JSON may have it twice. Of what is no object, none. */
  named(token: number, name: string): readonly number[] {
    const found: number[] = []
    if (this.first(token) !== openingBrace) return found
    for (let at = token + 1; at < this.next[token]!; at = this.next[at + 1]!) if (this.says(at, name)) found.push(at + 1)
    return found
  }

  /** The elements of an array; of what is none, none. */
  elements(token: number): readonly number[] {
    const found: number[] = []
    if (this.first(token) !== openingBracket) return found
    for (let at = token + 1; at < this.next[token]!; at = this.next[at]!) found.push(at)
    return found
  }

  raw(token: number): Buffer {
    return this.bytes.subarray(this.from[token], this.to[token])
  }

  /** Whether a string says this, told by its bytes as long as they are ASCII. */
  says(token: number, name: string): boolean {
    if (this.escaped[token] === 1) return this.text(token) === name
    const from = this.from[token]! + 1
    const length = this.to[token]! - 1 - from
    if (length < name.length) return false
    for (let i = 0; i < name.length; i++) {
      const unit = name.charCodeAt(i)
      if (unit > asciiMax) return this.text(token) === name
      if (this.bytes[from + i] !== unit) return false
    }
    return length === name.length
  }

  add(from: number): number {
    const token = this.count++
    if (token === this.from.length) this.#grow()
    this.from[token] = from
    this.escaped[token] = 0
    return token
  }

  #grow(): void {
    if (this.count > objectJsonTokensMax) throw new NotJson()
    const size = 2 * this.from.length
    const larger = (old: Int32Array): Int32Array => {
      const grown = new Int32Array(size)
      grown.set(old)
      return grown
    }
    this.from = larger(this.from)
    this.to = larger(this.to)
    this.next = larger(this.next)
    const escaped = new Uint8Array(size)
    escaped.set(this.escaped)
    this.escaped = escaped
  }
}

/** Token 0 is the document. Null: it is no JSON, no UTF-8, nested deeper than objectJsonDepthMax, or holds more than objectJsonTokensMax. */
export function readTape(bytes: Buffer): Tape | null {
  if (!isUtf8(bytes)) return null
  const tape = new Tape(bytes)
  try {
    new Reader(tape).document()
    return tape
  } catch (error) {
    if (error instanceof NotJson) return null
    throw error
  }
}

class Reader {
  readonly #tape: Tape
  readonly #bytes: Buffer
  readonly #open = new Int32Array(objectJsonDepthMax)
  #depth = 0
  #at = 0

  constructor(tape: Tape) {
    this.#tape = tape
    this.#bytes = tape.bytes
  }

  document(): void {
    do {
      this.#space()
      this.#value()
    } while (this.#goesOn())
    this.#space()
    if (this.#at !== this.#bytes.length) throw new NotJson()
  }

  /** A string, number or literal, or the opening of an object (up to its first value) or array. */
  #value(): void {
    const byte = this.#bytes[this.#at]!
    if (byte === quote) return void this.#string()
    if (byte === openingBrace || byte === openingBracket) return this.#opened(byte)
    const token = this.#tape.add(this.#at)
    if (byte === minus || isDigit[byte] === 1) this.#number()
    else this.#literal()
    this.#ends(token)
  }

  #opened(byte: number): void {
    if (this.#depth === objectJsonDepthMax) throw new NotJson()
    this.#open[this.#depth++] = this.#tape.add(this.#at)
    this.#at++
    this.#space()
    if (this.#bytes[this.#at] === closingOf(byte)) return
    if (byte === openingBrace) this.#member()
    this.#value()
  }

  /** Closes what ends here; true: another value of the innermost one follows. */
  #goesOn(): boolean {
    for (;;) {
      if (this.#depth === 0) return false
      const token = this.#open[this.#depth - 1]!
      const opening = this.#tape.first(token)
      this.#space()
      const byte = this.#bytes[this.#at]
      if (byte === closingOf(opening)) {
        this.#at++
        this.#depth--
        this.#ends(token)
        continue
      }
      if (byte !== comma || this.#tape.count === token + 1) throw new NotJson()
      this.#at++
      this.#space()
      if (opening === openingBrace) this.#member()
      return true
    }
  }

  #member(): void {
    if (this.#bytes[this.#at] !== quote) throw new NotJson()
    this.#string()
    this.#space()
    if (this.#bytes[this.#at] !== colon) throw new NotJson()
    this.#at++
    this.#space()
  }

  #string(): void {
    const bytes = this.#bytes
    const token = this.#tape.add(this.#at)
    let at = this.#at + 1
    for (;;) {
      while (isPlain[bytes[at]!] === 1) at++
      const byte = bytes[at]
      if (byte === quote) break
      if (byte !== backslash) throw new NotJson()
      this.#tape.escaped[token] = 1
      at = this.#escape(at + 1)
    }
    this.#at = at + 1
    this.#ends(token)
  }

  #escape(at: number): number {
    if (isEscape[this.#bytes[at]!] === 1) return at + 1
    if (this.#bytes[at] !== code('u')) throw new NotJson()
    for (let i = 1; i <= 4; i++) if (isHex[this.#bytes[at + i]!] !== 1) throw new NotJson()
    return at + 5
  }

  #number(): void {
    if (this.#bytes[this.#at] === minus) this.#at++
    if (this.#bytes[this.#at] === zero) this.#at++
    else this.#digits()
    if (this.#bytes[this.#at] === code('.')) {
      this.#at++
      this.#digits()
    }
    if (isExponent[this.#bytes[this.#at]!] !== 1) return
    this.#at++
    if (isSign[this.#bytes[this.#at]!] === 1) this.#at++
    this.#digits()
  }

  #digits(): void {
    const from = this.#at
    while (isDigit[this.#bytes[this.#at]!] === 1) this.#at++
    if (this.#at === from) throw new NotJson()
  }

  #literal(): void {
    const word = literals.find((literal) => this.#bytes.subarray(this.#at, this.#at + literal.length).equals(literal))
    if (word === undefined) throw new NotJson()
    this.#at += word.length
  }

  #ends(token: number): void {
    this.#tape.to[token] = this.#at
    this.#tape.next[token] = this.#tape.count
  }

  #space(): void {
    while (isSpace[this.#bytes[this.#at]!] === 1) this.#at++
  }
}

function closingOf(opening: number): number {
  return opening === openingBrace ? closingBrace : closingBracket
}
