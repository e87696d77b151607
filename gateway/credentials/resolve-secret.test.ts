import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { secretBytesMax } from '../limits.ts'
import { resolveSecret } from './resolve-secret.ts'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'gatehouse-secret-')) })
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function secretFile(text: string, mode = 0o600): { readonly file: string } {
  const file = join(folder, 'secret')
  writeFileSync(file, text)
  chmodSync(file, mode)
  return { file }
}

describe('a reference to a secret', () => {
  test('of the environment', () => expect(resolveSecret({ env: 'X' }, { X: 'hunter2' }).reveal()).toBe('hunter2'))

  test.each([
    ['hunter2\n', 'hunter2'], ['hunter2\r\n', 'hunter2'], ['hunter2', 'hunter2'], ['hunter2\n\n', 'hunter2\n'], [' spaces stay \n', ' spaces stay '],
  ])('of a file: %j', (written, value) => expect(resolveSecret(secretFile(written)).reveal()).toBe(value))

  test.each([
    ['a variable that is not set', () => resolveSecret({ env: 'X' }, {}), 'environment variable X is not set'],
    ['a variable that is empty', () => resolveSecret({ env: 'X' }, { X: '' }), 'environment variable X is empty'],
    ['a file that is not there', () => resolveSecret({ file: '/nowhere/secret' }), 'cannot be read (ENOENT)'],
    ['a folder', () => resolveSecret({ file: folder }), 'cannot be read (EISDIR)'],
    ['an empty file', () => resolveSecret(secretFile('\n')), 'is empty'],
    ['a file with a NUL', () => resolveSecret(secretFile('hunter2\0x')), 'NUL'],
    ['a file over the limit', () => resolveSecret(secretFile('x'.repeat(secretBytesMax + 1))), 'secretBytesMax'],
    ['a device without end', () => resolveSecret({ file: '/dev/zero' }), '/dev/zero'],
  ])('%s gives nothing, and says why', (_, resolve, message) => {
    expect(resolve).toThrow(expect.objectContaining({ code: 'secret_unavailable', message: expect.stringContaining(message) as string }) as Error)
  })

  test.each([0o604, 0o644, 0o602, 0o666])('a file of mode %o is refused, with how to mend it', (mode) => {
    const { file } = secretFile('hunter2', mode)
    expect(() => resolveSecret({ file })).toThrow(`${file} is open to every user of this machine; run: chmod 600 ${file}`)
  })

  test.each([0o400, 0o600, 0o640])('a file of mode %o is read', (mode) => expect(resolveSecret(secretFile('a', mode)).reveal()).toBe('a'))

  test('a secret prints as <secret>, whatever prints it', () => {
    const secret = resolveSecret({ env: 'X' }, { X: 'hunter2' })
    expect([String(secret), `${secret.toString()}`, JSON.stringify({ secret }), inspect({ secret }, { depth: 9, showHidden: true })].join()).not.toContain('hunter2')
  })
})
