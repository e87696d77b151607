import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { problem } from '../../shared/api.ts'
import { errorCodes, GatehouseError, type ErrorCode } from '../../shared/errors.ts'
import { problemOf, statusOf } from './problem.ts'

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')

test('docs/errors.md says with which status the API answers', () => {
  const documented = [...page.matchAll(/^\| `([a-z_]+)` \|.*\| (\d{3}) \|/gm)]
  expect(documented.length).toBeGreaterThan(20)
  for (const [, code, status] of documented) expect([code, statusOf(code as ErrorCode)]).toEqual([code, Number(status)])
})

test('every code makes a problem that clients can parse', () => {
  for (const code of Object.keys(errorCodes) as ErrorCode[]) expect(problem.parse(problemOf(new GatehouseError(code, 'why'), 'req-1')).code).toBe(code)
})

test('what is a fault of ours keeps its words to the log', () => {
  for (const error of [new Error('password=hunter2'), new GatehouseError('internal', 'password=hunter2'), 'password=hunter2', null]) {
    const { detail, status, code } = problemOf(error, 'req-7')
    expect([status, code]).toEqual([500, 'internal'])
    expect(detail).not.toContain('hunter2')
    expect(detail).toContain('req-7')
  }
})
