import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { preflightCharactersMax } from '../../shared/limits.ts'
import { createAsker, type Asker, type Preflight } from './preflight.ts'
import { marksOf, shortVerdict } from './verdict-words.ts'

let asked: { readonly text: string; readonly answer: (problem?: string) => void; readonly fail: (message: string) => void }[]
let said: Preflight[]
let asker: Asker

beforeEach(() => {
  vi.useFakeTimers()
  asked = []
  said = []
  asker = createAsker({
    delayMs: 300, onChange: (now) => said.push(now),
    ask: (text) => new Promise((resolve, reject) => { asked.push({ text, answer: (problem) => resolve({ statements: [{ start: 0, end: text.length, tag: 'SELECT', verdict: { kind: 'allowed' } }], problem: problem ?? null }), fail: (message) => reject(new Error(message)) }) }),
  })
})
afterEach(() => {
  asker.stop()
  vi.useRealTimers()
})
const kinds = () => said.map(({ kind }) => kind)

test('a pause in typing asks once, with the newest text, and nothing is known before the answer', async () => {
  asker.typed('s')
  await vi.advanceTimersByTimeAsync(200)
  asker.typed('select 1')
  await vi.advanceTimersByTimeAsync(299)
  expect(asked).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(asked.map(({ text }) => text)).toEqual(['select 1'])
  expect(kinds()).toEqual(['asking', 'asking'])
  asked[0]!.answer()
  await vi.advanceTimersByTimeAsync(0)
  expect(kinds().at(-1)).toBe('known')
})

test('an answer for a text that has changed is dropped, and the newest is asked about, one at a time', async () => {
  asker.typed('select 1')
  await vi.advanceTimersByTimeAsync(300)
  asker.typed('drop table x')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(asked).toHaveLength(1)
  asked[0]!.answer()
  await vi.advanceTimersByTimeAsync(300)
  expect(kinds()).not.toContain('known')
  expect(asked.map(({ text }) => text)).toEqual(['select 1', 'drop table x'])
})

test('the first key takes the verdict away', async () => {
  asker.typed('select 1')
  await vi.advanceTimersByTimeAsync(300)
  asked[0]!.answer()
  await vi.advanceTimersByTimeAsync(0)
  asker.typed('select 12')
  expect(kinds().at(-1)).toBe('asking')
})

test('a gateway that cannot say leaves it unknown', async () => {
  asker.typed('select 1')
  await vi.advanceTimersByTimeAsync(300)
  asked[0]!.fail('away')
  await vi.advanceTimersByTimeAsync(0)
  expect(said.at(-1)).toEqual({ kind: 'failed', message: 'away' })
  asker.typed('x'.repeat(preflightCharactersMax + 1))
  expect(said.at(-1)).toMatchObject({ kind: 'failed' })
  asker.typed('  ')
  expect(said.at(-1)).toEqual({ kind: 'none' })
})

test('once stopped, a late answer reaches nobody', async () => {
  asker.typed('select 1')
  await vi.advanceTimersByTimeAsync(300)
  asker.stop()
  asked[0]!.answer()
  await vi.advanceTimersByTimeAsync(0)
  expect(kinds()).toEqual(['asking'])
})

test('in short, what each verdict means', () => {
  expect(shortVerdict({ kind: 'masked', columns: ['a', 'b'], reason: 'r' })).toBe('masks a, b')
  expect(shortVerdict({ kind: 'masked', columns: ['a', 'b', 'c', 'd'], reason: 'r' })).toBe('masks 4 columns')
  expect(shortVerdict({ kind: 'approval', by: ['on-call', 'dba'], reason: 'r' })).toBe('needs approval by on-call or dba')
  expect(shortVerdict({ kind: 'blocked', reason: 'denied by rule never (policy shop): drop is not allowed' })).toBe('blocked: drop is not allowed')
})

test('marks are of what is known; of a whole text that is not understood there are none', () => {
  expect(marksOf({ kind: 'asking' })).toEqual([])
  expect(marksOf({ kind: 'known', statements: [{ start: 0, end: 3, tag: 'X', verdict: { kind: 'allowed' } }], problem: 'cannot be parsed' })).toMatchObject([{ kind: 'unknown' }])
  expect(marksOf({ kind: 'known', statements: [{ start: 0, end: 3, tag: 'X', verdict: { kind: 'allowed' } }], problem: null })).toMatchObject([{ kind: 'allowed', range: { start: 0, end: 3 } }])
})
