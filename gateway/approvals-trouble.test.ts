// A command waits, and something breaks: its requester's token ends or loses a group, the gateway is killed, the store goes away. Whole
// gateways as processes, on a real PostgreSQL and a store of its own; and what they say of it in logs and metrics.
import { spawn, type ChildProcess } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { tunnelProtocol } from '../shared/api.ts'
import { approvalWhole, type ApprovalWhole } from '../shared/approval.ts'
import { createWebSocketDuplex } from './api/websocket-duplex.ts'
import { preflightsPerMinute } from './limits.ts'
import { callApi, exchanged } from './testing/api.ts'
import { signToken, writeGatewayConfig } from './testing/gateway.ts'
import { startPostgres, type RealPostgres } from './testing/real-postgres.ts'
import { createShop } from './testing/shop.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 })

const policy = `
policy: shop
connections: [shop]
rules:
  - { id: read, who: { groups: [engineers, others] }, allow: { sql: [select], on: ["public.*"] } }
  - { id: ask, who: { groups: [engineers] }, approve: { sql: [update], on: ["public.orders"] }, by: { groups: [on-call] } }
`
const launcher = fileURLToPath(new URL('../bin/gatehouse', import.meta.url))
let postgres: RealPostgres
let storeServer: RealPostgres
let direct: Client
let files: Awaited<ReturnType<typeof writeGatewayConfig>>
let running: Running
let output = ''
const children: ChildProcess[] = []
const clients: Client[] = []

beforeAll(async () => {
  [postgres, storeServer] = await Promise.all([startPostgres(), startPostgres()])
  const [database, store] = [await postgres.database('shop'), await storeServer.database('store')]
  await createShop(database)
  direct = new Client({ ...database })
  await direct.connect()
  files = await writeGatewayConfig({ database, policies: { shop: policy }, extra: 'store: { file: store-url }\napprovals: { seal: { file: seal } }' })
  writeFileSync(join(files.folder, 'store-url'), `postgres://${store.user}:${store.password}@${store.host}:${store.port}/${store.database}`, { mode: 0o600 })
  writeFileSync(join(files.folder, 'seal'), 'zq-seal-secret of this gateway, long enough', { mode: 0o600 })
  running = await start()
})
afterEach(async () => {
  for (const client of clients.splice(0)) await client.end().catch(() => undefined)
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await direct?.end()
  await Promise.all([postgres?.stop(), storeServer?.stop()])
  if (files !== undefined) rmSync(files.folder, { recursive: true, force: true })
})

interface Running { readonly child: ChildProcess; readonly api: string; readonly ca: string; readonly host: string; readonly port: number }

async function start(): Promise<Running> {
  const child = spawn(process.execPath, [launcher, 'gateway', '--config', files.configFile], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, GATEHOUSE_LOG: 'trace' } })
  children.push(child)
  child.stderr!.on('data', (chunk: Buffer) => { output += chunk.toString() })
  for await (const line of createInterface({ input: child.stdout! })) {
    const ready = JSON.parse(line) as { api: string; ca: string; postgres: string }
    const [host, port] = ready.postgres.split(':') as [string, string]
    return { child, api: ready.api, ca: ready.ca, host, port: Number(port) }
  }
  throw new Error(`the gateway ended before it was ready: ${output.slice(-2_000)}`)
}

const jwt = (sub: string, groups: readonly string[], expiresInSeconds = 600) => signToken(files.key, { sub, groups: [...groups], expiresInSeconds, email: `${sub}@example.com` })
const otto = () => jwt('otto', ['on-call'])
async function session(password: string): Promise<Client> {
  const client = new Client({ host: running.host, port: running.port, user: 'me', password, database: 'shop', ssl: { rejectUnauthorized: false } })
  client.on('error', () => undefined)
  await client.connect()
  clients.push(client)
  return client
}
const update = (id: number, mark = '') => `update orders set total = 0 where id = ${id}${mark}`
const totalOf = async (id: number) => Number((await direct.query('select total from orders where id = $1', [id])).rows[0]?.total)
const outcomeOf = (sent: Promise<{ readonly rowCount: number | null }>) => sent.then(({ rowCount }) => `ran ${rowCount}`, (error: Error) => error.message)
const show = async (id: string): Promise<ApprovalWhole> => approvalWhole.parse((await callApi(running, 'GET', `/v1/approvals/${id}`, await otto())).json)
async function asked(part: string): Promise<ApprovalWhole> {
  return vi.waitFor(async () => {
    const { approvals } = (await callApi(running, 'GET', '/v1/approvals?filter=open', await otto())).json as { approvals: { id: string; subject: { recorded?: string } }[] }
    const found = approvals.find(({ subject }) => subject.recorded?.includes(part))
    if (found === undefined) throw new Error('nothing is open yet')
    return show(found.id)
  }, { timeout: 20_000, interval: 50 })
}
const approve = async (id: string) => callApi(running, 'POST', `/v1/approvals/${id}/decision`, await otto(), { decision: 'approve' })

test('the token of who asked ends: what waits is refused within a second or two, and cannot be approved into a session that is gone', async () => {
  const client = await session(await jwt('eve', ['engineers'], 5))
  const outcome = outcomeOf(client.query(update(3)))
  const { id } = await asked('id = 3')
  const startedAt = Date.now()
  expect(await outcome).toMatch(/expired|ended|terminat/i)
  expect(Date.now() - startedAt).toBeLessThan(8_000)
  await vi.waitFor(async () => expect(await show(id)).toMatchObject({ state: 'withdrawn', held: [{ isLive: false }] }), { timeout: 10_000 })
  expect((await approve(id)).status).toBe(409)
  expect(await totalOf(3)).toBe(4.5)
})

test('a renewed token without the group: what waits is withdrawn, and was never run', async () => {
  const ws = new WebSocket(`${running.api.replace('https:', 'wss:')}/v1/connections/shop/tunnel`, tunnelProtocol, { ca: readFileSync(running.ca), headers: { authorization: `Bearer ${await jwt('mia', ['engineers'])}` }, perMessageDeflate: false })
  await new Promise<void>((done, failed) => { ws.once('open', done); ws.once('error', failed) })
  const duplex = createWebSocketDuplex(ws, { onControl: () => undefined, farewell: () => null })
  const stream = Object.assign(duplex, { connect: () => queueMicrotask(() => stream.emit('connect')), setNoDelay: () => stream, setKeepAlive: () => stream, ref: () => stream, unref: () => stream })
  const client = new Client({ user: 'me', database: 'shop', stream: () => stream as never })
  client.on('error', () => undefined)
  await client.connect()
  clients.push(client)
  const outcome = outcomeOf(client.query(update(4)))
  const { id } = await asked('id = 4')
  ws.send(JSON.stringify({ type: 'renew', token: await exchanged(running, await jwt('mia', ['others'])) }))
  expect(await outcome).toMatch(/withdrawn|denied|no rule/)
  await vi.waitFor(async () => expect((await show(id)).state).toBe('withdrawn'), { timeout: 10_000 })
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  expect(await totalOf(4)).toBe(6)
})

test('kill -9 while it waits: nothing ran, the approval stays open, its retry joins it and runs once', async () => {
  const eve = await exchanged(running, await jwt('eve', ['engineers']))
  const client = await session(eve)
  const outcome = outcomeOf(client.query(update(5)))
  const { id } = await asked('id = 5')
  running.child.kill('SIGKILL')
  expect(await outcome).not.toMatch(/^ran/)
  running = await start()
  expect(await show(id)).toMatchObject({ state: 'open', held: [{ isLive: false }] })
  expect((await approve(id)).status).toBe(200)
  expect(await totalOf(5)).toBe(7.5)
  const again = await session(eve)
  expect(await outcomeOf(again.query(update(5)))).toBe('ran 1')
  expect(await show(id)).toMatchObject({ state: 'used' })
  expect(await totalOf(5)).toBe(0)
})

test('pre-flight has an end for one person, and not for the next', async () => {
  const [eve, max] = [await exchanged(running, await jwt('eve', ['engineers'])), await exchanged(running, await jwt('max', ['engineers']))]
  const ask = (token: string) => callApi(running, 'POST', '/v1/connections/shop/preflight', token, { text: 'select 1' })
  let refused = 0
  for (let sent = 0; sent < preflightsPerMinute + 40 && refused === 0; sent += 20) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(eve)))
    refused = answers.filter(({ status }) => status !== 200).length
    for (const { status, json } of answers) if (status !== 200) expect([status, json['code']]).toEqual([429, 'limit_exceeded'])
  }
  expect(refused).toBeGreaterThan(0)
  expect((await ask(max)).status).toBe(200)
})

test('neither logs, nor metrics, nor errors hold a statement, a reason or a secret', async () => {
  const mark = `zq-${Date.now()}`
  const client = await session(await jwt('eve', ['engineers']))
  const outcome = outcomeOf(client.query(`update orders set note = '${mark}-literal' where note = $1 /* ${mark}-comment */`, [`${mark}-parameter`]))
  const { id } = await vi.waitFor(async () => {
    const { approvals } = (await callApi(running, 'GET', '/v1/approvals?filter=open', await otto())).json as { approvals: ApprovalWhole[] }
    if (approvals.length === 0) throw new Error('nothing is open yet')
    return approvals[0]!
  }, { timeout: 20_000 })
  await callApi(running, 'POST', `/v1/approvals/${id}/decision`, await otto(), { decision: 'deny', reason: `${mark}-reason` })
  expect(await outcome).toContain(`${mark}-reason`)
  await outcomeOf(client.query(`selec ${mark}-broken`))
  const metrics = await plain('/metrics')
  expect(metrics).toMatch(/gatehouse_/)
  await vi.waitFor(() => expect(output.length).toBeGreaterThan(0))
  const secrets = [mark, 'zq-seal-secret', readFileSync(join(files.folder, 'password'), 'utf8'), new URL(readFileSync(join(files.folder, 'store-url'), 'utf8')).password, await otto()]
  for (const text of [output, metrics]) for (const secret of secrets) expect(text.includes(secret)).toBe(false)
})

test('the store goes away while it waits: refused by its time, nothing ran, and nothing new is let in', async () => {
  const client = await session(await jwt('eve', ['engineers']))
  const outcome = outcomeOf(client.query(update(6)))
  await asked('id = 6')
  const startedAt = Date.now()
  await storeServer.stop()
  expect(await outcome).toMatch(/store does not answer|withdrawn|could not be/)
  expect(Date.now() - startedAt).toBeLessThan(40_000)
  expect(await totalOf(6)).toBe(9)
  expect((await callApi(running, 'GET', '/v1/approvals', await otto())).status).toBeGreaterThanOrEqual(500)
  await expect(session(await jwt('eve', ['engineers']))).rejects.toThrow()
})

const plain = (path: string) => new Promise<string>((done, failed) => {
  request(new URL(path, running.api), { ca: readFileSync(running.ca) }, (response) => {
    let text = ''
    response.on('data', (chunk: Buffer) => { text += chunk.toString() })
    response.on('end', () => done(text))
  }).on('error', failed).end()
})
