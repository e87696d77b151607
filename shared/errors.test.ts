import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { assertNever, errorCodes, GatehouseError } from './errors.ts'

const page = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8')
const rows = page.split('\n').flatMap((line) => {
  const cells = line.split('|').map((cell) => cell.trim())
  const code = /^`([a-z_]+)`$/.exec(cells[1] ?? '')?.[1]
  return code === undefined ? [] : [{ code, cells: cells.slice(2, -1) }]
})

test('docs/errors.md lists every code once, and no other', () => {
  expect(rows.map(({ code }) => code).toSorted()).toEqual(Object.keys(errorCodes).toSorted())
})

test('each row says what it means, who sees it and what to do', () => {
  for (const { code, cells } of rows) {
    const [means, who] = cells
    expect([code, means !== '', who !== '', cells.at(-1) !== '']).toEqual([code, true, true, true])
  }
})

test('an error keeps its cause, and its side', () => {
  const cause = new Error('disk full')
  const error = new GatehouseError('recorder_failed', 'the recording cannot be written', { side: 'gateway', cause })
  expect(error).toMatchObject({ name: 'GatehouseError', code: 'recorder_failed', side: 'gateway', cause })
  expect(new GatehouseError('internal', 'x')).not.toHaveProperty('cause')
})

test('a member that nobody thought of is a fault of ours', () => {
  expect(() => assertNever('new' as never)).toThrow(expect.objectContaining({ code: 'internal' }) as Error)
})
