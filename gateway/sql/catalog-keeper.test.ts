import { connect, createServer, type Socket } from 'node:net'
import { Client } from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { GatehouseError } from '../../shared/errors.ts'
import { Secret } from '../credentials/secret.ts'
import { startPostgres, type DatabaseAddress, type RealPostgres } from '../testing/real-postgres.ts'
import type { CatalogTarget } from './catalog-connection.ts'
import { createCatalogKeeper } from './catalog-keeper.ts'
import type { Catalog } from './catalog.ts'
import { ancestors, transitiveReads } from './relation-trees.ts'

const log = pino({ level: 'silent' })
let server: RealPostgres
let address: DatabaseAddress
let admin: Client

beforeAll(async () => {
  server = await startPostgres()
  address = await server.database('shop')
  admin = new Client(address)
  admin.on('error', () => undefined)
  await admin.connect()
  await admin.query(`
    create schema crm;
    create table customers (id int primary key, dropped text, email text, notes text);
    alter table customers drop column dropped;
    create view contacts as select id, email from customers;
    create view crm.letters as select email from contacts;
    create materialized view crm.frozen as select * from crm.letters;
    create table events (id int, day date) partition by range (day);
    create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');
    create table crm.customers (id int);
    create function leak(int) returns text language sql as 'select email from public.customers where id = $1';
    create view leaking as select leak(1) as note;
    create view crm.over_leaking as select * from leaking;
    create role crm_reader login password 'reader' ;
    alter role crm_reader set search_path = crm, public;
  `)
})

afterAll(async () => {
  await admin.end().catch(() => undefined)
  await server.stop()
})

const target = (change: Partial<CatalogTarget> = {}): CatalogTarget => ({
  summary: { name: 'shop' }, host: address.host, port: address.port, database: address.database, user: address.user,
  password: new Secret(address.password), tls: 'disable', ca: null, ...change,
})

async function load(change: Partial<CatalogTarget> = {}): Promise<Catalog> {
  const keeper = createCatalogKeeper({ target: target(change), log })
  const catalog = await keeper.refresh()
  await keeper.dispose()
  return catalog
}

const nameOf = (catalog: Catalog, oid: number) => `${catalog.byOid.get(oid)?.schema}.${catalog.byOid.get(oid)?.name}`

test('reads relations, columns by attribute number, views, partitions, functions', async () => {
  const catalog = await load()
  expect(catalog.searchPath).toEqual(['pg_catalog', 'public'])
  const customers = catalog.byName.get('public.customers')!
  expect(customers).toMatchObject({ kind: 'table', columns: [{ number: 1, name: 'id', typeOid: 23 }, { number: 3, name: 'email', typeOid: 25 }, { number: 4, name: 'notes', typeOid: 25 }] })
  expect(catalog.byOid.get(customers.oid)).toBe(customers)
  expect(catalog.named('customers').map(({ schema }) => schema).sort()).toEqual(['crm', 'public'])
  expect(catalog.byName.get('public.contacts')).toMatchObject({ kind: 'view', reads: [customers.oid] })
  expect(catalog.byName.get('crm.frozen')?.kind).toBe('materialized view')
  expect(catalog.byName.get('public.events')?.kind).toBe('partitioned table')
  expect(catalog.byName.get('pg_catalog.pg_class')?.columns.some(({ name }) => name === 'relname')).toBe(true)
  expect(catalog.userFunctions).toEqual(new Set(['leak']))
  // What such a view reads is inside the function, where no dependency shows it.
  expect(catalog.opaqueViews).toEqual(new Set(['public.leaking', 'crm.over_leaking']))
})

test('a view of a view, its materialization, and a TOAST table reach the table below', async () => {
  const catalog = await load()
  const reached = (name: string) => [...transitiveReads(catalog, catalog.byName.get(name)!.oid)].map((oid) => nameOf(catalog, oid))
  expect(reached('crm.frozen')).toContain('public.customers')
  const customers = catalog.byName.get('public.customers')!.oid
  const toast = [...catalog.byOid.values()].find(({ kind, reads }) => kind === 'toast' && reads.includes(customers))
  expect(toast?.schema).toBe('pg_toast')
  const partition = catalog.byName.get('public.events_2026')!.oid
  expect([...ancestors(catalog, partition)].map((oid) => nameOf(catalog, oid))).toEqual(['public.events_2026', 'public.events'])
})

test("the search path is the gateway role's own, and no name of ours is looked up in it", async () => {
  // A role whose path begins with a schema that shadows the catalog (CVE-2025-12819).
  await admin.query('create schema evil; grant usage on schema evil to public; create view evil.pg_class as select 1 as oid')
  await admin.query('alter role crm_reader set search_path = evil, pg_catalog, crm, public; grant usage on schema crm to crm_reader')
  const catalog = await load({ user: 'crm_reader', password: new Secret('reader') })
  expect(catalog.searchPath).toEqual(['evil', 'pg_catalog', 'crm', 'public'])
  expect(catalog.byName.has('public.customers')).toBe(true)
})

test('a search path that is set for the role later is seen, as new sessions have it', async () => {
  await admin.query("create role wanderer login password 'w'; grant usage on schema crm to wanderer")
  const keeper = createCatalogKeeper({ target: target({ user: 'wanderer', password: new Secret('w') }), log })
  expect((await keeper.refresh()).searchPath).toEqual(['pg_catalog', 'public'])
  await admin.query('alter role wanderer set search_path = crm, public')
  expect((await keeper.refresh()).searchPath).toEqual(['pg_catalog', 'crm', 'public'])
  await keeper.dispose()
})

test('a snapshot is swapped whole when something changed, and stays the same object when nothing did', async () => {
  const changes: number[] = []
  const keeper = createCatalogKeeper({ target: target(), log, onChange: (catalog) => changes.push(catalog.version) })
  expect(() => keeper.current()).toThrow(GatehouseError)
  const first = await keeper.refresh()
  expect(await keeper.refresh()).toBe(first)
  await admin.query('create table later (id int)')
  const second = await keeper.refresh()
  expect(second.version).toBeGreaterThan(first.version)
  expect(first.byName.has('public.later')).toBe(false)
  expect(keeper.current()).toBe(second)
  expect(changes).toEqual([first.version, second.version])
  await keeper.dispose()
})

test('a refresh asked for while one is reading waits for a new one, shared by all who ask', async () => {
  const keeper = createCatalogKeeper({ target: target(), log })
  const running = keeper.refresh()
  await new Promise((resolve) => setImmediate(resolve))
  await admin.query('create table raced (id int)')
  const [, second, third] = await Promise.all([running, keeper.refresh(), keeper.refresh()])
  expect(second).toBe(third)
  expect(second.byName.has('public.raced')).toBe(true)
  await keeper.dispose()
})

test('while in use it refreshes by itself', async () => {
  const keeper = createCatalogKeeper({ target: target(), log, refreshMs: 50 })
  await keeper.refresh()
  await admin.query('create table by_itself (id int)')
  await expect.poll(() => keeper.current().byName.has('public.by_itself'), { timeout: 5000 }).toBe(true)
  await keeper.dispose()
})

test('is disposed of at any moment of a load, at once', async () => {
  for (let waitMs = 0; waitMs < 40; waitMs += 2) {
    const keeper = createCatalogKeeper({ target: target(), log })
    const load = keeper.refresh().then(() => 'loaded', () => 'given up')
    await new Promise((resolve) => { setTimeout(resolve, waitMs) })
    await keeper.dispose()
    expect(['loaded', 'given up']).toContain(await load)
  }
})

test('a wrong credential and a server that is not there are catalog_unavailable, and nothing is decided', async () => {
  for (const change of [{ password: new Secret('wrong') }, { password: null }, { port: 1 }, { tls: 'require' as const }]) {
    const keeper = createCatalogKeeper({ target: target(change), log })
    await expect(keeper.refresh()).rejects.toMatchObject({ code: 'catalog_unavailable', side: 'upstream' })
    expect(() => keeper.current()).toThrow(/catalog of shop cannot be used/)
    await keeper.dispose()
  }
})

test('tls prefer falls back to plain where the server has no TLS', async () => {
  expect((await load({ tls: 'prefer' })).byName.has('public.customers')).toBe(true)
})

test('a lost connection is made again at the next refresh; until then the last snapshot serves', async () => {
  const keeper = createCatalogKeeper({ target: target(), log })
  const first = await keeper.refresh()
  await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gatehouse catalog'")
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(keeper.current()).toBe(first)
  expect(await keeper.refresh()).toBe(first)
  await keeper.dispose()
})

test('a snapshot that could not be renewed for too long is refused', async () => {
  const keeper = createCatalogKeeper({ target: target(), log, staleMs: 30 })
  await keeper.refresh()
  await new Promise((resolve) => setTimeout(resolve, 60))
  expect(() => keeper.current()).toThrow(/last read/)
  await keeper.dispose()
})

test('a server that falls silent in the middle is given up at the deadline, and tried again', async () => {
  let isSilent = false
  const sockets = new Set<Socket>()
  const proxy = createServer((client) => {
    const upstream = connect(address.port, address.host)
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => undefined))
    client.on('data', (chunk) => upstream.write(chunk))
    upstream.on('data', (chunk) => isSilent || client.write(chunk))
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const { port } = proxy.address() as { port: number }
  const keeper = createCatalogKeeper({ target: target({ port }), log, loadMs: 1500 })
  const first = await keeper.refresh()
  isSilent = true
  await expect(keeper.refresh()).rejects.toThrow(/longer than catalogLoadMs/)
  expect(keeper.current()).toBe(first)
  isSilent = false
  expect(await keeper.refresh()).toBe(first)
  await keeper.dispose()
  for (const socket of sockets) socket.destroy()
  proxy.close()
})

test('twenty thousand relations load without holding up the loop', async () => {
  const big = await server.database('big')
  const client = new Client(big)
  await client.connect()
  for (let from = 0; from < 20_000; from += 1000) {
    await client.query(`do $$ begin for i in ${from}..${from + 999} loop execute format('create view v%s as select 1 as a, 2 as b, 3 as c', i); end loop; end $$`)
  }
  await client.end()
  const keeper = createCatalogKeeper({ target: { ...target(), database: 'big' }, log })
  let longest = 0
  let last = performance.now()
  const ticking = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 1)
  const began = performance.now()
  const catalog = await keeper.refresh()
  const took = performance.now() - began
  clearInterval(ticking)
  await keeper.dispose()
  expect(catalog.byName.size).toBeGreaterThan(20_000)
  expect(took).toBeLessThan(10_000)
  expect(longest).toBeLessThan(250)
}, 120_000)
