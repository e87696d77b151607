import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { objectJsonDepthMax } from '../../limits.ts'
import { openingBrace, openingBracket, quote, readTape, type Tape } from './tape.ts'

/** What JSON.parse would give; of double members the last. */
function valueOf(tape: Tape, token: number): unknown {
  const first = tape.first(token)
  if (first === openingBracket) return tape.elements(token).map((element) => valueOf(tape, element))
  if (first === quote) return tape.text(token)
  if (first !== openingBrace) return JSON.parse(tape.raw(token).toString())
  const object: Record<string, unknown> = {}
  for (let name = token + 1; name < tape.next[token]!; name = tape.next[name + 1]!) {
    Object.defineProperty(object, tape.text(name), { value: valueOf(tape, name + 1), enumerable: true, configurable: true, writable: true })
  }
  return object
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const pieces = ['{', '}', '[', ']', ',', ':', '"', '"a"', '"\\u0061"', '"\\n"', '"\\', '\\u12', '0', '-', '1.5', '1e5', '1e', '01', 'true', 'tru', 'null', ' ', '\n', '\t', '\u00a0', 'é', '\u2028', '"\u0001"', '"\ud83d\ude00"', '{"a":1}', '[1,2]', '{"a":', '/**/', "'a'", 'NaN', '+1', '.5', '"__proto__":']

describe('the tape reads what JSON.parse reads, and refuses what it refuses', () => {
  test('of JSON', () => {
    fc.assert(fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom(0, 1, '\t'), (text, space) => {
      const spaced = JSON.stringify(JSON.parse(text), null, space)
      const tape = readTape(Buffer.from(spaced))
      expect(tape === null ? 'refused' : valueOf(tape, 0)).toEqual(JSON.parse(spaced))
    }), { seed: 5, numRuns: 2_000 })
  })

  test('of nearly JSON', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 10 }).map((parts) => parts.join('')), (text) => {
      const tape = readTape(Buffer.from(text))
      expect(tape !== null).toBe(isJson(text))
      if (tape !== null) expect(valueOf(tape, 0)).toEqual(JSON.parse(text))
    }), { seed: 5, numRuns: 20_000 })
  })

  test('of JSON that is cut off or has a byte too much', () => {
    const text = '{"a":[1,-2.5e+3,"x\\u0041",true,null,{"b":{}}],"c":"é"}'
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; at++) {
      expect(readTape(bytes.subarray(0, at))).toBe(null)
      for (const byte of [0x00, 0x22, 0x2c, 0x5c, 0x7d, 0x80]) {
        const changed = Buffer.concat([bytes.subarray(0, at), Buffer.of(byte), bytes.subarray(at)])
        const isValid = isJson(changed.toString('utf8')) && Buffer.from(changed.toString('utf8')).equals(changed)
        expect(readTape(changed) !== null).toBe(isValid)
      }
    }
  })
})

test('many small values do not outgrow it', () => {
  const text = `[${'0,'.repeat(100_000)}0]`
  const tape = readTape(Buffer.from(text))!
  expect(tape.elements(0).length).toBe(100_001)
  expect(tape.raw(100_001).toString()).toBe('0')
})

test('depth ends at its limit', () => {
  const nested = (depth: number): Buffer => Buffer.from('{"a":['.repeat(depth / 2) + ']}'.repeat(depth / 2))
  expect(readTape(nested(objectJsonDepthMax))).not.toBe(null)
  expect(readTape(nested(objectJsonDepthMax + 2))).toBe(null)
  expect(readTape(Buffer.from('['.repeat(1_000_000)))).toBe(null)
})

test('the memory of a tape that is put away serves the next', () => {
  const one = readTape(Buffer.from('{"a":"\\n","b":[1,2,3,4,5,6]}'))!
  one.dispose()
  const other = readTape(Buffer.from('{"c":"d"}'))!
  expect(other.from).toBe(one.from)
  expect(other.text(1)).toBe('c')
})
