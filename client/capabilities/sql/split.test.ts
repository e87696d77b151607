import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { split, utf16Offset } from './split.ts'

const cut = (text: string) => split(text).map(({ start, end }) => text.slice(start, end))

test.each<[string, string, readonly string[]]>([
  ['nothing', '', []],
  ['blanks and comments only', ' \n-- a\n/* b; /* c */ ; */ ;; ', []],
  ['one without a semicolon', 'select 1', ['select 1']],
  ['two', 'select 1; select 2;', ['select 1', 'select 2']],
  ['leading blanks and comments are left out', '-- why;\n  /* x */ select 1 -- tail', ['select 1']],
  ['comments inside stay', 'select /* ; */ 1 -- ;\n + 2;x', ['select /* ; */ 1 -- ;\n + 2', 'x']],
  ['nested comments', 'select 1 /* a /* ; */ ; */ + 2; x', ['select 1 /* a /* ; */ ; */ + 2', 'x']],
  ['a string', "select ';'';'; x", ["select ';'';'", 'x']],
  ['a backslash is plain in a string', String.raw`select '\'; x`, [String.raw`select '\'`, 'x']],
  ['a backslash escapes in E strings', String.raw`select E'\';'; x`, [String.raw`select E'\';'`, 'x']],
  ['e in lower case too', String.raw`select e'\';\\'; x`, [String.raw`select e'\';\\'`, 'x']],
  ['a name that ends in e is no E string', String.raw`select date'\'; x`, [String.raw`select date'\'`, 'x']],
  ['an E string goes on after a newline', "select E'a'\n'\\';'; x", ["select E'a'\n'\\';'", 'x']],
  ['not without a newline', "select E'a' '\\'; x", ["select E'a' '\\'", 'x']],
  ['unicode strings', "select U&'d;' UESCAPE '!'; x", ["select U&'d;' UESCAPE '!'", 'x']],
  ['quoted names', 'select ";"";" from t; x', ['select ";"";" from t', 'x']],
  ['dollar quotes', 'select $$ ; \' " -- $$; x', ['select $$ ; \' " -- $$', 'x']],
  ['tagged dollar quotes', 'select $a$ $$ ; $b$ $a$; x', ['select $a$ $$ ; $b$ $a$', 'x']],
  ['a tag with other letters', 'select $ü1$ ; $ü1$; x', ['select $ü1$ ; $ü1$', 'x']],
  ['a parameter is no dollar quote', 'select $1; select $2', ['select $1', 'select $2']],
  ['a dollar inside of a name opens nothing', 'select a$b$ ; x$b$', ['select a$b$', 'x$b$']],
  ['parentheses', 'create rule r as on insert to t do (select 1; select 2); x', ['create rule r as on insert to t do (select 1; select 2)', 'x']],
  ['a closing parenthesis too many', 'select 1); x', ['select 1)', 'x']],
  ['a function body', 'create function f() returns int begin atomic select 1; select case when true then 1 end; end; x', ['create function f() returns int begin atomic select 1; select case when true then 1 end; end', 'x']],
  ['a replaced procedure', 'CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC select 1; END; x', ['CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC select 1; END', 'x']],
  ['a transaction is no body', 'begin; select 1; end; x', ['begin', 'select 1', 'end', 'x']],
  ['a DO block', 'do $$ begin perform 1; end $$; x', ['do $$ begin perform 1; end $$', 'x']],
  ['an open string runs to the end', "select 'a; b", ["select 'a; b"]],
  ['an open comment too', 'select 1 /* ; ', ['select 1']],
  ['an open dollar quote too', 'select $a$ ; $b$', ['select $a$ ; $b$']],
  ['an operator with dashes is a comment', 'select 1--1;\n+1; x', ['select 1--1;\n+1', 'x']],
])('%s', (_, text, statements) => {
  expect(cut(text)).toEqual(statements)
})

test('offsets are UTF-16', () => {
  expect(split("select '𝄞'; x")).toEqual([{ start: 0, end: 11 }, { start: 13, end: 14 }])
})

test('no text makes it hang, throw, overlap or lose anything but blanks, comments and semicolons', () => {
  const piece = fc.constantFrom("'", '"', '$$', '$a$', '--', '\n', '/*', '*/', ';', '(', ')', 'E', '\\', ' ', 'x', '1', 'begin', 'end', 'create function ', '𝄞')
  fc.assert(fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
    const text = pieces.join('')
    let before = 0
    for (const { start, end } of split(text)) {
      expect(start).toBeGreaterThanOrEqual(before)
      expect(end).toBeGreaterThan(start)
      expect(end).toBeLessThanOrEqual(text.length)
      before = end
    }
  }), { numRuns: 500 })
})

test('a megabyte of anything takes no long time', () => {
  for (const text of ["'".repeat(1e6), '$a'.repeat(5e5), '/*'.repeat(5e5), '-'.repeat(1e6), "E'\\".repeat(3e5), "''\n".repeat(3e5), '$'.repeat(1e6)]) {
    const startedAt = performance.now()
    split(text)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  }
})

test('a position of the server counts characters', () => {
  expect(utf16Offset('a𝄞b', 1)).toBe(0)
  expect(utf16Offset('a𝄞b', 3)).toBe(3)
  expect(utf16Offset('ab', 99)).toBe(2)
})
