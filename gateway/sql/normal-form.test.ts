import * as fc from 'fast-check'
import { loadModule, parseSync } from 'libpg-query'
import { beforeAll, describe, expect, test } from 'vitest'
import { factsOf } from './facts.ts'
import { constantSpans, normalForm } from './normal-form.ts'
import { parse } from './parse.ts'

beforeAll(() => loadModule())

describe('the normal form', () => {
  test('texts that differ in plain constants have one form', () => {
    expect(normalForm("select a from t where id = 1 and name = 'x'")).toBe(normalForm("select a from t where id = 234 and name = 'it''s'"))
    expect(normalForm('select 1.5')).toBe(normalForm('select 22.75'))
  })

  test.each([
    ['select a, b', 'select b, a'],
    ['select a as x', 'select a as y'],
    ['select A', 'select a'],
    ['select "a"', 'select "b"'],
    ['select 1', 'select  1'],
    ['select 1', "select '1'"],
    ['select 1', 'select 1.0'],
    ['select 1', 'select 12345678901'],
    ['select a1', 'select a2'],
    ['select $1', 'select $2'],
    ['select 1 + 1', 'select 1 - 1'],
    ['select - 1', 'select 1'],
    ['select "1"', 'select "2"'],
  ])('%s and %s differ', (a, b) => expect(normalForm(a)).not.toBe(normalForm(b)))

  test.each(["select E'x'", "select e'x'", "select b'1'", "select x'1'", "select n'x'", "select U&'x'", 'select u&"x"', 'select $$x$$', 'select $a$x$a$', "select 'a\\b'", 'select 1 -- x', 'select /* x */ 1',
    "select 'x", 'select "x', 'select 0x1F', 'select 1e5', 'select 1_000', 'select .5', 'select 1.', 'select 1..2', 'select 1a', 'select $1a', 'select $', 'select \\', 'select \u0001', 'select \u0000', "select 1'x'", "select u&'x'", 'select "a\u0001"'])(
    '%j has none', (text) => expect(normalForm(text)).toBeNull())
})

describe('texts share facts only where their constants cannot matter', () => {
  const isShared = (text: string) => {
    const parsed = parse(text)
    return parsed.kind === 'facts' && parsed.form !== null
  }
  test.each(['select abalance from pgbench_accounts where aid = 12345', 'update a set n = n + -5 where id = 1', "update a set n = 'x', m = 2 where id = 1 and b > 3", "insert into a values (1, 'x'), (2, 'y')",
    'insert into a (x) values (-1.5)', 'delete from a where id in (1, 2, 3)', 'select x from a where id = 1 order by y limit 10 offset 20', 'select x from a where 5 < id;', "select 'é' from a where 1 = 1".replace("'é'", 'é').replace('1 = 1', 'é = 1')])(
    'shared: %s', (text) => expect(isShared(text)).toBe(true))
  test.each(['select 1', 'select f(1) from a', "select set_config('role', 'x', false)", 'select x from a order by 1', 'select x from a group by 1', 'select x from a where 1 = 1', "select x from a where 'a' = 'a'",
    "select x from a where y like 'a%'", 'select x from a where n = 1 or n <> 1', 'select x from a where id = 1; select 2', 'set statement_timeout = 5', "select x::char(5) from a where id = 1", "select x from a where d = '2026-01-01'::date",
    'update a set n = 1 where 1 = 1', 'update a set n = 1 where 2 > 1', "copy a to '/tmp/x'", 'select x[1] from a', "select 'a'\n'b' from a where x = 'a'\n'b'", 'with c as (select 1) select x from a where id = 1', 'select x from a where id = 1 union select 2',
    'select x from a where id = f(1)', 'select x from a join b on a.id = 1', 'explain select x from a where id = 1', "insert into a select 'x'", 'values (1)'])(
    'apart: %s', (text) => expect(isShared(text)).toBe(false))
})

const name = fc.constantFrom('a', 'b', 'é', '"A b"', 's.t', 'c1')
const constant = fc.oneof(fc.integer().map(String), fc.nat().map(String), fc.float({ noNaN: true, min: 0, max: 1000 }).map((value) => value.toFixed(2)), fc.constantFrom('0', '1', "''", "'a'", "'%'", "'true'", "'search_path'", "'role'"),
  fc.string({ maxLength: 6 }).map((value) => `'${value.replaceAll("'", "''").replaceAll('\0', '')}'`))
const operator = fc.constantFrom('=', '<>', '<', '>=', 'like', '||', '+', '-', 'is distinct from')
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof({ maxDepth: 3 }, constant, name, constant,
    fc.tuple(tie('expression'), operator, tie('expression')).map(([left, op, right]) => `${left} ${op} ${right}`),
    fc.tuple(tie('expression'), fc.constantFrom(' and ', ' or '), tie('expression')).map(([left, op, right]) => `(${left}${op}${right})`),
    tie('expression').map((inner) => `not (${inner})`), tie('expression').map((inner) => `f(${inner})`), tie('expression').map((inner) => `set_config(${inner}, ${inner}, true)`),
    fc.tuple(name, fc.array(constant, { minLength: 1, maxLength: 3 })).map(([column, list]) => `${column} in (${list.join(', ')})`), tie('expression').map((inner) => `(${inner})::text`)),
}))
const simple = fc.tuple(name, fc.constantFrom('=', '<', '>=', '<>', 'like'), constant).map(([column, op, value]) => `${column} ${op} ${value}`)
const statement = fc.oneof(
  fc.tuple(name, fc.array(simple, { minLength: 1, maxLength: 3 }), fc.constantFrom(' and ', ' or ')).map(([table, list, glue]) => `delete from ${table} where ${list.join(glue)}`),
  fc.tuple(name, constant, simple).map(([table, value, where]) => `update ${table} set x = x + ${value}, y = ${value} where ${where}`),
  fc.tuple(name, fc.array(constant, { minLength: 1, maxLength: 3 })).map(([table, values]) => `insert into ${table} values (${values.join(', ')})`),
  fc.tuple(name, name, expression).map(([column, table, where]) => `select ${column} from ${table} where ${where}`),
  fc.tuple(expression, name, constant).map(([list, table, limit]) => `select ${list} from ${table} order by 1 limit ${limit}`),
  fc.tuple(name, expression, expression).map(([table, value, where]) => `update ${table} set x = ${value} where ${where}`),
  fc.tuple(name, expression).map(([table, where]) => `delete from ${table} where ${where}`),
  fc.tuple(name, fc.array(expression, { minLength: 1, maxLength: 3 })).map(([table, values]) => `insert into ${table} values (${values.join(', ')})`),
  constant.map((value) => `set statement_timeout = ${value}`),
)

/** Other constants of the same class in the places of the first ones. */
function varied(text: string, others: readonly string[]): string | null {
  const spans = constantSpans(text)
  if (spans === null) return null
  let [out, from, at] = ['', 0, 0]
  for (const { start, end } of spans) {
    const own = text.slice(start, end)
    const same = others.filter((other) => normalForm(other) === normalForm(own))
    out += text.slice(from, start) + (same[at++ % same.length] ?? own)
    from = end
  }
  return out + text.slice(from)
}

function factsWithoutPlaces(text: string): unknown {
  try {
    return factsOf(parseSync(text), 0).statements.map((item) => ({ ...item, start: 0, end: 0 }))
  } catch (error) {
    return error instanceof Error && error.name === 'SqlError' ? 'syntax error' : error
  }
}

test('equal normal forms of a shared text have equal facts from the real parser, but for places', () => {
  let compared = 0
  fc.assert(fc.property(statement, fc.array(constant, { minLength: 6, maxLength: 6 }), (text, others) => {
    const parsed = parse(text)
    if (parsed.kind !== 'facts' || parsed.form === null) return
    const other = varied(text, others)
    if (other === null || normalForm(other) !== parsed.form) return
    compared++
    expect(factsWithoutPlaces(other)).toEqual(factsWithoutPlaces(text))
  }), { numRuns: 10_000, seed: 20_261_121 })
  expect(compared).toBeGreaterThan(2000)
})

test('any texts of equal form parse alike: statements, kinds and lengths of token lists', () => {
  fc.assert(fc.property(statement, fc.array(constant, { minLength: 1, maxLength: 4 }), (text, others) => {
    const other = varied(text, others)
    const form = normalForm(text)
    if (other === null || form === null || normalForm(other) !== form) return
    const [a, b] = [factsWithoutPlaces(text), factsWithoutPlaces(other)]
    expect(Array.isArray(a) ? a.length : a).toEqual(Array.isArray(b) ? b.length : b)
  }), { numRuns: 5_000, seed: 7 })
})

describe('where constants stand', () => {
  const found = (text: string) => constantSpans(text)?.map(({ start, end }) => text.slice(start, end)) ?? null
  test.each<readonly [string, readonly string[] | null]>([
    ["select 'a', 1, 2.5, .5, 1., 1e10, 1.5e-3, 0xFF, 0b01, 0o7, 1_000", ["'a'", '1', '2.5', '.5', '1.', '1e10', '1.5e-3', '0xFF', '0b01', '0o7', '1_000']],
    ["select 'it''s', ''", ["'it''s'", "''"]],
    ["select E'it\\'s', e'a''b'", ["E'it\\'s'", "e'a''b'"]],
    ["select U&'d\\0061t', u&'x' uescape '!'", ["U&'d\\0061t'", "u&'x'", "'!'"]],
    ["select b'01', X'FF', N'x'", ["b'01'", "X'FF'", "N'x'"]],
    ['select $$a$b$$, $x$ $$ $x$, $1, $2', ['$$a$b$$', '$x$ $$ $x$']],
    ["select 'a'\n  'b', 'c' -- x\n -- y\n 'd'", ["'a'\n  'b'", "'c' -- x\n -- y\n 'd'"]],
    ["select 'a' 'b'", ["'a'", "'b'"]],
    ["select E'a'\n'b\\'c' , 'd'", ["E'a'\n'b\\'c'", "'d'"]],
    ['select "1", a1, "x""\'2", U&"3"', []],
    ["select 1 -- '2'\n, 3 /* '4' /* 5 */ 6 */, 7", ['1', '3', '7']],
    ['select a$1$b, é1', []],
    ["select 'a\\b'", ["'a\\b'"]],
    ["select E'a\\\\'", ["E'a\\\\'"]],
    ["select 'a\\'' , 'b'", null],
    ["select 'unterminated", null],
    ['select "unterminated', null],
    ['select $$ unterminated', null],
    ['select /* unterminated', null],
    ["select E'unterminated\\'", null],
    ["select date'2026-01-01', interval'1'", ["'2026-01-01'", "'1'"]],
    ["select 1::int, 'x'::text", ['1', "'x'"]],
    ['', []],
  ])('%j', (text, expected) => expect(found(text)).toEqual(expected))

  test('long blanks after a string do not take long', () => {
    const text = `select 'a'${' \n'.repeat(200_000)}x`
    const began = performance.now()
    expect(found(text)).toEqual(["'a'"])
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  test('every constant of the real lexer is inside a span', async () => {
    const { scanSync } = await import('libpg-query')
    const constants = new Set(['SCONST', 'ICONST', 'FCONST', 'BCONST', 'XCONST', 'USCONST'])
    let seen = 0
    fc.assert(fc.property(statement, fc.constantFrom(' ', '\n', ' -- x\n', '/* y */', " || E'a\\'b' || ", ' || $q$1$q$ || ', " || x'1F' || ", " || U&'z' || ", ' + 1.5e3 + '), (text, glue) => {
      const sql = `select 1${glue === ' ' || glue.startsWith(' -') || glue === '\n' || glue.startsWith('/') ? ',' : glue}2${glue.includes('|') || glue.includes('+') ? glue + "'3'" : ''}; ${text}`
      const spans = constantSpans(sql)
      if (spans === null) return
      const bytes = Buffer.from(sql)
      const places = spans.map(({ start, end }) => [Buffer.byteLength(sql.slice(0, start)), Buffer.byteLength(sql.slice(0, end))] as const)
      let tokens
      try {
        tokens = scanSync(sql).tokens
      } catch (error) {
        if (error instanceof Error) return
        throw error
      }
      for (const token of tokens.filter(({ tokenName }) => constants.has(tokenName))) {
        seen++
        expect(places.some(([start, end]) => start <= token.start && end >= token.end), bytes.subarray(token.start, token.end).toString()).toBe(true)
      }
    }), { numRuns: 3000, seed: 3 })
    expect(seen).toBeGreaterThan(5000)
  })
})
