import { expect, test } from 'vitest'
import { pad, shownOn, table, visible, widthOf } from './output.ts'
import { resultWriters, type Format } from './result-writer.ts'

test('control characters and what reorders or hides text are shown, not obeyed', () => {
  expect(visible('a\u001b[31mb\u0007\n\t\r\u009b\u007f')).toBe(String.raw`a\u{1b}[31mb\u{7}\n\t\r\u{9b}\u{7f}`)
  expect(visible('\u202eevil\u2066\u200b\ufeff\u{e0041}')).toBe(String.raw`\u{202e}evil\u{2066}\u{200b}\u{feff}\u{e0041}`)
  expect(visible('ünï 漢 🎉 ✓')).toBe('ünï 漢 🎉 ✓')
})

test('a program reads the bytes as they are, a terminal does not', () => {
  expect(shownOn({ isTTY: false })('\u001b')).toBe('\u001b')
  expect(shownOn({ isTTY: true })('\u001b')).toBe(String.raw`\u{1b}`)
})

test('wide characters take two columns and combining ones none', () => {
  expect([widthOf('abc'), widthOf('漢字'), widthOf('e\u0301'), widthOf('🎉')]).toEqual([3, 4, 1, 2])
  expect(pad('漢', 4)).toBe('漢  ')
})

test('a list lines up', () => {
  expect(table(['name', 'n'], [['a\nb', '1'], ['long name', '22']])).toBe('name       n\na\\nb       1\nlong name  22\n')
})

const columns = [
  { name: 'id', type: 'int4', mask: null },
  { name: 'email', type: 'text', mask: { policy: 'p', rule: 'r', as: 'redact', why: 'w' } },
  { name: 'id', type: 'int8', mask: null },
]
function written(format: Format, rows: readonly (readonly (string | null)[])[], isTTY = false): string {
  let text = ''
  const writer = resultWriters[format]({ columns, isTTY, write: (piece) => { text += piece } })
  for (const row of rows) writer.row(row)
  writer.end()
  return text
}

test('a table marks masked columns, tells NULL from empty, and aligns numbers', () => {
  expect(written('table', [['1', '[masked]', null], ['22', '', '5']])).toBe([
    'id  email *   id', '──  ────────  ──', ' 1  [masked]   ∅', '22             5', '(2 rows)', '',
  ].join('\n'))
})

test('a table never lets a cell break its lines, on a terminal or not', () => {
  expect(written('table', [['1', 'a\nb\u001b[2J', '2']])).toContain(String.raw`a\nb\u{1b}[2J`)
})

test('more rows than are looked at for widths still come', () => {
  const text = written('table', Array.from({ length: 1_200 }, (_, at) => [String(at), 'x', null]))
  expect(text.split('\n')).toHaveLength(1_200 + 4)
  expect(text).toContain('(1200 rows)')
})

test('CSV quotes what needs it; NULL is empty, an empty text is ""', () => {
  expect(written('csv', [['1', 'a,"b"\n', null], ['2', '', 'x']])).toBe('id,email,id\r\n1,"a,""b""\n",\r\n2,"",x\r\n')
  expect(written('csv', [['1', '\u001b', null]], true)).not.toContain('\u001b')
})

test('JSON parses, keeps int8 exact and no column hidden', () => {
  expect(JSON.parse(written('json', [['1', 'x', '9007199254740993'], ['2', null, null]]))).toEqual([
    { id: 1, email: 'x', id_2: '9007199254740993' }, { id: 2, email: null, id_2: null },
  ])
  expect(JSON.parse(written('json', []))).toEqual([])
  expect(JSON.parse(written('json', [['1', '\u009b\u202e"\\', '1']], true).replaceAll(/(?<!\\)\\u\{/g, String.raw`\\u{`))).toHaveLength(1)
})
