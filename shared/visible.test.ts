import { expect, test } from 'vitest'
import { isPlain, visibleParts, visibleText } from './visible.ts'

test('plain text in any script stays as it is', () => {
  for (const text of ['hello', 'Åsa Öberg', '東京', 'שלום', 'مرحبا', 'ไทย', "O'Neil; drop", '']) expect(visibleText(text)).toBe(text)
})

test.each([
  ['a right-to-left override', 'user\u202Egpj.exe', 'user⟨RLO⟩gpj.exe'],
  ['an isolate', 'a\u2067b\u2069', 'a⟨RLI⟩b⟨PDI⟩'],
  ['an escape sequence', '\u001b[31mred', '⟨ESC⟩[31mred'],
  ['a NUL', 'a\0b', 'a⟨NUL⟩b'],
  ['a zero-width space', 'ad\u200bmin', 'ad⟨ZWSP⟩min'],
  ['a soft hyphen', 'ad\u00admin', 'ad⟨SHY⟩min'],
  ['a byte order mark', '\ufeffselect', '⟨BOM⟩select'],
  ['tag characters', 'x\u{e0041}', 'x⟨U+E0041⟩'],
  ['a lone surrogate', 'x\ud800y', 'x⟨U+D800⟩y'],
  ['a Hangul filler', '\u3164', '⟨U+3164⟩'],
  ['data hidden in variation selectors', 'a\ufe01\ufe0e', 'a⟨U+FE01⟩⟨U+FE0E⟩'],
  ['a joiner between letters', 'pay\u200dpal', 'pay⟨ZWJ⟩pal'],
  ['a line separator', 'a\u2028b', 'a⟨LSEP⟩b'],
])('%s is marked', (_, text, shown) => {
  expect(visibleText(text)).toBe(shown)
  expect(isPlain(text)).toBe(false)
})

test('emoji keep what holds them together', () => {
  for (const text of ['❤️', '👩‍💻', '👨‍👩‍👧', '👍🏽', '👩🏽‍🚀']) expect(visibleText(text)).toBe(text)
})

test('line ends are marks in a line and stay in a block', () => {
  expect(visibleText('a\n\tb')).toBe('a⟨↵⟩⟨⇥⟩b')
  expect(visibleParts('a\n\tb', 'block')).toEqual([{ kind: 'text', text: 'a\n\tb' }])
})

test('parts together are the text: nothing is lost', () => {
  const text = '\u202Eab\u0007c\u200b'
  const parts = visibleParts(text, 'block')
  expect(parts.map((part) => part.kind)).toEqual(['mark', 'text', 'mark', 'text', 'mark'])
  expect(parts.filter((part) => part.kind === 'text').map((part) => part.kind === 'text' && part.text).join('')).toBe('abc')
})
