import { describe, expect, test } from 'vitest'
import { compileColumnGlob, compileRelationGlob, identifierGlobProblem } from './identifier-glob.ts'

describe('globs over schema.table', () => {
  test.each([
    // pattern, relation, a deny may match, an allow must match
    ['public.*', 'public.customers', true, true],
    ['public.*', 'private.customers', false, false],
    ['*', 'any.thing', true, true],
    ['*.customers', 'public.customers', true, true],
    ['Public.*', 'public.customers', false, false],
    ['public.cust*', 'public.customers', true, true],
    // A table named `b.c` in `public`, or a table `c` in a schema `public.b`: the text is the same.
    ['public.*', 'public.b.c', true, false],
    ['public.c', 'public.b.c', false, false],
    ['*.c', 'public.b.c', true, false],
    ['*.*', 'public.b.c', true, true],
    // A role, or a name that no known schema has.
    ['public.*', '?.bob', true, false],
    ['public.customers', '?.bob', false, false],
    ['public.customers', '?.customers', true, false],
    ['*.*', '?.bob', true, true],
    // Not a name of ours: closed both ways.
    ['public.*', 'customers', true, false],
    ['public.*', '', true, false],
  ])('%s on %s', (pattern, relation, may, must) => {
    const glob = compileRelationGlob(pattern)
    expect([glob.mayMatch(relation), glob.mustMatch(relation)]).toEqual([may, must])
  })

  test('a pattern without a schema is refused, with what to write', () => {
    expect(identifierGlobProblem('customers', 2)).toBe('expected schema.table (each part a glob) or "*"; for any schema write "*.customers"')
    expect(identifierGlobProblem('a.b.c', 2)).toContain('expected schema.table')
    expect(identifierGlobProblem('a.', 2)).toContain('expected schema.table')
    expect(() => compileRelationGlob('customers')).toThrow(RangeError)
  })
})

test('a column glob takes the names apart, dots in them included', () => {
  const email = compileColumnGlob('public.*.email')
  expect(email('public', 'customers', 'email')).toBe(true)
  expect(email('public', 'odd.name', 'email')).toBe(true)
  expect(email('public', 'customers', 'email2')).toBe(false)
  expect(email('private', 'customers', 'email')).toBe(false)
  expect(compileColumnGlob('*')('a', 'b', 'c')).toBe(true)
})
