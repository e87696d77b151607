import { loadModule, parseSync } from 'libpg-query'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPostgres, type RealPostgres } from '../testing/real-postgres.ts'
import type { CatalogTarget } from './catalog-connection.ts'
import { createEstimator, isEstimable, planRows, type Estimator } from './estimate.ts'
import { factsOf } from './facts.ts'

let server: RealPostgres
let admin: Client
let target: CatalogTarget
let estimator: Estimator

beforeAll(async () => {
  await loadModule()
  server = await startPostgres()
  const { host, port, user, password, database } = await server.database('estimates')
  admin = new Client({ host, port, user, password, database })
  await admin.connect()
  await admin.query(`create table big as select n as id, n % 10 as part, 'name ' || n as name from generate_series(1, 5000) n; create table logged (n int); analyze big;
    create function noisy(int) returns int language plpgsql immutable as 'begin insert into logged values ($1); return $1; end';`)
  target = { summary: { name: 'estimates' }, host, port, user, database, password: { reveal: () => password }, tls: 'disable', ca: null }
  estimator = createEstimator(target)
}, 90_000)
afterAll(async () => {
  await estimator.dispose()
  await admin.end()
  await server.stop()
})

const rowsOf = (text: string, parameters: readonly (string | Buffer | null)[] = []) => estimator.estimate({ text, parameters })

describe('an estimate', () => {
  test.each<readonly [text: string, parameters: readonly (string | null)[], least: number, most: number]>([
    ['select * from big', [], 4_000, 6_000],
    ['select * from big limit 7 -- and that is all', [], 7, 7],
    ['select count(*) from big', [], 1, 1],
    ['select * from big where id = $1', ['17'], 1, 5],
    ['update big set name = $1', ['x'], 4_000, 6_000],
    ['delete from big where part = 3', [], 300, 800],
    ['insert into big select * from big', [], 4_000, 6_000],
    ['insert into big values (1, 2, \'a\'), (2, 3, \'b\')', [], 2, 2],
    ['with gone as (delete from big returning *) select count(*) from gone', [], 4_000, 6_000],
    ['merge into big b using big s on s.id = b.id when matched then delete', [], 4_000, 6_000],
  ])('of %s', async (text, parameters, least, most) => {
    const rows = await rowsOf(text, parameters)
    expect(rows).toBeGreaterThanOrEqual(least)
    expect(rows).toBeLessThanOrEqual(most)
  })

  test('takes binary parameters as they are', async () => {
    expect(await rowsOf('select * from big where part < $1', [Buffer.from([0, 0, 0, 100])])).toBeGreaterThan(4_000)
    expect(await rowsOf('select * from big where part < $1', [Buffer.from([0, 0, 0, 0])])).toBeLessThan(100)
  })

  test.each([
    ['what the server refuses', 'select * from nothing_like_it'],
    ['what is no single statement', 'select 1; delete from big'],
    ['what asks to be run', 'analyze select 1'],
    ['a utility', 'vacuum big'],
  ])('of %s is not known', async (_name, text) => expect(await rowsOf(text)).toBeNull())

  test('changes nothing, and goes on after an error', async () => {
    await rowsOf('delete from big')
    expect(await rowsOf('delete from nothing_like_it')).toBeNull()
    expect(await rowsOf('insert into logged select noisy(1)')).toBeNull()
    expect((await admin.query<{ n: number }>('select (select count(*) from big)::int + (select count(*) from logged)::int as n')).rows).toEqual([{ n: 5_000 }])
    expect(await rowsOf('select * from big limit 3')).toBe(3)
  })

  test('does not wait for somebody\'s lock, nor for a connection that was lost', async () => {
    await admin.query('begin; lock table big in access exclusive mode')
    expect(await rowsOf('select * from big')).toBeNull()
    await admin.query('rollback')
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = \'gatehouse catalog\'')
    await expect.poll(() => rowsOf('select * from big limit 3')).toBe(3)
  })

  test('of a server that cannot be reached is not known', async () => {
    const away = createEstimator({ ...target, port: 1 })
    expect(await away.estimate({ text: 'select 1', parameters: [] })).toBeNull()
    await away.dispose()
    expect(await away.estimate({ text: 'select 1', parameters: [] })).toBeNull()
  })
})

test.each([
  ['select 1', true], ['update big set id = 1', true], ['with x as (select 1) delete from big', true], ['merge into a using b on true when matched then delete', true],
  ['select 1; select 2', false], ['explain analyze delete from big', false], ['explain select 1', false], ['copy (select 1) to stdout', false], ['prepare p as select 1', false], ['execute p', false],
  ['select 1 into x', false], ['create table x as select 1', false], ['declare c cursor for select 1', false], ['select set_config(\'search_path\', \'x\', false)', false], ['', false],
])('%s may be planned on its own: %s', (text, expected) => {
  const { statements } = factsOf(text === '' ? { stmts: [] } : parseSync(text), Buffer.byteLength(text))
  expect(isEstimable(statements, false)).toBe(expected)
  expect(isEstimable(statements, true)).toBe(false)
})

test('a plan that is not understood gives no number', () => {
  expect([planRows(null), planRows([]), planRows([{}]), planRows([{ Plan: { 'Node Type': 'Seq Scan' } }]), planRows('x')]).toEqual([null, null, null, null, null])
})
