import { expect, test } from 'vitest'
import { fakeSplit } from '../testing/fake-sql.ts'
import { statementAt } from './statement-at.ts'

/** `|` is the cursor. */
function found(marked: string): string | null {
  const cursor = marked.indexOf('|')
  const text = marked.replace('|', '')
  const range = statementAt(fakeSplit(text), text, cursor)
  return range === null ? null : text.slice(range.start, range.end)
}

test.each([
  ['inside', 'select 1; sel|ect 2; select 3', 'select 2'],
  ['at its first character', 'select 1;\n|select 2', 'select 2'],
  ['at its last character', 'select 1|; select 2', 'select 1'],
  ['behind the semicolon on the same line', 'select 1;|\nselect 2', 'select 1'],
  ['between two on one line, the one just typed', 'select 1; |  select 2', 'select 1'],
  ['on an empty line, the next', 'select 1;\n|\nselect 2', 'select 2'],
  ['after the last, the last', 'select 1;\n\n|', 'select 1'],
  ['before the first, the first', '\n|\n select 1', 'select 1'],
  ['in a comment before it', '-- what they |bought\nselect 1', 'select 1'],
  ['behind characters of two UTF-16 units', "select '😀😀'; sel|ect 2", 'select 2'],
  ['with a semicolon in a string', "select ';' |, 1; select 2", "select ';' , 1"],
])('the statement at the cursor: %s', (_, marked, statement) => expect(found(marked)).toBe(statement))

test('nothing but blanks and comments has none', () => {
  expect(found('  \n|-- nothing\n')).toBeNull()
  expect(found('|')).toBeNull()
})
