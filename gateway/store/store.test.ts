// The same tests on both kinds of store: PGlite in its worker, and a real PostgreSQL server.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Principal } from '../../shared/principal.ts'
import type { SessionSummary } from '../../shared/session.ts'
import { makeSessionId } from '../../shared/session-id.ts'
import { Secret } from '../credentials/secret.ts'
import { storeQueryMs } from '../limits.ts'
import { startPostgres, type RealPostgres } from '../testing/real-postgres.ts'

// PGlite compiles its megabytes of WebAssembly in seconds, or in half a minute beside everything else.
vi.setConfig({ testTimeout: 60_000 })
import { createAuditLog } from './audit.ts'
import { gatewayId } from './gateway-id.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations.ts'
import { createSessions, lostReason } from './sessions.ts'
import { openStore, type Store, type StoreOptions } from './store.ts'
import { createTokens } from './tokens.ts'

const ada: Principal = {
  id: 'corp:auth0|ada', provider: 'corp', subject: 'auth0|ada', kind: 'human', email: 'ada@example.com', groups: ['analysts', 'ünïcode'],
  claims: { sub: 'auth0|ada', nul: 'a\0b', nested: { list: [1, '2', null] } },
}
let sequence = 0
function sessionOf(overrides: Partial<SessionSummary> = {}): SessionSummary {
  const at = Date.UTC(2026, 0, 1) + sequence++ * 1000
  return {
    id: makeSessionId(at, new Uint8Array(10)), connection: 'shop', kind: 'postgres', principal: { id: ada.id, email: ada.email, kind: 'human' },
    via: 'native', client: 'psql', state: 'open', openedAt: new Date(at).toISOString(), closedAt: null, closeReason: null, commands: 0, refusals: 0, ...overrides,
  }
}
const folder = () => mkdtempSync(join(tmpdir(), 'gatehouse-store-'))

let postgres: RealPostgres
beforeAll(async () => { postgres = await startPostgres() })
afterAll(() => postgres.stop())

async function urlOf(name: string): Promise<Secret<string>> {
  const { user, password, host, port, database } = await postgres.database(name)
  return new Secret(`postgres://${user}:${password}@${host}:${port}/${database}`)
}

describe.each(['pglite', 'server'] as const)('on %s', (kind) => {
  const dataDir = folder()
  let store: Store
  let options: StoreOptions
  beforeAll(async () => {
    options = kind === 'pglite' ? { dataDir } : { dataDir, url: await urlOf('one') }
    store = await openStore(options)
    expect(store.kind).toBe(kind)
  })
  afterAll(async () => {
    await store.dispose()
    rmSync(dataDir, { recursive: true, force: true })
  })

  test('a token is found by its hash until it is revoked, and what the principal was comes back as it was', async () => {
    const tokens = createTokens(store)
    const token = { hash: 'a'.repeat(64), principal: ada, expiresAt: Date.now() + 1000, isRevoked: false }
    await tokens.insert(token)
    expect(await tokens.find(token.hash)).toEqual(token)
    await tokens.revoke(token)
    expect(await tokens.find(token.hash)).toEqual({ ...token, isRevoked: true })
    await tokens.insert(token)
    expect((await tokens.find(token.hash))?.isRevoked).toBe(true)
    expect(await tokens.find('b'.repeat(64))).toBeNull()
  })

  test('what was never issued here can be revoked', async () => {
    const tokens = createTokens(store)
    const token = { hash: 'c'.repeat(64), principal: ada, expiresAt: Date.now() + 1000, isRevoked: false }
    await tokens.revoke(token)
    expect((await tokens.find(token.hash))?.isRevoked).toBe(true)
  })

  test('tokens that ended long ago are forgotten', async () => {
    const token = { hash: 'd'.repeat(64), principal: ada, expiresAt: Date.now(), isRevoked: true }
    await createTokens(store).insert(token)
    await createTokens(store, () => Date.now() + 30 * 24 * 60 * 60_000).insert({ ...token, hash: 'e'.repeat(64), expiresAt: Date.now() + 40 * 24 * 60 * 60_000 })
    expect(await createTokens(store).find(token.hash)).toBeNull()
  })

  test('a session is open until its first end, and keeps it', async () => {
    const sessions = createSessions(store, 'gw_a')
    const session = sessionOf({ client: 'psql \0 "; drop table' })
    await sessions.insert(session)
    expect(await sessions.get(session.id)).toEqual({ ...session, client: 'psql \uFFFD "; drop table' })
    const end = { closedAt: '2026-03-04T05:06:07.089Z', closeReason: 'client left', commands: 12, refusals: 3 }
    await sessions.close(session.id, end)
    await sessions.close(session.id, { ...end, closeReason: 'again', commands: 0 })
    expect(await sessions.get(session.id)).toMatchObject({ state: 'closed', ...end })
    expect(await sessions.get('se_nothing')).toBeNull()
    await expect(sessions.insert(session)).rejects.toMatchObject({ sqlState: '23505' })
  })

  test('sessions are listed newest first, page by page, by principal and connection', async () => {
    const sessions = createSessions(store, 'gw_list')
    const eve = { id: 'corp:eve', email: null, kind: 'agent' }
    const mine = [sessionOf({ principal: eve, connection: 'list-1' }), sessionOf({ principal: eve, connection: 'list-2' }), sessionOf({ principal: eve, connection: 'list-1' })]
    for (const session of mine) await sessions.insert(session)
    const ids = mine.map(({ id }) => id).toReversed()
    const first = await sessions.list({ principal: eve.id, limit: 2 })
    expect(first).toMatchObject({ sessions: [{ id: ids[0] }, { id: ids[1] }], next: ids[1] })
    expect(await sessions.list({ principal: eve.id, limit: 2, before: first.next! })).toMatchObject({ sessions: [{ id: ids[2] }], next: null })
    expect((await sessions.list({ connection: 'list-1', limit: 10 })).sessions.map(({ id }) => id)).toEqual([ids[0], ids[2]])
    expect(await sessions.list({ principal: "' or true --", limit: 10 })).toEqual({ sessions: [], next: null })
    expect((await sessions.list({ limit: 1 })).sessions.length).toBe(1)
  })

  test('a gateway that was killed ends its own sessions when it starts again, and no other gateway’s', async () => {
    const [mine, ended, others] = [sessionOf(), sessionOf(), sessionOf()]
    const sessions = createSessions(store, 'gw_killed')
    await sessions.insert(mine)
    await sessions.insert(ended)
    await sessions.close(ended.id, { closedAt: new Date().toISOString(), closeReason: 'client left', commands: 1, refusals: 0 })
    await createSessions(store, 'gw_other').insert(others)
    expect(await sessions.closeLeftOpen()).toBe(1)
    expect(await sessions.get(mine.id)).toMatchObject({ state: 'closed', closeReason: lostReason })
    expect(await sessions.get(ended.id)).toMatchObject({ closeReason: 'client left' })
    expect(await sessions.get(others.id)).toMatchObject({ state: 'open' })
  })

  test('audit events are added and read, and nothing else is possible', async () => {
    const audit = createAuditLog(store, 'gw_a', () => Date.UTC(2026, 1, 2))
    await audit.append({ kind: 'login', principal: ada.id, detail: { via: 'tunnel', ok: true, n: 1, nothing: null, nul: '\0' } })
    await audit.append({ kind: 'login-failed', principal: null, detail: {} })
    const page = await audit.list({ limit: 1 })
    expect(page.events).toEqual([{ id: expect.any(Number), at: '2026-02-02T00:00:00.000Z', kind: 'login-failed', principal: null, detail: {} }])
    const rest = await audit.list({ before: page.next!, limit: 10 })
    expect(rest.events[0]).toMatchObject({ kind: 'login', principal: ada.id, detail: { via: 'tunnel', ok: true, n: 1, nothing: null, nul: '\0' } })
    for (const sql of ['update gatehouse.audit_events set kind = $1::text', 'delete from gatehouse.audit_events where kind <> $1::text']) {
      await expect(store.query(sql, ['x'])).rejects.toMatchObject({ sqlState: '42501' })
    }
    await expect(store.query('truncate gatehouse.audit_events')).rejects.toMatchObject({ sqlState: '42501' })
  })

  test('a transaction is all or nothing, and others do not see into it', async () => {
    const audit = createAuditLog(store, 'gw_tx')
    const before = (await audit.list({ limit: 100 })).events.length
    const insert = "insert into gatehouse.audit_events (at, gateway, kind, detail) values (now(), 'g', 'login', '{}')"
    await expect(store.transaction(async (queries) => {
      await queries.query(insert)
      throw new Error('no')
    })).rejects.toThrow('no')
    await expect(store.transaction(async (queries) => {
      await queries.query(insert)
      await queries.query('select 1/0')
    })).rejects.toMatchObject({ sqlState: '22012' })
    await Promise.all([store.transaction((queries) => queries.query(insert)), ...Array.from({ length: 20 }, () => store.query('select 1'))])
    expect((await audit.list({ limit: 100 })).events.length).toBe(before + 1)
  })

  test('a store that was migrated is migrated once, and one that is newer than the gateway is refused', async () => {
    await migrate(store)
    const newest = migrations.at(-1)!.version
    await migrate(store, [...migrations, { version: newest + 1, name: 'more', sql: 'create table gatehouse.more (id int); create table gatehouse.most (id int)' }])
    await store.query('select id from gatehouse.most')
    await expect(migrate(store)).rejects.toMatchObject({ code: 'store_unavailable', message: expect.stringContaining(`schema version ${newest + 1}, and this gateway knows ${newest}`) })
    await store.query('delete from gatehouse.schema_version where version = $1::int', [newest + 1])
  })

  test('a migration that fails leaves nothing behind', async () => {
    const broken = [...migrations, { version: migrations.at(-1)!.version + 1, name: 'broken', sql: 'create table gatehouse.half (id int); select 1/0' }]
    await expect(migrate(store, broken)).rejects.toMatchObject({ sqlState: '22012' })
    await expect(store.query('select * from gatehouse.half')).rejects.toMatchObject({ sqlState: '42P01' })
  })

  test('what hangs is store_unavailable in time', async () => {
    await store.dispose()
    store = await openStore({ ...options, queryMs: 300 })
    const hung = [store.query('select pg_sleep(1)'), store.transaction((queries) => queries.query('select pg_sleep(1)'))]
    for (const answer of hung) await expect(answer).rejects.toMatchObject({ code: 'store_unavailable' })
    await new Promise((resolve) => { setTimeout(resolve, 1_200) })
    expect(await store.query('select 1::int as one')).toEqual([{ one: 1 }])
    await store.dispose()
    store = await openStore(options)
  })

  test('it is all there after the gateway is started again', async () => {
    const sessions = createSessions(store, 'gw_a')
    const session = sessionOf()
    await sessions.insert(session)
    await store.dispose()
    await expect(store.query('select 1')).rejects.toMatchObject({ code: 'store_unavailable' })
    store = await openStore(options)
    expect(await createSessions(store, 'gw_a').get(session.id)).toEqual(session)
  })
})

test('several gateways may start on one server at once', async () => {
  const url = await urlOf('many')
  const stores = await Promise.all(Array.from({ length: 4 }, () => openStore({ dataDir: folder(), url })))
  expect(await stores[3]!.query('select count(*)::int as n from gatehouse.schema_version')).toEqual([{ n: migrations.length }])
  await Promise.all(stores.map((store) => store.dispose()))
})

test('a data folder has one gateway, whatever its store', async () => {
  const dataDir = folder()
  const store = await openStore({ dataDir, url: await urlOf('locked') })
  await expect(openStore({ dataDir })).rejects.toMatchObject({ code: 'config_invalid', message: expect.stringContaining('used by another gateway') })
  await store.dispose()
  await (await openStore({ dataDir })).dispose()
})

test('a server that is not there, and one that accepts and says nothing, are store_unavailable in time', async () => {
  const dataDir = folder()
  const sockets: Socket[] = []
  const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  await expect(openStore({ dataDir, url: new Secret('postgres://u:secret@127.0.0.1:1/x') })).rejects.toMatchObject({ code: 'store_unavailable' })
  const began = Date.now()
  const error = await openStore({ dataDir, url: new Secret(`postgres://u:secret@127.0.0.1:${port}/x`) }).catch((error: unknown) => error)
  expect(error).toMatchObject({ code: 'store_unavailable' })
  expect(String(error)).not.toContain('secret')
  expect(Date.now() - began).toBeLessThan(storeQueryMs * 2)
  for (const socket of sockets) socket.destroy()
  silent.close()
})

test('a server that goes away is store_unavailable, and the store works again when it is back', async () => {
  const url = await urlOf('away')
  const store = await openStore({ dataDir: folder(), url })
  await Promise.all(Array.from({ length: 3 }, () => store.query('select 1')))
  const other = await openStore({ dataDir: folder(), url: await urlOf('away2') })
  await other.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'away'")
  const answers = await Promise.allSettled(Array.from({ length: 3 }, () => store.query('select 1::int as one')))
  for (const answer of answers) if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'store_unavailable' })
  expect(await store.query('select 1::int as one')).toEqual([{ one: 1 }])
  await Promise.all([store.dispose(), other.dispose()])
})

test('the embedded store survives kill -9 with what it acknowledged, and its folder is for the owner only', async () => {
  const dataDir = folder()
  const child = fork(join(import.meta.dirname, 'testing', 'writer.ts'), [dataDir], { execArgv: [] })
  let acknowledged = 0
  await new Promise<void>((resolve) => {
    child.on('message', (count) => {
      acknowledged = count as number
      if (acknowledged === 20) resolve()
    })
  })
  child.kill('SIGKILL')
  await once(child, 'close')
  const store = await openStore({ dataDir })
  const [row] = await store.query('select count(*)::int as n from gatehouse.audit_events')
  expect(row!['n']).toBeGreaterThanOrEqual(acknowledged)
  await store.dispose()
  expect(statSync(join(dataDir, 'store')).mode & 0o777).toBe(0o700)
  rmSync(dataDir, { recursive: true, force: true })
})

test('a gateway has one id for good', () => {
  const dataDir = folder()
  const id = gatewayId(dataDir)
  expect(id).toMatch(/^gw_[0-9a-f]{24}$/)
  expect(gatewayId(dataDir)).toBe(id)
})
