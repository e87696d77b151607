import * as fc from 'fast-check'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSpool, Spool } from './spool.ts'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'gatehouse-spool-')) })
afterEach(() => rmSync(folder, { recursive: true }))

test('gives back any rows, at any offset, while it still grows', async () => {
  const cell = fc.option(fc.string({ unit: 'binary', maxLength: 300 }).map((text) => text.toWellFormed()), { nil: null })
  await fc.assert(fc.asyncProperty(fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { maxLength: 900 }), fc.nat(900), fc.nat(900), async (rows, offset, count) => {
    const spool = await openSpool(folder)
    for (const row of rows.slice(0, 300)) spool.append(row)
    expect(await spool.page(0, 5)).toEqual(rows.slice(0, Math.min(5, 300)))
    for (const row of rows.slice(300)) spool.append(row)
    expect(spool.rows).toBe(rows.length)
    expect(await spool.page(offset, count)).toEqual(rows.slice(offset, offset + count))
    await spool.dispose()
  }), { numRuns: 30 })
})

test('leaves no name on disk while it is open', async () => {
  const spool = await openSpool(folder)
  spool.append(['secret'])
  await spool.drained()
  expect(readdirSync(folder)).toEqual([])
  await spool.dispose()
})

test('a page stops where it would weigh too much, but always has a row', async () => {
  const spool = await openSpool(folder)
  for (let row = 0; row < 8; row++) spool.append(['x'.repeat(900_000)])
  const page = await spool.page(0, 8)
  expect(page.length).toBe(3)
  expect(page[0]![0]).toMatch(/^x+… \[cut for display: 900000 characters\]$/)
  expect(await spool.page(7, 5)).toHaveLength(1)
  await spool.dispose()
})

test('finds the last of a million rows at once, with an index of a few thousand marks', async () => {
  const spool = await openSpool(folder)
  for (let row = 0; row < 1_000_000; row++) {
    spool.append([String(row), 'some text'])
    if (spool.isBehind) await spool.drained()
  }
  await spool.drained()
  const startedAt = performance.now()
  expect(await spool.page(999_998, 10)).toEqual([['999998', 'some text'], ['999999', 'some text']])
  expect(performance.now() - startedAt).toBeLessThan(5_000)
  await spool.dispose()
})

test('says so when the disk is full, at the next row', async () => {
  const file = {
    write: () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' })),
    close: () => Promise.resolve(),
  } as unknown as FileHandle // The two methods it uses here.
  const spool = new Spool(file, null)
  spool.append(['1'])
  await expect(spool.drained()).rejects.toMatchObject({ code: 'not_permitted', message: expect.stringContaining('ENOSPC') as string })
  expect(() => spool.append(['2'])).toThrow('ENOSPC')
  await spool.dispose()
})

test('has no rows after it was disposed', async () => {
  const spool = await openSpool(folder)
  spool.append(['1'])
  await spool.dispose()
  expect(await spool.page(0, 1)).toEqual([])
})
