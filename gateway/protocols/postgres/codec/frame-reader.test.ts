import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameError, FrameReader } from './frame-reader.ts'
import { bind, execute, frame, int32, parse, query, sync } from '../testing/messages.ts'

function readAll(reader: FrameReader, chunks: readonly Buffer[]): string[] {
  const out: string[] = []
  for (const chunk of chunks) {
    reader.append(chunk)
    while (reader.next()) out.push(reader.bytes.toString('hex', reader.start, reader.end))
  }
  return out
}

const messages = [query('select 1'), parse('a', 'select $1'), bind('', 'a', ['x'.repeat(300)]), execute(''), sync, frame('d', [1, 2, 3]), frame('H')]
const stream = Buffer.concat(messages)
const expected = messages.map((message) => message.toString('hex'))

test('a stream split at every offset gives the same frames', () => {
  for (let at = 0; at <= stream.length; at++) {
    expect(readAll(new FrameReader(1_000), [stream.subarray(0, at), stream.subarray(at)])).toEqual(expected)
  }
})

test('a stream in chunks of any sizes gives the same frames, also when read late', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 60 }), fc.boolean(), (sizes, late) => {
    const chunks: Buffer[] = []
    for (let at = 0, i = 0; at < stream.length; i++) {
      const size = sizes[i % sizes.length]!
      chunks.push(stream.subarray(at, at + size))
      at += size
    }
    const reader = new FrameReader(1_000)
    if (!late) {
      expect(readAll(reader, chunks)).toEqual(expected)
      return
    }
    for (const chunk of chunks) reader.append(chunk)
    expect(readAll(reader, [])).toEqual([])
    const out: string[] = []
    while (reader.next()) out.push(reader.bytes.toString('hex', reader.start, reader.end))
    expect(out).toEqual(expected)
    expect(reader.isEmpty).toBe(true)
  }))
})

test.each([0, 3, -1, -2_147_483_648])('refuses the length %i', (length) => {
  const reader = new FrameReader(1_000)
  reader.append(Buffer.from([0x51, ...int32(length), 0, 0, 0]))
  expect(() => reader.next()).toThrow(FrameError)
})

test('refuses a frame over the cap before it takes memory, from its header alone', () => {
  for (const cut of [1, 2, 3, 4, 5]) {
    const header = Buffer.from([0x51, ...int32(2_147_483_647)])
    const reader = new FrameReader(1_000)
    reader.append(header.subarray(0, cut))
    if (cut < 5) {
      expect(reader.next()).toBe(false)
      reader.append(header.subarray(cut))
    }
    expect(() => reader.next()).toThrow(/at most 1000/)
  }
})
