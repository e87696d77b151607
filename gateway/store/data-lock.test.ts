import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lockData } from './data-lock.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'gatehouse-lock-'))

test('a folder has one holder, until it lets go', () => {
  const dir = folder()
  const lock = lockData(dir)
  expect(() => lockData(dir)).toThrow(/used by another gateway \(process \d+\)/)
  lock.dispose()
  lockData(dir).dispose()
  expect(readdirSync(dir)).toEqual([])
})

test('a holder that was killed holds nothing', async () => {
  const dir = folder()
  const script = `const { lockData } = await import(${JSON.stringify(new URL('data-lock.ts', import.meta.url).href)}); lockData(process.argv[1]); console.log('locked'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, dir])
  await once(child.stdout, 'data')
  expect(() => lockData(dir)).toThrow(new RegExp(`process ${child.pid}`))
  child.kill('SIGKILL')
  await once(child, 'close')
  lockData(dir).dispose()
})

test.runIf(process.platform === 'linux')('another process under the pid of the holder is not the holder', () => {
  const dir = folder()
  writeFileSync(join(dir, 'lock'), `${process.pid} boot:1\n`)
  lockData(dir).dispose()
})

test('a lock that says nothing is nobody’s', () => {
  const dir = folder()
  writeFileSync(join(dir, 'lock'), '')
  lockData(dir).dispose()
})

test('releasing twice, or after another took it, takes nobody’s lock away', () => {
  const dir = folder()
  const first = lockData(dir)
  first.dispose()
  writeFileSync(join(dir, 'lock'), '1 other\n')
  first.dispose()
  expect(readdirSync(dir)).toEqual(['lock'])
})
