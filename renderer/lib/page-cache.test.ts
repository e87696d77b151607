import { expect, test, vi } from 'vitest'
import { PageCache, rowsPerPage, type Row } from './page-cache.ts'

const rowAt = (index: number): Row => [String(index), null]
const settled = () => new Promise((resolve) => { setTimeout(resolve) })

function cacheOf(total: () => number, limits?: { pages: number; characters: number }) {
  const fetch = vi.fn(async (offset: number, count: number) => Array.from({ length: Math.min(count, total() - offset) }, (_, at) => rowAt(offset + at)))
  const changed = vi.fn()
  const cache = new PageCache(fetch, changed, limits)
  cache.grow(total())
  return { cache, fetch, changed }
}

test('gives a row once its page has come, and says when', async () => {
  const { cache, changed } = cacheOf(() => 1_000_000)
  cache.want(999_990, 999_999)
  expect(cache.row(999_999)).toBeUndefined()
  await settled()
  expect(cache.row(999_999)).toEqual(['999999', null])
  expect(changed).toHaveBeenCalledTimes(1)
})

test('asks for a page once, however often it is wanted', async () => {
  const { cache, fetch } = cacheOf(() => 1000)
  for (let turn = 0; turn < 5; turn++) cache.want(0, 30)
  await settled()
  cache.want(0, 30)
  expect(fetch).toHaveBeenCalledTimes(1)
})

test('keeps a bounded number of pages while a million rows scroll by, the ones used last', async () => {
  const { cache } = cacheOf(() => 1_000_000, { pages: 4, characters: Infinity })
  for (let row = 0; row < 1_000_000; row += 50_000) {
    cache.want(row, row + 40)
    await settled()
    expect(cache.held.pages).toBeLessThanOrEqual(4)
  }
  expect(cache.row(950_000)).toBeDefined()
  expect(cache.row(0)).toBeUndefined()
})

test('a page that is used again is not the one that is forgotten', async () => {
  const { cache } = cacheOf(() => 10_000, { pages: 2, characters: Infinity })
  for (const row of [0, rowsPerPage, 0, 2 * rowsPerPage]) { cache.want(row, row); await settled() }
  expect(cache.row(0)).toBeDefined()
  expect(cache.row(rowsPerPage)).toBeUndefined()
})

test('a few heavy rows count as much as many light ones', async () => {
  const heavy: Row = ['x'.repeat(1000)]
  const cache = new PageCache(async (_, count) => Array.from({ length: count }, () => heavy), () => undefined, { pages: 100, characters: rowsPerPage * 1000 * 2 })
  cache.grow(10_000)
  for (let page = 0; page < 6; page++) { cache.want(page * rowsPerPage, page * rowsPerPage); await settled() }
  expect(cache.held.pages).toBe(2)
  expect(cache.held.characters).toBeLessThanOrEqual(rowsPerPage * 1000 * 2)
})

test('fetches only what is new of a page that was short while rows streamed in', async () => {
  let total = 30
  const { cache, fetch } = cacheOf(() => total)
  cache.want(0, 29)
  await settled()
  total = 500
  cache.grow(total)
  cache.want(0, 60)
  await settled()
  expect(fetch.mock.calls.at(-1)).toEqual([30, rowsPerPage - 30])
  expect(cache.row(60)).toEqual(['60', null])
})

test('a host that gives heavy rows a few at a time is asked for the rest only when it is wanted', async () => {
  const fetch = vi.fn(async (offset: number) => Array.from({ length: 10 }, (_, at) => rowAt(offset + at)))
  const cache = new PageCache(fetch, () => undefined)
  cache.grow(1000)
  cache.want(0, 5)
  await settled()
  cache.want(0, 5)
  await settled()
  expect(fetch).toHaveBeenCalledTimes(1)
  cache.want(0, 15)
  await settled()
  expect(cache.row(15)).toEqual(['15', null])
  expect(fetch).toHaveBeenCalledTimes(2)
})

test('a failure stops asking until retried, and is kept to be shown', async () => {
  const fetch = vi.fn().mockRejectedValueOnce({ code: 'not_found', message: 'gone' }).mockResolvedValue([rowAt(0)])
  const cache = new PageCache(fetch, () => undefined)
  cache.grow(1)
  cache.want(0, 0)
  await settled()
  cache.want(0, 0)
  await settled()
  expect(fetch).toHaveBeenCalledTimes(1)
  expect(cache.failure).toMatchObject({ message: 'gone' })
  cache.retry()
  cache.want(0, 0)
  await settled()
  expect(cache.row(0)).toEqual(['0', null])
})

test('a host that gives nothing where rows should be is not asked forever', async () => {
  const fetch = vi.fn(async () => [])
  const cache = new PageCache(fetch, () => undefined)
  cache.grow(10)
  for (let turn = 0; turn < 5; turn++) { cache.want(0, 9); await settled() }
  expect(fetch).toHaveBeenCalledTimes(1)
  expect(cache.failure).not.toBeNull()
})

test('a page that comes after disposal is not kept and nobody is told', async () => {
  const { cache, changed } = cacheOf(() => 100)
  cache.want(0, 10)
  cache.dispose()
  await settled()
  expect(cache.held).toEqual({ pages: 0, characters: 0 })
  expect(changed).not.toHaveBeenCalled()
})
