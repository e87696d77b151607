import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { base64, commandComplete, concat, dataRow, errorResponse, int16, int32, message, readyForQuery, rowDescription, text, zero } from '../testing/pg-fixture.ts'
import { bytesOf, cellCharactersMax, decodeBackend, rowsShownMax } from './pg-messages.ts'

const whole = concat(rowDescription(['id', 'name']), dataRow(['1', 'Ada']), dataRow(['2', null]), commandComplete('SELECT 2'), readyForQuery())

test('reads columns, rows, NULL and the tag', () => {
  expect(decodeBackend(whole)).toEqual({ items: [{ kind: 'table', table: { columns: ['id', 'name'], rows: [['1', 'Ada'], ['2', null]], hidden: 0, tag: 'SELECT 2' } }], rest: 0, isBroken: false })
})

test('survives base64 and a view into a larger buffer', () => {
  const padded = concat(text('xxx'), bytesOf(base64(whole)))
  expect(decodeBackend(padded.subarray(3))).toEqual(decodeBackend(whole))
})

test('a recording cut anywhere gives what was whole, and says how much is left', () => {
  for (let cut = 0; cut <= whole.length; cut++) {
    const { isBroken, rest, items } = decodeBackend(whole.subarray(0, cut))
    expect(isBroken).toBe(false)
    expect(rest).toBeLessThanOrEqual(cut)
    if (cut === whole.length - 6) expect(items).toHaveLength(1)
  }
})

test('rows beyond the cap are counted, not kept', () => {
  const bytes = concat(rowDescription(['n']), ...Array.from({ length: rowsShownMax + 7 }, (_, at) => dataRow([String(at)])))
  const [item] = decodeBackend(bytes).items
  expect(item).toMatchObject({ kind: 'table', table: { hidden: 7, tag: null } })
})

test('rows that go on from an earlier frame have no columns and are shown all the same', () => {
  expect(decodeBackend(concat(dataRow(['5']), commandComplete('SELECT 5'))).items).toMatchObject([{ kind: 'table', table: { columns: [], rows: [['5']], tag: 'SELECT 5' } }])
})

test('a long cell is clipped', () => {
  const [item] = decodeBackend(concat(rowDescription(['n']), dataRow(['x'.repeat(50_000)]))).items
  expect(item).toMatchObject({ table: { rows: [[`${'x'.repeat(cellCharactersMax)}…`]] } })
})

test('reads errors, notices and COPY', () => {
  const copy = concat(message('H', Uint8Array.of(0), int16(0)), message('d', text('1\tAda\n')), message('d', text('2\t\\N\n')), message('c'), commandComplete('COPY 2'))
  expect(decodeBackend(copy).items).toEqual([{ kind: 'copy', text: '1\tAda\n2\t\\N\n', isOut: true }, { kind: 'tag', tag: 'COPY 2' }])
  expect(decodeBackend(errorResponse({ S: 'ERROR', C: '42501', M: 'denied' })).items).toEqual([{ kind: 'error', severity: 'ERROR', code: '42501', message: 'denied' }])
})

test.each([
  ['a length below its own size', concat(text('D'), int32(3))],
  ['a cell of negative length', message('D', int16(1), int32(-2))],
  ['a cell longer than its message', message('D', int16(1), int32(9999), text('x'))],
  ['more cells than bytes', message('D', int16(500), int32(-1))],
  ['a name without an end', message('T', int16(1), text('id'))],
  ['a message of no known kind', message('?', zero('hello'))],
])('%s is broken, not trusted', (_, bytes) => {
  expect(decodeBackend(concat(dataRow(['1']), bytes))).toMatchObject({ isBroken: true, items: [{ kind: 'table', table: { rows: [['1']] } }] })
})

test('a length that claims gigabytes takes no memory', () => {
  expect(decodeBackend(concat(text('D'), int32(0x7fffffff), text('x')))).toEqual({ items: [], rest: 6, isBroken: false })
})

test('any bytes at all: it ends, and what it shows is bounded', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    const { items, rest } = decodeBackend(bytes)
    expect(rest).toBeLessThanOrEqual(bytes.length)
    expect(items.length).toBeLessThanOrEqual(201)
  }))
})
