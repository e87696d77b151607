import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Account } from '../login/account.ts'
import { complete, createFakePostgres, dataRow, error, int32, rowDescription, type FakePostgres, type Script } from '../testing/fake-postgres.ts'
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts'
import { signedIn } from '../testing/signed-in.ts'
import { writePassfile } from './passfile.ts'
import { openPostgresListener, type PostgresListener } from './postgres-listener.ts'
import { createTunnels, type Tunnels } from './tunnels.ts'

let gateway: FakeGateway
let postgres: FakePostgres
let account: Account
let tunnels: Tunnels
let listener: PostgresListener
let script: Script

beforeEach(async () => {
  script = () => [rowDescription(['id', 25]), dataRow('42'), complete('SELECT 1')]
  postgres = createFakePostgres((text, session) => script(text, session))
  gateway = await startFakeGateway({ serve: postgres.serve })
  account = await signedIn(gateway)
  tunnels = createTunnels(account)
  listener = await openPostgresListener({ connection: 'shop', port: 0, openTunnel: tunnels.open, handshakeMs: 400, socketsMax: 30 })
})
afterEach(async () => {
  await listener.close()
  tunnels.dispose()
  await account.dispose()
  await gateway.close()
})

const packet = (code: number, body = '') => Buffer.concat([int32(8 + body.length), int32(code), Buffer.from(body)])
const ssl = packet(80_877_103)
const gss = packet(80_877_104)
const startup = packet(196_608, 'user\0me\0database\0shop\0\0')
const password = (text: string) => Buffer.concat([Buffer.from('p'), int32(text.length + 5), Buffer.from(`${text}\0`)])

interface Raw { readonly socket: Socket; text(): string; readonly closed: Promise<void> }

/** Speaks bytes; collects what comes back. */
function dial(): Raw {
  const socket = connect(listener.port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => undefined)
  return { socket, text: () => Buffer.concat(chunks).toString('latin1'), closed: new Promise((resolve) => { socket.once('close', () => resolve()) }) }
}

/** Writes the pieces one after another, each after an answer to the one before. */
async function exchange(...pieces: readonly Buffer[]): Promise<string> {
  const raw = dial()
  for (const piece of pieces) {
    // Some pieces get no answer: then the next one follows after a moment.
    const answered = new Promise((resolve) => { raw.socket.once('data', resolve) })
    raw.socket.write(piece)
    await Promise.race([answered, sleep(100)])
  }
  await raw.closed
  return raw.text()
}

const pgClient = (secret: string, database = 'shop') => new Client({ host: '127.0.0.1', port: listener.port, user: 'me', password: secret, database, ssl: false })

test('lets a client with the secret through, as it is', async () => {
  const client = pgClient(listener.secret)
  await client.connect()
  expect((await client.query('select 42 as id')).rows).toEqual([{ id: '42' }])
  expect(postgres.sessions[0]).toMatchObject({ parameters: { user: 'me', database: 'shop' }, queries: ['select 42 as id'] })
  await client.end()
})

test('declines TLS and GSS with N, then serves', async () => {
  const raw = dial()
  raw.socket.write(gss)
  await expect.poll(raw.text).toBe('N')
  raw.socket.write(ssl)
  await expect.poll(raw.text).toBe('NN')
  raw.socket.write(startup)
  await expect.poll(raw.text).toContain('R\0\0\0\b\0\0\0\u0003')
  raw.socket.write(password(listener.secret))
  await expect.poll(raw.text).toContain('Z\0\0\0\u0005I')
  raw.socket.destroy()
})

test.each([
  ['a wrong secret', 'x'.repeat(43)], ['a longer one', 'PREFIX'], ['an empty one', ''], ['the gateway token', 'gh_1_ana'],
])('refuses %s and opens no tunnel', async (_, text) => {
  const answer = await exchange(startup, password(text === 'PREFIX' ? `${listener.secret}x` : text))
  expect(answer).toContain('SFATAL')
  expect(answer).toContain(text === '' ? 'C28P01' : 'C28P01')
  expect(gateway.tunnels).toEqual([])
})

test.each<[string, readonly Buffer[], string]>([
  ['bytes behind SSLRequest', [Buffer.concat([ssl, startup])], '08P01'],
  ['bytes behind the startup', [Buffer.concat([startup, password('x')])], '08P01'],
  ['encryption asked for again and again', [ssl, ssl, ssl, ssl], '08P01'],
  ['a startup of 10,001 bytes', [Buffer.concat([int32(10_001), int32(196_608)])], '08P01'],
  ['a length of 4 GB', [Buffer.concat([Buffer.from([255, 255, 255, 255]), int32(196_608)])], '08P01'],
  ['a length of 3', [Buffer.concat([int32(3), int32(196_608)])], '08P01'],
  ['a startup without its end', [packet(196_608, 'user\0me')], '08P01'],
  ['bytes behind the parameters', [packet(196_608, 'user\0me\0\0x')], '08P01'],
  ['a parameter twice', [packet(196_608, 'user\0a\0user\0b\0\0')], '08P01'],
  ['65 parameters', [packet(196_608, `${Array.from({ length: 65 }, (_, at) => `p${at}\0v\0`).join('')}\0`)], '08P01'],
  ['protocol 2', [Buffer.concat([int32(100), int32(131_072)])], '08P01'],
  ['HTTP', [Buffer.from('GET / HTTP/1.1\r\n\r\n')], '08P01'],
  ['TLS without asking', [Buffer.from('16030100c8010000c40303', 'hex')], '08P01'],
  ['another message than a password', [startup, Buffer.concat([Buffer.from('Q'), int32(5), Buffer.from('\0')])], '08P01'],
  ['a password of a megabyte', [startup, Buffer.concat([Buffer.from('p'), int32(1_000_000)])], '08P01'],
  ['another database', [packet(196_608, 'user\0me\0database\0other\0\0')], '3D000'],
])('refuses %s', async (_, pieces, code) => {
  expect(await exchange(...pieces)).toContain(`C${code}`)
  expect(gateway.tunnels).toEqual([])
})

test('refuses bytes glued behind the right password', async () => {
  expect(await exchange(startup, Buffer.concat([password(listener.secret), Buffer.from('Q')]))).toContain('C08P01')
  expect(gateway.tunnels).toEqual([])
})

test('ends a client that speaks too slowly, at any stage, and serves others meanwhile', async () => {
  const slow = [[], [ssl.subarray(0, 4)], [ssl], [startup], [startup, password(listener.secret).subarray(0, 8)]].map((pieces) => exchange(...pieces))
  const client = pgClient(listener.secret)
  await client.connect()
  await client.query('select 1')
  await client.end()
  const answers = await Promise.all(slow)
  for (const answer of answers) expect(answer).toContain('C08006')
})

test('holds no more clients than it should', async () => {
  const many = Array.from({ length: 40 }, dial)
  await sleep(100)
  expect(many.filter(({ socket }) => !socket.destroyed)).toHaveLength(30)
  for (const { socket } of many) socket.destroy()
})

test('passes a CancelRequest through a tunnel of its own', async () => {
  script = async (_, session) => {
    await session.cancelled
    return [error({ C: '57014', M: 'canceled' })]
  }
  const client = pgClient(listener.secret)
  await client.connect()
  const running = client.query('select pg_sleep(100)')
  running.catch(() => undefined)
  await expect.poll(() => postgres.sessions[0]?.queries.length).toBe(1)
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number }
  await exchange(Buffer.concat([int32(16), int32(80_877_102), int32(processID), int32(secretKey)]))
  await expect(running).rejects.toMatchObject({ code: '57014' })
  await client.end()
})

test('says in PostgreSQL\'s tongue why there is no tunnel', async () => {
  gateway.connections = []
  await expect(pgClient(listener.secret).connect()).rejects.toMatchObject({ code: '3D000', message: 'refused: connection_unknown' })
  await account.signOut()
  await expect(pgClient(listener.secret).connect()).rejects.toMatchObject({ code: '28000' })
})

test('closes the client when the tunnel is lost, and the tunnel when the client leaves', async () => {
  const client = pgClient(listener.secret)
  const lost = new Promise((resolve) => { client.once('error', resolve) })
  await client.connect()
  gateway.tunnels[0]!.socket.terminate()
  await lost
  const other = pgClient(listener.secret)
  await other.connect()
  const closed = new Promise((resolve) => { gateway.tunnels[1]!.socket.once('close', resolve) })
  await other.end()
  await closed
})

test('a taken port is one clear line', async () => {
  await expect(openPostgresListener({ connection: 'shop', port: listener.port, openTunnel: tunnels.open })).rejects.toMatchObject({ code: 'port_taken', message: expect.stringContaining(String(listener.port)) as string })
})

const hasPsql = await promisify(execFile)('psql', ['--version']).then(() => true, () => false)

test.runIf(hasPsql)('unmodified psql gets in with the passfile, and not without', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-psql-'))
  try {
    const passfile = join(folder, 'pass')
    await writePassfile(passfile, { host: '127.0.0.1', port: listener.port, password: listener.secret })
    const conninfo = `host=127.0.0.1 port=${listener.port} dbname=shop user=me`
    const run = promisify(execFile)
    const { stdout } = await run('psql', ['-XAtc', 'select 42', conninfo], { env: { ...process.env, PGPASSFILE: passfile } })
    expect(stdout).toBe('42\n')
    await expect(run('psql', ['-XAtwc', 'select 42', conninfo], { env: { ...process.env, PGPASSFILE: '/dev/null' } })).rejects.toThrow(/password/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
