import { expect, test } from 'vitest'
import { columnFormText, stricter, type ColumnForm, type Hold } from './column-form.ts'

const hold = (form: ColumnForm, rule = 'r'): Hold => ({ rule: { policy: 'p', rule }, form })
const path = (text: string, form: 'redact' | 'hash' | 'email' = 'redact') => ({ path: text, form })

test('of two forms the stricter holds, with its rule; of equal ones the first', () => {
  expect(stricter(hold('email', 'a'), hold('hash', 'b'))).toEqual(hold('hash', 'b'))
  expect(stricter(hold('redact', 'a'), hold('hash', 'b'))).toEqual(hold('redact', 'a'))
  expect(stricter(hold('hash', 'a'), hold('hash', 'b'))).toEqual(hold('hash', 'a'))
  expect(stricter(null, hold('email'))).toEqual(hold('email'))
})

test('paths add up, once each, the strictest first', () => {
  const both = stricter(hold({ paths: [path('$.a', 'email'), path('$.b')] }), hold({ paths: [path('$.b'), path('$.c', 'hash')] }))!
  expect(both.form).toEqual({ paths: [path('$.b'), path('$.c', 'hash'), path('$.a', 'email')] })
  expect(columnFormText(both.form)).toBe('$.b: redact, $.c: hash, $.a: email')
})

test.each([['redact', 'redact'], ['null', 'null'], ['hash', 'hash'], ['email', 'redact'], [{ partial: { first: 0, last: 4 } }, 'redact'], [{ range: 10 }, 'redact']] as const)(
  'a mask of the whole as %j and one of a member make %s: a part of the document may be a part of the member', (form, whole) => {
    expect(stricter(hold({ paths: [path('$.card')] }, 'a'), hold(form, 'b'))).toEqual(hold(whole, 'b'))
    expect(stricter(hold(form, 'b'), hold({ paths: [path('$.card')] }, 'a'))).toEqual(hold(whole, 'b'))
  })
