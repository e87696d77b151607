// The command as a process: what it prints where, and what its signals do.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { writeGatewayConfig } from '../../gateway/testing/gateway.ts'

// Each starts a store of its own, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 120_000 })

const launcher = join(import.meta.dirname, '../../bin/gatehouse')
const cleanups: (() => void)[] = []
afterEach(() => { for (const cleanup of cleanups.splice(0)) cleanup() })

interface Started { readonly child: ChildProcess; readonly out: () => string; readonly err: () => string; readonly exit: Promise<number | null> }

function run(...args: string[]): Started {
  const child = spawn(process.execPath, [launcher, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, GATEHOUSE_LOG: 'info' } })
  cleanups.push(() => child.kill('SIGKILL'))
  let [out, err] = ['', '']
  child.stdout!.on('data', (chunk: Buffer) => { out += chunk.toString() })
  child.stderr!.on('data', (chunk: Buffer) => { err += chunk.toString() })
  return { child, out: () => out, err: () => err, exit: once(child, 'close').then(([code]) => code as number | null) }
}

async function config(): Promise<{ folder: string; configFile: string }> {
  const files = await writeGatewayConfig({ database: { host: '127.0.0.1', port: 1, user: 'x', password: 'x', database: 'x' }, policies: { shop: 'policy: shop\nconnections: [shop]\nrules: []\n' } })
  cleanups.push(() => rmSync(files.folder, { recursive: true, force: true }))
  return files
}

const ready = (started: Started) => vi.waitFor(() => {
  expect(started.out(), started.err()).toContain('\n')
  return JSON.parse(started.out()) as { ready: boolean; api: string; ca: string; postgres: string; ssh: null }
}, 60_000)

test('prints one JSON line on stdout when it is ready, logs on stderr, stops on SIGTERM with 0', async () => {
  const started = run('gateway', '--config', (await config()).configFile)
  const line = await ready(started)
  expect(line).toMatchObject({ ready: true, ssh: null, api: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/) as string, postgres: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string })
  const status = await new Promise<number>((done, failed) => { get(`${line.api}/readyz`, { ca: readFileSync(line.ca), agent: false }, (response) => { response.resume(); done(response.statusCode ?? 0) }).on('error', failed) })
  expect(status).toBe(200)
  started.child.kill('SIGTERM')
  expect(await started.exit).toBe(0)
  expect(started.out().trim().split('\n')).toHaveLength(1)
  for (const entry of started.err().trim().split('\n')) expect(() => JSON.parse(entry) as unknown).not.toThrow()
})

test('SIGHUP reads the policies again; a bad file is said and changes nothing', async () => {
  const { folder, configFile } = await config()
  const started = run('gateway', '--config', configFile)
  await ready(started)
  writeFileSync(join(folder, 'policies', 'shop.yaml'), 'policy: shop\nconnections: [shop]\nrules: []\nsurprise: true\n')
  started.child.kill('SIGHUP')
  await vi.waitFor(() => { expect(started.err()).toMatch(/policies rejected/) }, 20_000)
  expect(started.err()).toContain('surprise')
  expect(started.child.exitCode).toBeNull()
  started.child.kill('SIGINT')
  expect(await started.exit).toBe(0)
})

test('a mistake in gateway.yaml is one line on stderr, with file and line, and exit code 1', async () => {
  const { configFile } = await config()
  writeFileSync(configFile, readFileSync(configFile, 'utf8').replace('data: ./data', 'dataa: ./data'))
  const started = run('gateway', '--config', configFile)
  expect(await started.exit).toBe(1)
  expect(started.out()).toBe('')
  expect(started.err().trim().split('\n')).toHaveLength(1)
  expect(started.err()).toMatch(/gateway\.yaml:\d+:\d+.*dataa/)
})

test('--help says what it prints', async () => {
  const started = run('gateway', '--help')
  expect(await started.exit).toBe(0)
  expect(started.out()).toMatch(/--config <file>[\s\S]*"ready":true/)
})
