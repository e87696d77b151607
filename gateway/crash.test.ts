// `kill -9` of a whole gateway at random moments under load: what the database ran was recorded, the record verifies offline up to
// its last whole batch, and the next start ends the sessions that were left open. The database's own statement log is the judge.
import { spawn, type ChildProcess } from 'node:child_process'
import { hash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commandsIn } from './recording/testing/commands.ts'
import { verifyJournal } from './recording/verify.ts'
import { callApi } from './testing/api.ts'
import { signToken, writeGatewayConfig } from './testing/gateway.ts'
import { startPostgres, type RealPostgres } from './testing/real-postgres.ts'
import { createShop, shopPolicy } from './testing/shop.ts'

const launcher = fileURLToPath(new URL('../bin/gatehouse', import.meta.url))
let postgres: RealPostgres
let files: Awaited<ReturnType<typeof writeGatewayConfig>>
const children: ChildProcess[] = []
let databaseLog = ''

beforeAll(async () => {
  postgres = await startPostgres(['log_statement = all'], (text) => { databaseLog += text })
  const database = await postgres.database('shop')
  await createShop(database)
  files = await writeGatewayConfig({ database, policies: { shop: shopPolicy }, extra: 'reviewers: { groups: [auditors] }' })
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await postgres?.stop()
  if (files !== undefined) rmSync(files.folder, { recursive: true, force: true })
})

interface Running { readonly child: ChildProcess; readonly api: string; readonly ca: string; readonly host: string; readonly port: number }

async function start(): Promise<Running> {
  const child = spawn(process.execPath, [launcher, 'gateway', '--config', files.configFile], { stdio: ['ignore', 'pipe', 'ignore'] })
  children.push(child)
  for await (const line of createInterface({ input: child.stdout! })) {
    const ready = JSON.parse(line) as { ready: true; api: string; ca: string; postgres: string; }
    const [host, port] = ready.postgres.split(':') as [string, string]
    return { child, api: ready.api, ca: ready.ca, host, port: Number(port) }
  }
  throw new Error('the gateway ended before it was ready')
}

/** Runs statements one after another, each with a marker of its own, until the connection breaks. Gives those that were answered. */
async function load(gateway: Running, marker: string): Promise<string[]> {
  const client = new Client({ host: gateway.host, port: gateway.port, user: 'me', database: 'shop', password: await signToken(files.key, { sub: marker, groups: ['engineers'] }) })
  client.on('error', () => undefined)
  await client.connect()
  const answered: string[] = []
  try {
    for (let i = 0; ; i++) {
      const text = i % 2 === 0 ? `insert into events values ('2024-03-04', '${marker}-${i}')` : `select count(*), '${marker}-${i}' from orders`
      await client.query(text)
      answered.push(text)
    }
  } catch {
    return answered
  }
}

/** Every statement the database was asked that holds a marker; each is one line. */
function statementLog(): string[] {
  return databaseLog.split('\n').flatMap((line) => / LOG: {2}statement: (.*mark-.*)$/.exec(line)?.[1] ?? [])
}

test('three times kill -9 under load', async () => {
  const recordings = join(files.folder, 'data', 'recordings')
  const answered: string[] = []
  for (let round = 0; round < 3; round++) {
    const gateway = await start()
    const loads = Array.from({ length: 6 }, (_, i) => load(gateway, `mark-${round}-${i}`))
    await sleep(700 + Math.random() * 900)
    gateway.child.kill('SIGKILL')
    answered.push(...(await Promise.all(loads)).flat())
    const report = await verifyJournal(recordings)
    expect(report.problems).toEqual([])
    expect(report).toMatchObject({ ok: true, ended: false })
    expect(report.unclosed).toBeGreaterThanOrEqual(6)
  }
  expect(answered.length).toBeGreaterThan(100)

  const recorded = new Set((await commandsIn(recordings)).map((command) => command.hash))
  const asked = statementLog()
  expect(asked.length).toBeGreaterThanOrEqual(answered.length)
  expect(asked.filter((text) => !recorded.has(hash('sha256', text, 'hex')))).toEqual([])

  const last = await start()
  const { json } = await callApi(last, 'GET', '/v1/sessions?limit=200', await signToken(files.key, { sub: 'rita', groups: ['auditors'] }))
  const sessions = json['sessions'] as { state: string; closeReason: string; id: string }[]
  expect(sessions).toHaveLength(18)
  for (const session of sessions) expect(session).toMatchObject({ state: 'closed', closeReason: 'gateway stopped unexpectedly' })
  const offline = await command('sessions', 'verify', sessions[0]!.id, '--json', '--data', join(files.folder, 'data'))
  expect(JSON.parse(offline.stdout)).toMatchObject({ ok: true, closed: false })
  const whole = await command('sessions', 'verify', '--json', '--data', join(files.folder, 'data'))
  expect(whole.code).toBe(0)
  expect(JSON.parse(whole.stdout)).toMatchObject({ ok: true, sessions: 18, unclosed: 18 })
  last.child.kill('SIGTERM')
}, 120_000)

async function command(...words: readonly string[]): Promise<{ readonly code: number | null; readonly stdout: string }> {
  const child = spawn(process.execPath, [launcher, ...words], { stdio: ['ignore', 'pipe', 'ignore'] })
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => { stdout += chunk.toString() })
  const code = await new Promise<number | null>((done) => { child.once('close', done) })
  return { code, stdout }
}
