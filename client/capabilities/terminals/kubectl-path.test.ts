import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { kubectlPath } from './kubectl-path.ts'

const sh = { file: '/bin/sh', name: 'sh' }
let home: string
beforeEach(() => { home = mkdtempSync(join(tmpdir(), 'gatehouse-kubectl-path-')) })
afterEach(() => { rmSync(home, { recursive: true, force: true }) })

test('the shell is asked, by the PATH that its start files make, and what they print is no answer', async () => {
  writeFileSync(join(home, 'kubectl'), '#!/bin/sh\n', { mode: 0o755 })
  writeFileSync(join(home, '.profile'), `echo /welcome/kubectl\nPATH=${home}:$PATH\n`)
  expect(await kubectlPath(sh, { HOME: home, PATH: '/usr/bin:/bin' })).toBe(join(home, 'kubectl'))
})

test('a start file that leaves something running does not keep the answer', async () => {
  writeFileSync(join(home, '.profile'), 'sleep 20 &\n')
  const began = Date.now()
  await kubectlPath(sh, { HOME: home, PATH: '/usr/bin:/bin' })
  expect(Date.now() - began).toBeLessThan(5_000)
})
