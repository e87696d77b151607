import { expect, test } from 'vitest'
import type { StatementState } from '../../shared/ipc.ts'
import { answered, failed, progressed, shownIndex, startRun } from './run-state.ts'

const state = (index: number, status: StatementState['status'], run = 'r1', rows = 0): StatementState => ({
  run, index, text: `s${index}`, offset: index * 10, status, result: null, columns: [], rows, tag: null, ms: 0, notices: [], error: null, held: null,
})
const started = startRun(null, 5, 1000)

test('events that come before the answer are kept', () => {
  const view = answered(progressed(started, state(0, 'done', 'r1', 7)), 'r1', [state(0, 'queued'), state(1, 'queued')])
  expect(view.statements.map(({ status, rows }) => [status, rows])).toEqual([['done', 7], ['queued', 0]])
  expect(view.isActive).toBe(true)
})

test('is over when all statements are', () => {
  let view = answered(started, 'r1', [state(0, 'queued'), state(1, 'queued')])
  view = progressed(view, state(0, 'done'))
  expect(view.isActive).toBe(true)
  expect(progressed(view, state(1, 'done')).isActive).toBe(false)
})

test('is over at the first failure: the rest never runs', () => {
  const view = answered(started, 'r1', [state(0, 'queued'), state(1, 'queued')])
  expect(progressed(view, state(0, 'failed')).isActive).toBe(false)
})

test('late events of the run before are not taken for this one', () => {
  const before = answered(started, 'r1', [state(0, 'done')])
  const next = startRun(before, 0, 2000)
  expect(progressed(next, state(0, 'done', 'r1', 99)).statements).toEqual([])
  expect(progressed(answered(next, 'r2', [state(0, 'queued', 'r2')]), state(0, 'done', 'r1', 99)).statements[0]?.rows).toBe(0)
})

test('a text without statements ends at once', () => expect(answered(started, 'r1', []).isActive).toBe(false))

test('a call that failed says why and is over', () => expect(failed(started, 'the gateway does not answer')).toMatchObject({ isActive: false, failure: 'the gateway does not answer' }))

test('shows the failed statement, else the running one, else the last that began', () => {
  const view = answered(started, 'r1', [state(0, 'done'), state(1, 'running'), state(2, 'queued')])
  expect(shownIndex(view)).toBe(1)
  expect(shownIndex(progressed(view, state(1, 'done')))).toBe(1)
  expect(shownIndex(progressed(view, state(1, 'failed')))).toBe(1)
  expect(shownIndex(answered(started, 'r1', [state(0, 'failed'), state(1, 'cancelled')]))).toBe(0)
})
