import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Treatment } from '../../masking/plan.ts'
import type { Scanner } from '../../masking/scanner.ts'
import { ChunkBuilder } from './row-rewriter.ts'
import { dataRow, framesOf, valuesOf } from './testing/messages.ts'

const rule = { policy: 'p', rule: 'r' }
const treatments: readonly Treatment[] = [
  { kind: 'clear' },
  { kind: 'scan' },
  { kind: 'replace', bytes: Buffer.from('[masked]'), hidesNull: false, rule, why: '' },
  { kind: 'replace', bytes: null, hidesNull: true, rule, why: '' },
  { kind: 'transform', apply: (source, from, to) => (to - from > 600 ? null : Buffer.from(`${source.toString('utf8', from, to).slice(0, 10)}****`)), as: 'x', after: { kind: 'scan' }, rule, why: '' },
]
/** Finds the word `secret`, as a scanner would. */
const scanner: Scanner = {
  find: () => null, detectors: [],
  scan(bytes: Buffer, start: number, end: number): Buffer | null {
    const value = bytes.toString('utf8', start, end)
    return value.includes('secret') ? Buffer.from(value.replaceAll('secret', '[masked:x]')) : null
  },
}

function expected(values: readonly (string | null)[]): (string | null)[] {
  return values.map((value, i) => {
    const treatment = treatments[i]!
    if (value === null || treatment.kind === 'clear') return value
    if (treatment.kind === 'scan') return value.replaceAll('secret', '[masked:x]')
    if (treatment.kind === 'replace') return treatment.bytes === null ? null : '[masked]'
    return Buffer.byteLength(value) > 600 ? null : `${value.slice(0, 10)}****`.replaceAll('secret', '[masked:x]')
  })
}

const cell = fc.oneof(fc.constant(null), fc.string({ maxLength: 20 }), fc.constant('a secret b'), fc.string({ minLength: 600, maxLength: 700 }))
const row = fc.record({ values: fc.tuple(cell, cell, cell, cell, cell), isMasked: fc.boolean() })

test('rows and kept messages come out in order, changed where they must be and nowhere else', () => {
  fc.assert(fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
    const source = Buffer.concat([Buffer.from('head'), ...rows.map(({ values }) => dataRow(values))])
    const builder = new ChunkBuilder()
    let at = 4
    const seen: string[] = []
    for (const { values, isMasked } of rows) {
      const end = at + dataRow(values).length
      if (isMasked) builder.row(source, at, end, { treatments, scanner })
      else builder.keep(source, at, end)
      seen.push(builder.lastSource.toString('hex', builder.lastStart, builder.lastEnd))
      at = end
    }
    const total = builder.bytes
    const bytes = Buffer.concat(builder.take())
    expect(bytes.length).toBe(total)
    expect(framesOf(bytes).map(({ body }) => valuesOf(body))).toEqual(rows.map(({ values, isMasked }) => (isMasked ? expected(values) : values)))
    expect(seen.join('')).toBe(bytes.toString('hex'))
    expect(builder.take()).toEqual([])
  }))
})

test('an untouched chunk is forwarded as the very buffer it came in', () => {
  const source = Buffer.concat([dataRow(['a', null, null, null, null]), dataRow(['b', null, null, null, null])])
  const builder = new ChunkBuilder()
  const half = source.length / 2
  builder.row(source, 0, half, { treatments, scanner })
  builder.row(source, half, source.length, { treatments, scanner })
  expect(builder.take()[0]).toBe(source)
})

test.each([
  ['fewer columns than described', dataRow(['a'])],
  ['a length below -1', (() => { const bytes = dataRow(['a', 'b', 'c', 'd', 'e']); bytes.writeInt32BE(-2, 7); return bytes })()],
  ['a length beyond the row', (() => { const bytes = dataRow(['a', 'b', 'c', 'd', 'e']); bytes.writeInt32BE(1000, 7); return bytes })()],
  ['bytes behind the last column', Buffer.concat([dataRow(['a', 'b', 'c', 'd', 'e']), Buffer.from([1])])],
])('a row with %s ends the session instead of passing', (_, bytes) => {
  expect(() => new ChunkBuilder().row(bytes, 0, bytes.length, { treatments, scanner })).toThrow('DataRow')
})

test('what was taken stays whole while it is needed, and its room is written again only after that is said', () => {
  const change = (builder: ChunkBuilder, mark: string) => {
    const source = dataRow([mark, 'a secret b', null, null, null])
    builder.row(source, 0, source.length, { treatments, scanner })
    return builder.take()
  }
  const builder = new ChunkBuilder()
  const [held] = change(builder, 'held')
  const before = held!.toString('hex')
  const [next] = change(builder, 'next')
  expect(next!.buffer).not.toBe(held!.buffer)
  builder.reuse()
  const [again] = change(builder, 'again')
  expect(again!.buffer).toBe(next!.buffer)
  expect(held!.toString('hex')).toBe(before)
})

test('NULL of an expression is hidden as any other value', () => {
  const row = dataRow([null, 'x', null])
  const builder = new ChunkBuilder()
  const hidden: Treatment = { kind: 'replace', bytes: Buffer.from('[masked]'), hidesNull: true, rule, why: '' }
  builder.row(row, 0, row.length, { treatments: [hidden, hidden, { ...hidden, hidesNull: false }], scanner: null })
  expect(valuesOf(framesOf(Buffer.concat(builder.take()))[0]!.body)).toEqual(['[masked]', '[masked]', null])
})
