import { expect, test } from 'vitest'
import { sqlLines, type Tokenize } from './sql-lines.ts'

const everyThird: Tokenize = (text) => text.split(/\r\n|\r|\n/).map((line) => [...line.slice(2).matchAll(/.{1,3}/g)].map(({ index }) => ({ offset: index + 2, type: 'keyword.pgsql' })))

test.each([null, everyThird])('nothing is added and nothing lost', (tokenize) => {
  for (const text of ['', 'select 1', 'a\nb\r\nc\rd\n', "update x\n  set y = '\u202e'\n\n\n;", `${'x'.repeat(300)}\n`.repeat(500)]) {
    const lines = sqlLines(text, tokenize)
    const seen = lines.map(({ tokens, end }) => tokens.map((token) => token.text).join('') + end).join('\n')
    expect(seen).toBe(text.replaceAll(/\r(?!\n)/g, '\r\n'))
  }
})

test('what comes before the first token is a token too', () => {
  expect(sqlLines('ab select', () => [[{ offset: 3, type: 'keyword.pgsql' }]])[0]!.tokens).toEqual([{ text: 'ab ', type: '' }, { text: 'select', type: 'keyword.pgsql' }])
})
