import { createSecretKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { maskedJsonBytesMax } from '../limits.ts'
import type { ColumnForm } from './column-form.ts'
import type { Treatment } from './plan.ts'
import type { Scanner } from './scanner.ts'
import { isSameTreatment, treated, treatmentOf } from './treatment.ts'

const rule = { policy: 'shop', rule: 'pii' }
const hashKey = createSecretKey(Buffer.alloc(32, 1))
const [text, jsonb, int4, textArray, jsonbArray, record, citext] = [25, 3802, 23, 1009, 3807, 2249, 99_999]
const treat = (form: ColumnForm, typeOid = text, format = 0, detects = false): Treatment => treatmentOf({ typeOid, format }, { rule, form }, 'why', { hashKey, detects })
/** Finds the word `secret`, as a scanner would. */
const scanner: Scanner = { find: () => null, detectors: [], scan: (bytes, start, end) => (bytes.toString('utf8', start, end).includes('secret') ? Buffer.from(bytes.toString('utf8', start, end).replaceAll('secret', '[masked:x]')) : null) }

function through(treatment: Treatment, value: string | Buffer): string | null | undefined {
  const source = Buffer.concat([Buffer.from('before'), Buffer.from(value), Buffer.from('behind')])
  const out = treated(treatment, scanner, source, 6, source.length - 6)
  return out == null ? out : out.toString()
}

test('a form a type does not have is its redacted form, decided once and said so', () => {
  expect(treat('hash', int4)).toEqual({ kind: 'replace', bytes: null, hidesNull: false, rule, why: 'why' })
  expect(treat('date-year', int4)).toMatchObject({ kind: 'replace', bytes: null })
  for (const typeOid of [record, citext, 1186, 790, 16]) for (const form of ['hash', 'email', 'date-year', { partial: { first: 0, last: 4 } }, { range: 10 }] as const) expect(treat(form, typeOid)).toMatchObject({ kind: 'replace', bytes: null })
  expect(treat({ range: 10 })).toMatchObject({ kind: 'replace', bytes: Buffer.from('[masked]') })
  expect(treat('hash', text, 2)).toMatchObject({ kind: 'replace' })
})

test('a value that does not have the form is redacted', () => {
  expect(through(treat({ partial: { first: 0, last: 4 } }), 'short')).toBe('[masked]')
  expect(through(treat('email'), Buffer.from('a\xff@example.com', 'latin1'))).toBe('[masked]')
  expect(through(treat({ range: 10 }, int4, 1), Buffer.alloc(3))).toBe(null)
  expect(through(treat({ partial: { first: 0, last: 1 } }, textArray), '{"abcdefgh')).toBe('{[masked]}')
})

test('without a key nothing is hashed', () => {
  expect(treatmentOf({ typeOid: text, format: 0 }, { rule, form: 'hash' }, '', { hashKey: null, detects: false })).toMatchObject({ kind: 'replace' })
})

describe('paths', () => {
  const card: ColumnForm = { paths: [{ path: '$.card', form: 'redact' }] }
  test.each([
    ['jsonb in text', jsonb, 0, '{"a": 1, "card": "4111"}', '{"a": 1, "card": "[masked]"}'],
    ['jsonb in binary, behind its version', jsonb, 1, '\u0001{"a": 1, "card": 4111}', '\u0001{"a": 1, "card": "[masked]"}'],
    ['jsonb of a version that is not known', jsonb, 1, '\u0002{"a": 1, "card": 4111}', '\u0001"[masked]"'],
    ['text that holds JSON', text, 0, '{"card":4111}', '{"card":"[masked]"}'],
    ['text that holds nearly JSON', text, 0, '{"card":4111,}', '[masked]'],
    ['text of another sort', text, 0, 'card 4111', '[masked]'],
    ['json that cannot be read to its end', 114, 0, '{"a":1,"card":"41', '"[masked]"'],
  ])('of %s', (_, typeOid, format, value, out) => expect(through(treat(card, typeOid, format), value)).toBe(out))

  test('of a document larger than the limit redact the whole', () => {
    const large = (bytes: number): string => `{"x":"${'x'.repeat(bytes - 20)}","card":1}`
    expect(through(treat(card, jsonb), large(maskedJsonBytesMax - 10))).toMatch(/"card":"\[masked\]"}$/)
    for (const typeOid of [jsonb, text]) expect(through(treat(card, typeOid), large(maskedJsonBytesMax + 100))).toMatch(/^"?\[masked\]"?$/)
  })

  test('of lists of documents and of other types redact the whole', () => {
    for (const [typeOid, format] of [[jsonbArray, 0], [jsonbArray, 1], [199, 0], [textArray, 0], [int4, 0], [citext, 0]] as const) expect(treat(card, typeOid, format).kind).toBe('replace')
  })

  test('with several forms each have their own', () => {
    const forms: ColumnForm = { paths: [{ path: '$.mail', form: 'email' }, { path: '$..n', form: { range: 100 } }, { path: '$.gone', form: 'null' }] }
    expect(through(treat(forms, jsonb), '{"mail":"a@b.org","n":250,"x":[{"n":"250"}],"gone":1}')).toBe('{"mail":"[masked]@b.org","n":200,"x":[{"n":"[masked]"}],"gone":null}')
  })

  test('a path nobody understands masks everything', () => expect(treat({ paths: [{ path: '$[0]', form: 'redact' }] }, jsonb).kind).toBe('replace'))
})

describe('detectors', () => {
  test('look at what a form leaves, where they look at all', () => {
    const card: ColumnForm = { paths: [{ path: '$.card', form: 'redact' }] }
    expect(through(treat(card, jsonb, 0, true), '{"card":1,"note":"secret"}')).toBe('{"card":"[masked]","note":"[masked:x]"}')
    expect(through(treat(card, jsonb, 0, false), '{"card":1,"note":"secret"}')).toBe('{"card":"[masked]","note":"secret"}')
    expect(through(treat({ partial: { first: 6, last: 0 } }, text, 0, true), 'secret and more')).toBe('[masked:x]****')
    expect(through(treat('email', text, 0, true), 'a@secret.org')).toBe('[masked]@[masked:x].org')
  })

  test('do not look at what holds nothing of the value', () => {
    for (const form of ['hash', 'date-year', 'null'] as const) expect(treat(form, text, 0, true)).toMatchObject({ kind: 'transform', after: { kind: 'clear' } })
  })
})

test('two treatments are the same when they give the same bytes for every value', () => {
  expect(isSameTreatment(treat('hash'), treat('hash'))).toBe(true)
  expect(isSameTreatment(treat('hash'), treat('email'))).toBe(false)
  expect(isSameTreatment(treat('hash'), treat('redact'))).toBe(false)
  expect(isSameTreatment(treat({ partial: { first: 0, last: 4 } }), treat({ partial: { first: 0, last: 3 } }))).toBe(false)
  expect(isSameTreatment(treat('email', text, 0, true), treat('email'))).toBe(false)
  expect(isSameTreatment(treat('redact'), treat('redact'))).toBe(true)
  expect(isSameTreatment(treat('redact'), treat('redact', int4))).toBe(false)
  expect(isSameTreatment({ kind: 'clear' }, treat('redact'))).toBe(false)
})
