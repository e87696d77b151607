// Masks members of a JSON document by path, in its bytes: what is not masked is copied as it stands, so digits, double keys, order and
// escapes are those of the original. Paths as in shared/policy/json-path.ts; several are walked at once.
import { maskedJsonDepthMax } from '../../limits.ts'
import type { PathStep } from '../../../shared/policy/json-path.ts'
import type { JsonLeaf } from './json-leaf.ts'

export interface MaskedMember { readonly steps: readonly PathStep[]; readonly leaf: JsonLeaf }

/** The strictest first: where paths meet, the first one has the value. Undefined: not JSON as far as it was read, or too deep. */
export function maskMembers(document: Buffer, members: readonly MaskedMember[]): Buffer | undefined {
  const walk = new Walk(document)
  try {
    walk.document(members.map((member) => ({ member, at: 0 })))
  } catch (error) {
    if (error instanceof NotJson) return undefined
    throw error
  }
  return walk.result()
}

class NotJson extends Error {}

/** So much of a path has been walked. */
interface Position { readonly member: MaskedMember; readonly at: number }

const code = (character: string): number => character.charCodeAt(0)
const [quote, backslash, comma, colon] = [code('"'), code('\\'), code(','), code(':')]
const [openingBrace, closingBrace, openingBracket, closingBracket] = [code('{'), code('}'), code('['), code(']')]
const isSpace = new Uint8Array(256)
for (const byte of [' ', '\t', '\n', '\r']) isSpace[code(byte)] = 1
const endsScalar = new Uint8Array(isSpace)
for (const byte of [comma, closingBrace, closingBracket]) endsScalar[byte] = 1

class Walk {
  readonly #bytes: Buffer
  readonly #pieces: Buffer[] = []
  /** Up to here it is in `pieces`. */
  #copied = 0
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  result(): Buffer {
    return this.#pieces.length === 0 ? this.#bytes : Buffer.concat([...this.#pieces, this.#bytes.subarray(this.#copied)])
  }

  document(positions: readonly Position[]): void {
    this.#space()
    this.#value(positions, 0)
    this.#space()
    if (this.#at !== this.#bytes.length) throw new NotJson()
  }

  #value(positions: readonly Position[], depth: number): void {
    const opening = this.#bytes[this.#at]
    const here = opening === openingBracket ? positions : pastElements(positions)
    const end = here.find(({ member, at }) => at === member.steps.length)
    if (end !== undefined) return this.#replace(end.member.leaf)
    if (here.length === 0) return this.#skip()
    if (depth >= maskedJsonDepthMax) throw new NotJson()
    if (opening === openingBrace) this.#object(here, depth + 1)
    else if (opening === openingBracket) this.#array(positions, depth + 1)
    else this.#skip()
  }

  #object(positions: readonly Position[], depth: number): void {
    this.#each(closingBrace, () => {
      const from = this.#at
      if (this.#bytes[from] !== quote) throw new NotJson()
      this.#string()
      const key = keyOf(this.#bytes, from, this.#at)
      this.#space()
      this.#expect(colon)
      this.#space()
      this.#value(distinct(positions.flatMap((position) => inMember(position, key))), depth)
    })
  }

  #array(positions: readonly Position[], depth: number): void {
    const inside = positions.map((position) => (position.member.steps[position.at]?.kind === 'element' ? { ...position, at: position.at + 1 } : position))
    this.#each(closingBracket, () => this.#value(inside, depth))
  }

  /** Members or elements up to the closing byte. */
  #each(closing: number, read: () => void): void {
    this.#at++
    this.#space()
    if (this.#bytes[this.#at] === closing) return void this.#at++
    for (;;) {
      read()
      this.#space()
      if (this.#bytes[this.#at] === closing) return void this.#at++
      this.#expect(comma)
      this.#space()
    }
  }

  #replace(leaf: JsonLeaf): void {
    const from = this.#at
    this.#skip()
    const masked = leaf(this.#bytes.subarray(from, this.#at))
    if (masked === null) return
    this.#pieces.push(this.#bytes.subarray(this.#copied, from), masked)
    this.#copied = this.#at
  }

  /** Over one value, whatever is in it. */
  #skip(): void {
    const opening = this.#bytes[this.#at]
    if (opening === quote) return this.#string()
    if (opening === openingBrace || opening === openingBracket) return this.#nest()
    const from = this.#at
    while (this.#at < this.#bytes.length && endsScalar[this.#bytes[this.#at]!] === 0) this.#at++
    if (this.#at === from) throw new NotJson()
  }

  #nest(): void {
    let depth = 0
    do {
      const byte = this.#bytes[this.#at]
      if (byte === undefined) throw new NotJson()
      if (byte === quote) {
        this.#string()
        continue
      }
      if (byte === openingBrace || byte === openingBracket) depth++
      else if (byte === closingBrace || byte === closingBracket) depth--
      this.#at++
    } while (depth > 0)
  }

  #string(): void {
    for (let at = this.#at + 1; at < this.#bytes.length; at++) {
      const byte = this.#bytes[at]
      if (byte === backslash) at++
      else if (byte === quote) {
        this.#at = at + 1
        return
      }
    }
    throw new NotJson()
  }

  #space(): void {
    while (this.#at < this.#bytes.length && isSpace[this.#bytes[this.#at]!] === 1) this.#at++
  }

  #expect(byte: number): void {
    if (this.#bytes[this.#at] !== byte) throw new NotJson()
    this.#at++
  }
}

/** `[*]` of what is no array is the value itself. */
function pastElements(positions: readonly Position[]): readonly Position[] {
  if (!positions.some(({ member, at }) => member.steps[at]?.kind === 'element')) return positions
  return positions.map((position) => {
    let { at } = position
    while (position.member.steps[at]?.kind === 'element') at++
    return at === position.at ? position : { ...position, at }
  })
}

function inMember(position: Position, key: string): readonly Position[] {
  const { member, at } = position
  const step = member.steps[at]
  const next = { member, at: at + 1 }
  switch (step?.kind) {
    case 'member': return step.name === key ? [next] : []
    case 'any-member': return [next]
    case 'descendant': return step.name === key ? [next, position] : [position]
    default: return []
  }
}

/** `$..a..b` comes to the same place in many ways: without this a deep document would take exponential time. */
function distinct(positions: readonly Position[]): readonly Position[] {
  if (positions.length < 2) return positions
  return positions.filter((one, index) => positions.findIndex(({ member, at }) => member === one.member && at === one.at) === index)
}

/** The member's name with its escapes resolved: another spelling is the same name. */
function keyOf(bytes: Buffer, from: number, to: number): string {
  const text = bytes.toString('utf8', from + 1, to - 1)
  if (!text.includes('\\')) return text
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    throw new NotJson()
  }
}
