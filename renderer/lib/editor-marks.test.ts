import { expect, test } from 'vitest'
import type { SqlError, StatementState } from '../../shared/ipc.ts'
import { editorMarks } from './editor-marks.ts'
import { answered, startRun } from './run-state.ts'

const text = 'select id, nam from customers '
const error = (more: Partial<SqlError>): SqlError => ({ code: '42703', message: 'no such column', detail: null, hint: null, position: null, isRefusal: false, ...more })
const failedWith = (failure: SqlError, status: StatementState['status'] = 'failed'): StatementState =>
  ({ run: 'r', index: 0, text, offset: 3, status, result: null, columns: [], rows: 0, tag: null, ms: 1, notices: [], error: failure, held: null })
const marks = (state: StatementState) => editorMarks(answered(startRun(null, 100, 0), 'r', [state]))

test('an error with a position marks the word there, where the text was sent from', () => {
  expect(marks(failedWith(error({ position: 11 })))).toMatchObject([{ kind: 'error', range: { start: 114, end: 117 } }])
})

test('a refusal marks its whole statement without the blanks behind it', () => {
  expect(marks(failedWith(error({ isRefusal: true, position: 11 })))).toMatchObject([{ kind: 'refusal', range: { start: 103, end: 132 } }])
})

test('an error at the very end marks one character', () => {
  expect(marks(failedWith(error({ position: text.length })))[0]?.range).toEqual({ start: 133, end: 134 })
})

test('what the user cancelled is no error', () => expect(marks(failedWith(error({ code: '57014' }), 'cancelled'))).toEqual([]))
