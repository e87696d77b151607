// What fails around a session: the database, the record, the store, the token, and clients that do not play along. Each with a
// real PostgreSQL and a real gateway; a failure says so in PostgreSQL's tongue, and costs nobody else anything.
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, beforeAll, describe as group, expect, test } from 'vitest'
import { nodeFs } from '../../recording/segment-files.ts'
import { verifyJournal } from '../../recording/verify.ts'
import { commandsIn } from '../../recording/testing/commands.ts'
import { callApi, exchanged, overTunnel } from '../../testing/api.ts'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { startPostgres, type DatabaseAddress, type RealPostgres } from '../../testing/real-postgres.ts'
import { createShop, shopPolicy } from '../../testing/shop.ts'
import { frame, password, query, reportOf, startup } from './testing/messages.ts'

let postgres: RealPostgres
let database: DatabaseAddress
let gateway: TestGateway
let direct: Client

beforeAll(async () => {
  postgres = await startPostgres()
  database = await postgres.database('shop')
  await createShop(database)
  direct = new Client({ ...database })
  await direct.connect()
  await direct.query('create sequence ticks; create table sink (t text)')
  gateway = await startTestGateway({ database, policies: { shop: shopPolicy } })
})
afterAll(async () => {
  await direct?.end()
  await gateway?.stop()
  await postgres?.stop()
})

const tokenOf = (to: TestGateway = gateway, sub = 'ada') => to.token({ sub, groups: ['engineers'] })
const raw = async (to: TestGateway = gateway) => RawClient.signIn(to, await tokenOf(to))
const lastError = (client: RawClient) => reportOf(client.frames().findLast(({ type }) => type === 'E')?.body ?? Buffer.alloc(0))
const big = "select repeat('x', 1000) from generate_series(1, 100000000)"

async function native(to: TestGateway, token: string): Promise<Client> {
  const client = new Client({ host: to.host, port: to.port, database: 'shop', user: 'me', password: token })
  client.on('error', () => undefined)
  await client.connect()
  return client
}
const endOf = (client: Client) => new Promise<void>((done) => { client.once('end', () => done()) })

async function newestSession(to: TestGateway): Promise<{ readonly id: string; readonly state: string; readonly closeReason: string }> {
  const { json } = await callApi(to, 'GET', '/v1/sessions', await tokenOf(to))
  return (json['sessions'] as { id: string; state: string; closeReason: string }[])[0]!
}

async function expectClosedAndWhole(to: TestGateway): Promise<void> {
  await expect.poll(async () => (await newestSession(to)).state, { timeout: 3_000 }).toBe('closed')
  const { id } = await newestSession(to)
  expect((await callApi(to, 'GET', `/v1/sessions/${id}/verify`, await tokenOf(to))).json).toMatchObject({ ok: true, closed: true })
}

group('the database', () => {
  test('is down at connect: a clear error at once, and a session that never was', async () => {
    const own = await startTestGateway({ database: { ...database, port: 1 }, policies: { shop: shopPolicy } })
    const client = await raw(own)
    expect(lastError(client)).toMatchObject({ S: 'FATAL', C: '08001', M: expect.stringContaining('connection shop cannot be reached') })
    expect((await callApi(own, 'GET', '/v1/sessions', await tokenOf(own))).json['sessions']).toEqual([])
    await own.stop()
  })

  test('kills the backend in the middle of a result: the client hears it, the session is closed, its recording whole', async () => {
    const client = await raw()
    client.send(query("select repeat('x', 1000), pg_sleep(0.001), 'kill me' from generate_series(1, 100000)"))
    await client.until(() => client.heard.length > 50_000)
    await direct.query("select pg_terminate_backend(pid) from pg_stat_activity where query like '%kill me%' and pid <> pg_backend_pid()")
    await client.closed()
    expect(client.heard.subarray(-200).toString('latin1')).toMatch(/57P01|08006/)
    await expectClosedAndWhole(gateway)
  })

  test('kills the backend while the session is idle', async () => {
    const client = await raw()
    await client.ask([query("set application_name = 'idle-one'")])
    await direct.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'idle-one'")
    await client.closed()
    expect(reportOf(client.frames().find(({ type }) => type === 'E')!.body)).toMatchObject({ S: 'FATAL', C: '57P01' })
    await expectClosedAndWhole(gateway)
  })
})

test('an idle session ends, one in which something runs does not', async () => {
  const own = await startTestGateway({ database, policies: { shop: shopPolicy }, seams: { sessionIdleMs: 700 } })
  const [idle, busy] = [await raw(own), await raw(own)]
  const began = Date.now()
  const answered = busy.ask([query('select pg_sleep(1.5)')])
  await idle.closed()
  expect(lastError(idle)).toMatchObject({ S: 'FATAL', C: '57P05' })
  expect(Date.now() - began).toBeLessThan(1_400)
  expect((await answered).map(({ type }) => type).join('')).toBe('TDCZ')
  await own.stop()
})

group('the record', () => {
  test.each([1, 2, 3, 5])('fails at write %i: nothing unrecorded goes upstream, and every session ends within a second', async (at) => {
    let left = Infinity
    const disk = { ...nodeFs, writeSync: (...given: Parameters<typeof nodeFs.writeSync>) => {
      if (--left <= 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
      return nodeFs.writeSync(...given)
    } }
    const own = await startTestGateway({ database, policies: { shop: shopPolicy }, seams: { journalFs: disk } })
    const [busy, idle] = [await raw(own), await raw(own)]
    const before = Number((await direct.query("select nextval('ticks') as n")).rows[0].n)
    left = at
    let failedAt = 0
    while (!busy.isClosed) {
      failedAt = Date.now()
      await busy.ask([query("select nextval('ticks')")])
    }
    expect(lastError(busy)).toMatchObject({ C: '58030' })
    await idle.closed()
    expect(Date.now() - failedAt).toBeLessThan(1_000)
    const ran = Number((await direct.query("select nextval('ticks') as n")).rows[0].n) - before - 1
    const recordings = join(own.folder, 'data', 'recordings')
    expect((await verifyJournal(recordings)).ok).toBe(true)
    expect(ran).toBeLessThanOrEqual((await commandsIn(recordings)).length)
    expect(lastError(await raw(own))).toMatchObject({ C: '58030' })
    await own.stop()
  })
})

// Each waits for a deadline of the gateway.
group.concurrent('what takes its time', () => {
  test('a database that accepts and never answers: the client is told after upstreamConnectMs', async () => {
    const held: Socket[] = []
    const mute = createServer((socket) => void held.push(socket.on('error', () => undefined)))
    await new Promise<void>((done) => { mute.listen(0, '127.0.0.1', done) })
    const own = await startTestGateway({ database: { ...database, port: (mute.address() as { port: number }).port }, policies: { shop: shopPolicy }, seams: { handshakeMs: 1_000 } })
    const client = await RawClient.open(own.host, own.port)
    client.send(startup({ user: 'me', database: 'shop' }))
    await client.until(() => client.heard.length >= 9)
    client.send(password(await tokenOf(own)))
    await sleep(5_000)
    await client.closed()
    expect(reportOf(client.frames().at(-1)!.body)).toMatchObject({ C: '08001', M: expect.stringContaining('did not answer within') })
    for (const socket of held) socket.destroy()
    mute.close()
    await own.stop()
  }, 20_000)

  test('a store that is lost refuses new sessions', async () => {
    const lost = await startPostgres()
    const store = await lost.database('store')
    process.env['GATEHOUSE_TEST_STORE'] = `postgres://${store.user}:${store.password}@${store.host}:${store.port}/${store.database}`
    const own = await startTestGateway({ database, policies: { shop: shopPolicy }, extra: 'store: { env: GATEHOUSE_TEST_STORE }' })
    const token = await tokenOf(own)
    expect((await RawClient.signIn(own, token)).isClosed).toBe(false)
    await lost.stop('crash')
    const refused = await RawClient.signIn(own, token)
    expect(lastError(refused)).toMatchObject({ S: 'FATAL', C: '58000' })
    await own.stop()
  }, 60_000)
})

group('a revoked token ends within a second', () => {
  const running: Record<string, (client: Client) => Promise<unknown>> = {
    'a query': (client) => client.query('select pg_sleep(30)'),
    'a COPY in': (client) => client.query('copy sink from stdin'),
    'a COPY out': (client) => client.query(`copy (${big}) to stdout`),
    'a cursor': async (client) => {
      await client.query('begin')
      await client.query(`declare c cursor for ${big}`)
      for (;;) await client.query('fetch 1000 from c')
    },
  }
  test.each(Object.keys(running))('%s', async (name) => {
    for (const open of [native, overTunnel]) {
      const token = await exchanged(gateway, await tokenOf())
      const client = await open(gateway, token)
      const ended = endOf(client)
      const failed = running[name]!(client).then(() => 'it ended well', (error: unknown) => error)
      await sleep(200)
      const at = Date.now()
      expect((await callApi(gateway, 'DELETE', '/v1/tokens/current', token)).status).toBe(200)
      await ended
      expect(Date.now() - at).toBeLessThan(1_000)
      expect(await Promise.race([failed, sleep(500, 'silent')])).not.toBe('it ended well')
    }
  })
})

group('back-pressure', () => {
  test('a client that does not read a large result costs a bounded memory, and nobody else time', async () => {
    const socket = connect(gateway.port, gateway.host)
    await new Promise<void>((done) => { socket.once('connect', () => done()) })
    socket.write(startup({ user: 'me', database: 'shop' }))
    await sleep(50)
    socket.write(password(await tokenOf()))
    await sleep(300)
    socket.pause()
    const other = await native(gateway, await tokenOf())
    const before = process.memoryUsage().rss
    socket.write(query(big))
    let slowest = 0
    for (let i = 0; i < 30; i++) {
      const began = performance.now()
      await other.query('select 1')
      slowest = Math.max(slowest, performance.now() - began)
      await sleep(50)
    }
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(64)
    expect(slowest).toBeLessThan(250)
    socket.destroy()
    await other.end()
  })

  test('a client that floods a busy database is slowed down or sent away, in bounded memory', async () => {
    const flood = { statements: query(`select '${'x'.repeat(500_000)}'`), 'COPY data without a COPY': frame('d', Array.from({ length: 500_000 }, () => 65)) }
    const other = await native(gateway, await tokenOf())
    for (const message of Object.values(flood)) {
      const client = await raw()
      client.send(query('select pg_sleep(3)'))
      const before = process.memoryUsage().rss
      for (let i = 0; i < 400 && !client.isClosed; i++) {
        client.send(message)
        if (i % 20 === 0) await other.query('select 1')
      }
      // The test's own socket holds what the gateway does not take: 200 MB at most.
      expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(300)
      client.end()
    }
    const many = await raw()
    many.send(query('select pg_sleep(30)'), ...Array.from({ length: 25_000 }, () => frame('S')))
    await many.closed()
    expect(lastError(many)).toMatchObject({ C: '08P01', M: expect.stringContaining('pipelineMax') })
    await other.end()
  })
})
