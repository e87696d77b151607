// The whole gateway as its callers meet it: started from a file, over HTTPS, tunnels and the native listener, to a real PostgreSQL.
import { closeSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { tunnelProtocol } from '../shared/api.ts'
import { createWebSocketDuplex } from './api/websocket-duplex.ts'
import { createLog } from './log.ts'
import { startGateway, type Gateway } from './main.ts'
import { signToken, testIssuer, writeGatewayConfig } from './testing/gateway.ts'
import { startPostgres, type RealPostgres } from './testing/real-postgres.ts'

// Each gateway has a store of its own, and the machine may be busy with other tests.
vi.setConfig({ testTimeout: 120_000 })

const log = createLog(process.env['GATEHOUSE_LOG'] ?? 'silent')
const policy = `
policy: shop
connections: [shop]
rules:
  - { id: read, who: { groups: [analysts] }, allow: { sql: [select], on: ["public.*"] } }
`
let postgres: RealPostgres
let files: Awaited<ReturnType<typeof writeGatewayConfig>>
let gateway: Gateway

beforeAll(async () => {
  postgres = await startPostgres()
  files = await writeGatewayConfig({ database: await postgres.database('shop'), policies: { shop: policy }, extra: 'reviewers: { groups: [auditors] }' })
  gateway = await startGateway({ configFile: files.configFile, log })
})
afterAll(async () => {
  await gateway?.close()
  await postgres?.stop()
  rmSync(files.folder, { recursive: true, force: true })
})

const tokenOf = (sub: string, groups: readonly string[], expiresInSeconds = 600) => signToken(files.key, { sub, groups, expiresInSeconds })

interface Answer { readonly status: number; readonly json: Record<string, unknown> }

function call(method: string, path: string, token?: string, to: Gateway = gateway): Promise<Answer> {
  const url = new URL(path, to.ready.api)
  return new Promise((done, failed) => {
    const sent = request(url, { method, ca: readFileSync(to.ready.ca!), agent: false, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => { text += chunk.toString() })
      response.on('end', () => done({ status: response.statusCode ?? 0, json: JSON.parse(text) as Record<string, unknown> }))
    })
    sent.on('error', failed)
    sent.end()
  })
}

async function shortToken(sub: string, groups: readonly string[], to: Gateway = gateway): Promise<string> {
  return (await call('POST', '/v1/tokens', await tokenOf(sub, groups), to)).json['token'] as string
}

async function overTunnel(token: string, to: Gateway = gateway): Promise<Client> {
  const ws = new WebSocket(`${to.ready.api.replace('https:', 'wss:')}/v1/connections/shop/tunnel`, tunnelProtocol, { ca: readFileSync(to.ready.ca!), headers: { authorization: `Bearer ${token}` }, perMessageDeflate: false })
  await new Promise<void>((done, failed) => { ws.once('open', done); ws.once('error', failed) })
  const duplex = createWebSocketDuplex(ws, { onControl: () => undefined, farewell: () => null })
  const stream = Object.assign(duplex, { connect: () => queueMicrotask(() => stream.emit('connect')), setNoDelay: () => stream, setKeepAlive: () => stream, ref: () => stream, unref: () => stream })
  const client = new Client({ user: 'me', database: 'shop', stream: () => stream as never })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

async function native(token: string, to: Gateway = gateway): Promise<Client> {
  const [host, port] = to.ready.postgres!.split(':') as [string, string]
  const client = new Client({ host, port: Number(port), user: 'me', database: 'shop', password: token })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

function readlinkOrNull(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch (error) {
    // The descriptor of the listing itself is gone by now.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

const endOf = (client: Client) => new Promise<void>((done) => { client.once('end', () => done()) })

test('says where it listens, with the CA that its clients are to trust', async () => {
  expect(gateway.ready).toMatchObject({ ready: true, ssh: null })
  expect(gateway.ready.api).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
  expect(gateway.ready.postgres).toMatch(/^127\.0\.0\.1:\d+$/)
  const { status, json } = await call('GET', '/v1/info')
  expect(status).toBe(200)
  expect(json).toMatchObject({ name: 'gatehouse', listeners: { postgres: gateway.ready.postgres }, providers: [{ name: 'test', issuer: testIssuer, kind: 'human' }] })
})

test('the same query through tunnel and native listener; both stand in the sessions, with a recording that verifies', async () => {
  const token = await shortToken('ada', ['analysts'])
  for (const open of [overTunnel, native]) {
    const client = await open(token)
    const failed = vi.fn()
    client.on('error', failed)
    expect((await client.query('select 1 + 1 as two')).rows).toEqual([{ two: 2 }])
    await client.end()
    expect(failed).not.toHaveBeenCalled()
  }
  await vi.waitFor(async () => {
    const { json } = await call('GET', '/v1/sessions', token)
    expect(json['sessions']).toMatchObject([{ via: 'native', state: 'closed', commands: 1 }, { via: 'tunnel', state: 'closed', commands: 1 }])
  })
  const sessions = (await call('GET', '/v1/sessions', token)).json['sessions'] as { id: string }[]
  for (const { id } of sessions) {
    const { json } = await call('GET', `/v1/sessions/${id}/frames`, token)
    const kinds = (json['frames'] as { kind: string }[]).map(({ kind }) => kind)
    expect(kinds[0]).toBe('open')
    expect(kinds).toContain('command')
    expect(kinds.at(-1)).toBe('close')
    expect((await call('GET', `/v1/sessions/${id}/verify`, token)).json).toMatchObject({ ok: true, closed: true })
  }
})

test('another principal sees neither the session nor its recording; a reviewer does', async () => {
  const mine = (await call('GET', '/v1/sessions', await shortToken('ada', ['analysts']))).json['sessions'] as { id: string }[]
  const id = mine[0]!.id
  const [eve, rita] = [await shortToken('eve', ['analysts']), await shortToken('rita', ['auditors'])]
  expect((await call('GET', '/v1/sessions', eve)).json['sessions']).toEqual([])
  expect((await call('GET', `/v1/sessions/${id}/frames`, eve)).status).toBe(404)
  expect((await call('GET', `/v1/sessions/${id}/frames`, rita)).status).toBe(200)
})

test('who has no rule on a connection learns nothing of it, by API, tunnel or listener', async () => {
  const token = await shortToken('nobody', ['interns'])
  expect((await call('GET', '/v1/connections', token)).json).toEqual({ connections: [] })
  await expect(overTunnel(token)).rejects.toThrow(/404/)
  await expect(native(token)).rejects.toMatchObject({ code: '3D000' })
})

test('a logout ends the session inside a running query, within a second', async () => {
  for (const open of [overTunnel, native]) {
    const token = await shortToken('ada', ['analysts'])
    const client = await open(token)
    const ended = endOf(client)
    const failed = client.query('select pg_sleep(30)').then(() => null, (error: unknown) => error)
    await new Promise((done) => { setTimeout(done, 200) })
    const at = Date.now()
    expect((await call('DELETE', '/v1/tokens/current', token)).status).toBe(200)
    expect(await failed).toBeInstanceOf(Error)
    await ended
    expect(Date.now() - at).toBeLessThan(5000)
    expect((await call('GET', '/v1/whoami', token)).status).toBe(401)
  }
})

test('a token’s expiry ends the session inside a running query, within a second', async () => {
  const token = await tokenOf('ada', ['analysts'], 2)
  const exp = (JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { exp: number }).exp * 1000
  const client = await native(token)
  const failed = client.query('select pg_sleep(30)').then(() => null, (error: unknown) => error)
  expect(await failed).toBeInstanceOf(Error)
  expect(Date.now()).toBeGreaterThanOrEqual(exp)
  expect(Date.now() - exp).toBeLessThan(5000)
})

test('a stricter policy ends the session; reload says nothing and does it', async () => {
  const client = await native(await shortToken('ada', ['analysts']))
  const ended = endOf(client)
  writeFileSync(join(files.folder, 'policies', 'shop.yaml'), policy.replace('[analysts]', '[others]'))
  await gateway.reload()
  await ended
  writeFileSync(join(files.folder, 'policies', 'shop.yaml'), policy)
  await gateway.reload()
  const again = await native(await shortToken('ada', ['analysts']))
  await again.end()
})

test('a stop tells open sessions why, and a second start finds its data', async () => {
  const own = await writeGatewayConfig({ database: { host: '127.0.0.1', port: postgres.port, user: postgres.user, password: postgres.password, database: 'shop' }, policies: { shop: policy } })
  const first = await startGateway({ configFile: own.configFile, log })
  const token = (await call('POST', '/v1/tokens', await signToken(own.key, { sub: 'ada', groups: ['analysts'] }), first)).json['token'] as string
  const client = await native(token, first)
  const heard = new Promise<Error>((done) => { client.on('error', done) })
  await first.close()
  expect((await heard).message).toMatch(/gateway is stopping/)
  await first.close()
  await expect(call('GET', '/v1/info', undefined, first)).rejects.toThrow(/ECONNREFUSED/)

  const second = await startGateway({ configFile: own.configFile, log })
  try {
    expect(readFileSync(second.ready.ca!)).toEqual(readFileSync(first.ready.ca!))
    const { json } = await call('GET', '/v1/sessions', token, second)
    expect(json['sessions']).toMatchObject([{ state: 'closed', closeReason: 'the gateway is stopping' }])
  } finally {
    await second.close()
    rmSync(own.folder, { recursive: true, force: true })
  }
})

test.runIf(process.platform === 'linux')('when the recording cannot be written every session ends, nobody is served, and readiness says so', async () => {
  const own = await writeGatewayConfig({ database: { host: '127.0.0.1', port: postgres.port, user: postgres.user, password: postgres.password, database: 'shop' }, policies: { shop: policy } })
  const failing = await startGateway({ configFile: own.configFile, log })
  try {
    const token = (await call('POST', '/v1/tokens', await signToken(own.key, { sub: 'ada', groups: ['analysts'] }), failing)).json['token'] as string
    const [busy, idle] = [await native(token, failing), await overTunnel(token, failing)]
    const ended = Promise.all([endOf(busy), endOf(idle)])
    // The file under the journal goes away, as with a disk that breaks.
    for (const fd of readdirSync('/proc/self/fd')) {
      if (readlinkOrNull(`/proc/self/fd/${fd}`)?.startsWith(join(own.folder, 'data', 'recordings')) === true) closeSync(Number(fd))
    }
    await expect(busy.query('select 1')).rejects.toMatchObject({ code: '58030' })
    await ended
    for (const path of ['/v1/whoami', '/v1/connections', '/readyz']) expect(await call('GET', path, token, failing)).toMatchObject({ status: 503, json: { code: 'recorder_failed' } })
    await expect(overTunnel(token, failing)).rejects.toThrow(/503/)
    await expect(native(token, failing)).rejects.toMatchObject({ code: '58030' })
  } finally {
    await failing.close()
    rmSync(own.folder, { recursive: true, force: true })
  }
})

test.each(['api', 'postgres'])('a taken port of %s is one clear error, and nothing is left running', async (which) => {
  const taken = createServer()
  await new Promise<void>((done) => { taken.listen(0, '127.0.0.1', done) })
  const { port } = taken.address() as { port: number }
  const own = await writeGatewayConfig({ database: { host: '127.0.0.1', port: 1, user: 'x', password: 'x', database: 'x' }, policies: {} })
  writeFileSync(own.configFile, readFileSync(own.configFile, 'utf8').replace(`${which}: "127.0.0.1:0"`, `${which}: "127.0.0.1:${port}"`))
  await expect(startGateway({ configFile: own.configFile, log })).rejects.toMatchObject({ code: 'port_taken', message: expect.stringContaining(`${port}`) as string })
  taken.close()
  const later = await startGateway({ configFile: own.configFile, log })
  await later.close()
  rmSync(own.folder, { recursive: true, force: true })
})

test.each([
  ['a literal secret', (text: string) => text.replace('{ file: password }', 'hunter2'), 'config_invalid'],
  ['a key set that is not there', (text: string) => text.replace('jwks.json', 'nowhere.json'), 'config_unreadable'],
  ['an API beyond loopback without a certificate', (text: string) => text.replace('api: "127.0.0.1:0"', 'api: "0.0.0.0:0"'), 'config_invalid'],
])('%s stops the start', async (_, spoil, code) => {
  const own = await writeGatewayConfig({ database: { host: '127.0.0.1', port: 1, user: 'x', password: 'x', database: 'x' }, policies: {} })
  writeFileSync(own.configFile, spoil(readFileSync(own.configFile, 'utf8')))
  const refused = await startGateway({ configFile: own.configFile, log }).then(() => null, (error: unknown) => error)
  expect(refused).toMatchObject({ code })
  expect(String(refused)).not.toContain('hunter2')
  rmSync(own.folder, { recursive: true, force: true })
})
