import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readPrivate, userFolder, writePrivate } from './files.ts'
import { createFileTokenStore } from './login/token-store.ts'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'gatehouse-files-')) })
afterEach(() => rmSync(folder, { recursive: true }))

test('a sign-in is in a file of this user\'s alone, replaced whole', async () => {
  const store = createFileTokenStore(join(folder, 'new'))
  expect(await store.read()).toBeNull()
  await store.write('one')
  await Promise.all([store.write('two'), store.write('three')])
  expect(['two', 'three']).toContain(await store.read())
  expect(readdirSync(join(folder, 'new'))).toEqual(['logins.json'])
  expect(statSync(join(folder, 'new', 'logins.json')).mode & 0o777).toBe(0o600)
  expect(statSync(join(folder, 'new')).mode & 0o777).toBe(0o700)
})

test.each([0o640, 0o604, 0o660])('a file that others may read (%o) is refused', async (mode) => {
  writeFileSync(join(folder, 'logins.json'), '{}')
  chmodSync(join(folder, 'logins.json'), mode)
  await expect(createFileTokenStore(folder).read()).rejects.toMatchObject({ code: 'not_permitted' })
})

test('a write that fails leaves the old text and no draft', async () => {
  const path = join(folder, 'file')
  await writePrivate(path, 'old')
  // A folder in the way of the rename.
  await expect(writePrivate(folder, 'new')).rejects.toThrow()
  expect(await readPrivate(path)).toBe('old')
  expect(readdirSync(folder)).toEqual(['file'])
})

test('the folder follows XDG_CONFIG_HOME', () => {
  expect(userFolder({ XDG_CONFIG_HOME: '/x' })).toBe('/x/gatehouse')
})
