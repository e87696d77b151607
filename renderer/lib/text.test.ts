// Small texts: JSON indentation, TSV, identifiers, masks in words, environments.
import { expect, test } from 'vitest'
import { environmentOf } from './environment.ts'
import { duration } from './format.ts'
import { indentJson } from './json-text.ts'
import { quoted, relationName } from './sql-names.ts'
import { tsvRow } from './tsv.ts'

test('JSON is indented without being read: digits, double keys and escapes stay', () => {
  const text = '{"n":12345678901234567890.10,"n":1,"s":"a\\"b{,}","e":[],"o":{"x":null}}'
  const indented = indentJson(text)
  expect(indented).toBe('{\n  "n": 12345678901234567890.10,\n  "n": 1,\n  "s": "a\\"b{,}",\n  "e": [],\n  "o": {\n    "x": null\n  }\n}')
  expect(indented.replaceAll(/\n\s*/g, '').replaceAll('": ', '":')).toBe(text)
})

test('what is not JSON comes back as it was', () => {
  for (const text of ['{broken', '[1,', 'plain', '42', '"text"', '<b>x</b>', '']) expect(indentJson(text)).toBe(text)
})

test('a row for the clipboard stays one line; NULL is empty', () => expect(tsvRow(['a\tb', null, 'c\r\nd', ''])).toBe('a b\t\tc d\t'))

test('identifiers are quoted where PostgreSQL would read them otherwise', () => {
  expect(['customers', 'Order', 'user', 'my table', 'say "hi"', '1st'].map(quoted)).toEqual(['customers', '"Order"', '"user"', '"my table"', '"say ""hi"""', '"1st"'])
  expect(relationName('public', 'orders')).toBe('orders')
  expect(relationName('Ware House', 'select')).toBe('"Ware House"."select"')
})

test('production is recognised by any of its names, an unknown environment is plain', () => {
  expect(environmentOf({ env: 'PROD' }).tone).toBe('production')
  expect(environmentOf({ environment: 'live' }).tone).toBe('production')
  expect(environmentOf({ env: 'moon' })).toEqual({ name: 'moon', tone: 'plain' })
  expect(environmentOf({}).name).toBeNull()
})

test('durations', () => expect([0.2, 12, 2345, 61_000, 3_700_000].map(duration)).toEqual(['<1 ms', '12 ms', '2.35 s', '1 m 1 s', '1 h 1 m']))
