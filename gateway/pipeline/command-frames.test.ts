import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Decision } from './access.ts'
import { commandFrame, resultFrame, verdictFrame } from './command-frames.ts'

/** What of a decision the frames are made from. */
function decided(mark: string): Decision {
  return {
    verdict: {}, recordedText: (text: string) => text.replaceAll('secret', mark),
    recordedParameters: (values: readonly (string | null)[]) => values.map((value) => value && mark),
  } as unknown as Decision
}
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const odd = 'select \'"\\\n\u0001\u2028é😀 secret\ud800\''

describe('a command frame', () => {
  test('is JSON for every text, with what may be shown and the hash of the exact text', () => {
    expect(JSON.parse(commandFrame('c1', { text: odd, parameters: ['a"b', null], decision: decided('***') })))
      .toEqual({ command: 'c1', text: odd.replace('secret', '***'), hash: sha256(odd), parameters: ['***', null] })
  })

  test('has no parameters where there are none', () => {
    expect(JSON.parse(commandFrame('c7', { text: 'select 1', parameters: [], decision: decided('*') }))).toEqual({ command: 'c7', text: 'select 1', hash: sha256('select 1') })
  })

  test('never shows another text or another decision than its own, in whatever order they come', () => {
    const [one, two] = [decided('[one]'), decided('[two]')]
    for (const [decision, mark] of [[one, '[one]'], [two, '[two]'], [one, '[one]']] as const) {
      for (const text of ['select secret', 'select secret, 2', 'select secret']) {
        expect(JSON.parse(commandFrame('c1', { text, parameters: [], decision }))).toMatchObject({ text: text.replace('secret', mark), hash: sha256(text) })
      }
    }
  })

  test('hides the constants and parameters of what could not be decided', () => {
    const frame = commandFrame('c1', { text: 'select \'secret\'', parameters: ['secret'], decision: { kind: 'invalid', message: 'no' } })
    expect(frame).not.toContain('secret')
    expect(JSON.parse(frame)).toMatchObject({ hash: sha256('select \'secret\'') })
  })
})

describe('a verdict frame', () => {
  const verdict = (reason: string) => () => ({ effect: 'allow', rule: 'r"1', policy: null, reason })

  test('is made once for a decision that says the same each time, each time with its own command', () => {
    const decision = decided('*')
    expect(JSON.parse(verdictFrame('c1', decision, verdict('first')))).toEqual({ command: 'c1', effect: 'allow', rule: 'r"1', policy: null, reason: 'first' })
    expect(JSON.parse(verdictFrame('c2', decision, verdict('later')))).toMatchObject({ command: 'c2', reason: 'first' })
  })

  test('is made anew where it may differ', () => {
    expect(JSON.parse(verdictFrame('c1', null, verdict('one')))).toMatchObject({ reason: 'one' })
    expect(JSON.parse(verdictFrame('c1', null, verdict('two')))).toMatchObject({ reason: 'two' })
  })
})

test('a result frame escapes what the database said', () => {
  const result = { command: 'c1', status: 'SELECT "1"\n', rows: 1, bytes: 2, ms: 3 }
  expect(JSON.parse(resultFrame(result))).toEqual(result)
})
