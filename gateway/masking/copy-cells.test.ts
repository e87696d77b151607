import { describe, expect, test } from 'vitest'
import type { CopyForm } from '../../shared/command.ts'
import { CopyShapeError, createCopyMasker, type CellMask } from './copy-cells.ts'

const text: CopyForm = { format: 'text', delimiter: '\t', quote: '"', escape: '"', nullText: '\\N', hasHeader: false }
const csv: CopyForm = { format: 'csv', delimiter: ',', quote: '"', escape: '"', nullText: '', hasHeader: false }
const masked: CellMask = { text: '[masked]' }
const asNull: CellMask = { text: null }

const maskRow = (form: CopyForm, masks: readonly CellMask[], row: string): string => {
  const bytes = Buffer.from(`before${row}after`)
  return createCopyMasker(form, masks).mask(bytes, 6, bytes.length - 5).toString()
}

describe('text', () => {
  test.each<[string, readonly CellMask[], string, string, CopyForm?]>([
    ['a cell in the middle', ['clear', masked, 'clear'], '1\tann@x\tAnn\n', '1\t[masked]\tAnn\n'],
    ['the first and the last', [masked, 'clear', asNull], 'a\tb\tc\n', '[masked]\tb\t\\N\n'],
    ['NULL is hidden too', [masked, asNull], '\\N\tx\n', '[masked]\t\\N\n'],
    ['an empty value is masked too', [masked], '\n', '[masked]\n'],
    ['an escaped delimiter is no delimiter', [masked, 'clear'], 'a\\|b|c\n', '[masked]|c\n', { ...text, delimiter: '|' }],
    ['a backslash at the end of a value', [masked, 'clear'], 'a\\\\\tc\n', '[masked]\tc\n'],
    ['a delimiter that stands in the mask is escaped', [masked, 'clear'], 'a[c\n', '\\[masked][c\n', { ...text, delimiter: '[' }],
    ['NULL written otherwise', [asNull, masked], 'a\tNULL\n', 'NULL\t[masked]\n', { ...text, nullText: 'NULL' }],
  ])('%s', (_, masks, row, expected, form = text) => {
    expect(maskRow(form, masks, row)).toBe(expected)
  })
})

describe('CSV', () => {
  test.each<[string, readonly CellMask[], string, string, CopyForm?]>([
    ['quoted delimiters and newlines', [masked, 'clear'], '"a,b\nc",d\n', '[masked],d\n'],
    ['doubled quotes', [masked, 'clear'], '"a"",""b",d\n', '[masked],d\n'],
    ['another escape', [masked, 'clear'], '"a\\",b",d\n', '[masked],d\n', { ...csv, escape: '\\' }],
    ['an empty cell, NULL, is hidden too', [masked, 'clear'], ',d\n', '[masked],d\n'],
    ['a quoted empty string is a value', [masked, 'clear'], '"",d\n', '[masked],d\n'],
    ['NULL', [asNull, 'clear'], 'a,d\n', ',d\n'],
    ['a mask that needs quotes', [{ text: '"[masked]"' }, 'clear'], 'a,d\n', '"""[masked]""",d\n'],
    ['a mask that reads like NULL', [masked, 'clear'], 'a,d\n', '"[masked]",d\n', { ...csv, nullText: '[masked]' }],
  ])('%s', (_, masks, row, expected, form = csv) => {
    expect(maskRow(form, masks, row)).toBe(expected)
  })

  test('the header stays, the first row is masked', () => {
    const masker = createCopyMasker({ ...csv, hasHeader: true }, [masked])
    expect(masker.mask(Buffer.from('email\n'), 0, 6).toString()).toBe('email\n')
    expect(masker.mask(Buffer.from('ann\n'), 0, 4).toString()).toBe('[masked]\n')
  })
})

describe('binary', () => {
  const header = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)])
  const int16 = (value: number) => { const bytes = Buffer.alloc(2); bytes.writeInt16BE(value); return bytes }
  const field = (value: string | null) => { const length = Buffer.alloc(4); length.writeInt32BE(value === null ? -1 : value.length); return Buffer.concat([length, Buffer.from(value ?? '')]) }
  const row = (...values: readonly (string | null)[]) => Buffer.concat([int16(values.length), ...values.map(field)])

  test('masked fields become NULL, through header, rows and trailer', () => {
    const masker = createCopyMasker({ format: 'binary' }, ['clear', asNull])
    const first = Buffer.concat([header, row('a', 'secret'), row(null, null)])
    expect(masker.mask(first, 0, first.length)).toEqual(Buffer.concat([header, row('a', null), row(null, null)]))
    const last = Buffer.concat([row('b', 'secret'), int16(-1)])
    expect(masker.mask(last, 0, last.length)).toEqual(Buffer.concat([row('b', null), int16(-1)]))
  })

  test.each([
    ['no signature', Buffer.from('PGCOPX\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')],
    ['a header longer than the message', Buffer.concat([header.subarray(0, 15), Buffer.from([0, 0, 1, 0])])],
    ['another number of fields', Buffer.concat([header, row('a')])],
    ['a field longer than the message', Buffer.concat([header, int16(2), field('a'), Buffer.from([0, 0, 0, 9])])],
    ['a negative length', Buffer.concat([header, int16(2), field('a'), Buffer.from([255, 255, 255, 254])])],
  ])('%s is a fault', (_, bytes) => {
    expect(() => createCopyMasker({ format: 'binary' }, ['clear', asNull]).mask(bytes, 0, bytes.length)).toThrow(CopyShapeError)
  })
})

test.each([
  ['without its newline', text, 'a\tb'],
  ['with too few cells', text, 'a\n'],
  ['with too many cells', text, 'a\tb\tc\n'],
  ['that ends in a quoted value', csv, 'a,"b\n'],
])('a row %s is a fault, and nothing of it passes', (_, form, row) => {
  expect(() => maskRow(form, ['clear', masked], row)).toThrow(CopyShapeError)
})
