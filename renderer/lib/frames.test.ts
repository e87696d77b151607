import { expect, test } from 'vitest'
import { fakeFrames } from '../testing/fake-sessions.ts'
import { readFrames } from './frames.ts'

const frames = fakeFrames()

test('a command stands with its verdict and result, which have no entry of their own', () => {
  const entries = readFrames(frames)
  expect(entries.filter(({ kind }) => kind === 'command')).toMatchObject([
    { text: 'select id, name, email, city from customers limit 4', verdict: { effect: 'allow', rule: 'analysts-read' }, result: { rows: 4 } },
    { text: 'drop table customers', verdict: { effect: 'deny', rule: 'never', reason: 'drop is not allowed' } },
    { verdict: { effect: 'allow' }, result: { rows: 1_000_000 } },
  ])
  expect(entries.some((entry) => entry.kind === 'other' && (entry.name === 'verdict' || entry.name === 'result'))).toBe(false)
})

test('a verdict whose command is on another page is shown by itself', () => {
  const [verdict] = readFrames(frames.filter(({ kind }) => kind === 'verdict').slice(0, 1))
  expect(verdict).toMatchObject({ kind: 'other', name: 'verdict' })
})

test('fields of the wrong type are left out, not trusted', () => {
  const [entry] = readFrames([{ seq: 0, at: 0, direction: 'in', kind: 'command', prev: '', data: { type: 'json', value: { command: 7, text: { html: '<b>' }, parameters: 'x' } } }])
  expect(entry).toMatchObject({ kind: 'command', text: '', parameters: [], verdict: null })
})

test('a principal is shown by its email, else by its id', () => {
  const open = (principal: unknown) => readFrames([{ seq: 0, at: 0, direction: 'control', kind: 'open', prev: '', data: { type: 'json', value: { principal } } }])[0]
  expect(open({ id: 'corp:1', email: 'a@b.c', claims: { secret: 1 } })).toMatchObject({ facts: [['principal', 'a@b.c']] })
  expect(open({ id: 'corp:1', email: null })).toMatchObject({ facts: [['principal', 'corp:1']] })
})
