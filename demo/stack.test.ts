// The demo as a process: its ready line, a second start on the same data, edits that survive, one clear line when it cannot start,
// and nothing left behind when it ends.
import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ready } from './stack.ts'

let data: string

beforeAll(() => {
  data = join(tmpdir(), `gatehouse-demotest-${randomUUID()}`)
  mkdirSync(data, { mode: 0o755 })
})
afterAll(() => rmSync(data, { recursive: true, force: true }))

interface Moving { readonly postgres: number; readonly provider: number; readonly cluster: number }
interface Run { readonly child: ChildProcess; readonly exit: Promise<number | null>; readonly output: { out: string; err: string } }

function run(...args: string[]): Run {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), '--data', data, '--no-app', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => { output.out += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { output.err += chunk.toString() })
  return { child, output, exit: new Promise((resolve) => { child.on('close', resolve) }) }
}

async function ready({ child, output }: Run): Promise<Ready> {
  while (!output.out.includes('\n')) {
    if (child.exitCode !== null) throw new Error(output.err)
    await sleep(50)
  }
  return JSON.parse(output.out) as Ready
}

async function count(address: string, token: string): Promise<number> {
  const [host, port] = address.split(':') as [string, string]
  const client = new Client({ host, port: Number(port), database: 'shop', user: 'anyone', password: token, ssl: { rejectUnauthorized: false } })
  await client.connect()
  try {
    return Number((await client.query<{ n: string }>('select count(*) as n from products')).rows[0]!.n)
  } finally {
    await client.end()
  }
}

async function isClosed(address: string): Promise<boolean> {
  const response = await fetch(`http://${address}`).then(() => 'answers', (error: Error & { cause?: NodeJS.ErrnoException }) => error.cause?.code)
  return response === 'ECONNREFUSED'
}

const ended = (childRun: Run, signal: NodeJS.Signals) => {
  childRun.child.kill(signal)
  return childRun.exit
}

test('starts, tells all in one line, ends clean, and starts again in seconds with what was there', async () => {
  const first = run()
  const line = await ready(first)
  expect(Object.keys(line)).toEqual(['ready', 'api', 'ca', 'postgres', 'ssh', 'app', 'users'])
  expect(line.users.map(({ name, groups }) => [name, ...groups])).toEqual([['ana', 'analysts'], ['eli', 'engineers'], ['otto', 'on-call'], ['pia', 'privacy']])
  expect(await count(line.postgres!, line.users[0]!.token)).toBe(400)
  expect(await ended(first, 'SIGINT')).toBe(130)
  expect(first.output.out.trim().split('\n')).toHaveLength(1)

  const cluster = join(data, 'postgres', 'cluster')
  expect(() => readFileSync(join(cluster, 'postmaster.pid'))).toThrow('ENOENT')
  for (const address of [line.api.slice('https://'.length), line.postgres!]) expect(await isClosed(address)).toBe(true)

  appendFileSync(join(data, 'policies', 'shop.yaml'), '# mine\n')
  appendFileSync(join(data, 'gateway.yaml'), '# mine too\n')
  const startedAt = performance.now()
  const second = run()
  const again = await ready(second)
  expect(performance.now() - startedAt).toBeLessThan(60_000)
  expect({ api: again.api, postgres: again.postgres }).toEqual({ api: line.api, postgres: line.postgres })
  expect(readFileSync(join(data, 'policies', 'shop.yaml'), 'utf8')).toContain('# mine')
  expect(readFileSync(join(data, 'gateway.yaml'), 'utf8')).toContain('# mine too')
  // The token of the first start: its issuer is still the same.
  expect(await count(again.postgres!, line.users[0]!.token)).toBe(400)

  const third = run()
  expect(await third.exit).toBe(1)
  expect(third.output.err).toMatch(new RegExp(`gatehouse: a demo already runs on ${data} \\(pid ${second.child.pid}\\)`))
  expect(await ended(second, 'SIGTERM')).toBe(143)
}, 120_000)

test('moves the ports that only the demo knows when they are taken, and keeps the rest of gateway.yaml', async () => {
  const file = join(data, 'ports.json')
  const ports = JSON.parse(readFileSync(file, 'utf8')) as Moving
  const before = readFileSync(join(data, 'gateway.yaml'), 'utf8')
  const blockers = await Promise.all([block(ports.postgres), block(ports.provider), block(ports.cluster)])
  const demo = run()
  try {
    const line = await ready(demo)
    expect(await count(line.postgres!, line.users[0]!.token)).toBe(400)
    const after = readFileSync(join(data, 'gateway.yaml'), 'utf8')
    const moved = JSON.parse(readFileSync(file, 'utf8')) as Moving
    expect(after).toBe(before.replaceAll(String(ports.postgres), String(moved.postgres)).replaceAll(String(ports.provider), String(moved.provider)).replaceAll(String(ports.cluster), String(moved.cluster)))
    expect(after).not.toContain(`127.0.0.1:${ports.cluster}`)
  } finally {
    await ended(demo, 'SIGTERM')
    for (const close of blockers) await close()
  }
}, 90_000)

test("a taken port of the gateway is one line that says which, and where to change it; nothing stays running", async () => {
  const ports = JSON.parse(readFileSync(join(data, 'ports.json'), 'utf8')) as { api: number }
  const close = await block(ports.api)
  const demo = run()
  try {
    expect(await demo.exit).toBe(1)
    expect(demo.output.err.trim().split('\n').at(-1)).toBe(`gatehouse: port ${ports.api} is in use by another program; stop it, or change listen.api in ${join(data, 'gateway.yaml')}`)
    expect(demo.output.out).toBe('')
    expect(() => readFileSync(join(data, 'postgres', 'cluster', 'postmaster.pid'))).toThrow('ENOENT')
  } finally {
    await close()
  }
})

test('a folder that cannot be written is one line', async () => {
  writeFileSync(join(data, 'a-file'), '')
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), '--data', join(data, 'a-file', 'below')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => { said += chunk.toString() })
  expect(await new Promise((resolve) => { child.on('close', resolve) })).toBe(1)
  expect(said).toMatch(/^gatehouse: cannot write .*a-file.*; choose another folder with --data\n$/)
})

test('asked to stop while it starts, it stops what it had started', async () => {
  const demo = run()
  while (!demo.output.err.includes('PostgreSQL:')) await sleep(20)
  expect(await ended(demo, 'SIGTERM')).toBe(143)
  expect(demo.output.out).toBe('')
  expect(() => readFileSync(join(data, 'postgres', 'cluster', 'postmaster.pid'))).toThrow('ENOENT')
})

function block(port: number): Promise<() => Promise<void>> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(() => new Promise((done) => { server.close(() => done()) })))
  })
}
