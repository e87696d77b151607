import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hashText } from './forms/hash.ts'
import { openHashKeys } from './hash-key.ts'

let data: string
beforeEach(() => { data = mkdtempSync(join(tmpdir(), 'gatehouse-keys-')) })
afterEach(() => rmSync(data, { recursive: true, force: true }))
const file = (): string => join(data, 'keys', 'mask-hash')
const hashOn = (connection: string): string => hashText(openHashKeys(data)(connection), 'alice')

test('the secret is made once, for its owner alone, and stays over restarts', () => {
  const before = hashOn('shop')
  expect(statSync(file()).mode & 0o777).toBe(0o600)
  expect(statSync(join(data, 'keys')).mode & 0o777).toBe(0o700)
  const secret = readFileSync(file(), 'utf8')
  expect(hashOn('shop')).toBe(before)
  expect(readFileSync(file(), 'utf8')).toBe(secret)
})

test('each connection has its own key, and each gateway', () => {
  const shop = hashOn('shop')
  expect(hashOn('billing')).not.toBe(shop)
  rmSync(file())
  expect(hashOn('shop')).not.toBe(shop)
})

test('a key does not show itself in a log', () => {
  const key = openHashKeys(data)('shop')
  const hex = key.export().toString('hex')
  expect(`${JSON.stringify(key)}${String(key)}`).not.toContain(hex)
})

test.skipIf(process.platform === 'win32')('a secret that others can read is no secret, and is refused', () => {
  hashOn('shop')
  chmodSync(file(), 0o640)
  expect(() => openHashKeys(data)).toThrow(expect.objectContaining({ code: 'not_permitted', message: expect.stringContaining('can be read by others') }))
})

test.each(['', 'abc', `${'0'.repeat(63)}g`])('a file that holds %j is refused: with half a key hashes would silently be others', (text) => {
  hashOn('shop')
  writeFileSync(file(), text)
  expect(() => openHashKeys(data)).toThrow(expect.objectContaining({ code: 'config_invalid' }))
})
