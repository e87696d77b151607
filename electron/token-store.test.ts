import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chooseTokenStore, type PlainChoice, type SafeStorage } from './token-store.ts'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'gatehouse-store-')) })
afterEach(() => rmSync(folder, { recursive: true }))

const keyring = (backend: string, isAvailable = true): SafeStorage => ({
  isEncryptionAvailable: () => isAvailable,
  encryptString: (text) => Buffer.from([...text].toReversed().join('')),
  decryptString(encrypted) {
    if (encrypted.toString().includes('broken')) throw new Error('wrong key')
    return [...encrypted.toString()].toReversed().join('')
  },
  getSelectedStorageBackend: () => backend,
})

const choose = (safeStorage: SafeStorage, answer: PlainChoice | null, platform: NodeJS.Platform = 'linux') => chooseTokenStore({
  safeStorage, platform, folder, askPlain: () => answer === null ? Promise.reject(new Error('asked')) : Promise.resolve(answer),
})

test('keeps sign-ins sealed by the system, unreadable on disk and for this user only', async () => {
  const store = await choose(keyring('gnome_libsecret'), null)
  await store.write('token gh_secret')
  expect(await store.read()).toBe('token gh_secret')
  const [file] = readdirSync(folder)
  expect(readFileSync(join(folder, file!), 'utf8')).not.toContain('gh_secret')
  expect(statSync(join(folder, file!)).mode & 0o777).toBe(0o600)
})

test.each(['basic_text', 'unknown'])('does not take %s for encryption: the person chooses, once', async (backend) => {
  const store = await choose(keyring(backend), 'memory')
  await store.write('gh_secret')
  expect(await store.read()).toBe('gh_secret')
  for (const file of readdirSync(folder)) expect(readFileSync(join(folder, file), 'utf8')).not.toContain('gh_secret')
  await choose(keyring(backend), null)
})

test('keeps a plain file, for this user only, where the person chose that', async () => {
  const store = await choose(keyring('', false), 'file', 'win32')
  await store.write('gh_secret')
  expect(statSync(join(folder, 'logins.json')).mode & 0o777).toBe(0o600)
})

test('says what to do when the key store does not open what was sealed', async () => {
  writeFileSync(join(folder, 'logins.sealed'), Buffer.from('broken').toString('base64'), { mode: 0o600 })
  await expect((await choose(keyring('kwallet6'), null)).read()).rejects.toMatchObject({ code: 'config_unreadable' })
})
