// What somebody with masks may not do although policy allows them every kind of statement: one test for each construct. The
// refusal must be masking's own (not the server's, nor a missing rule's), nothing may have happened, and the session goes on.
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { startPostgres, type RealPostgres } from '../../testing/real-postgres.ts'
import { createShop, sentinels, shopPolicy } from '../../testing/shop.ts'
import { frame, int16, int32, query, reportOf } from './testing/messages.ts'

let postgres: RealPostgres
let gateway: TestGateway
let eli: Client
let pia: Client

beforeAll(async () => {
  postgres = await startPostgres()
  const database = await postgres.database('shop')
  await createShop(database)
  // Engineers may do everything, and are masked; so may guards, who are not.
  const policy = shopPolicy.replace('{ sql: ["*"], on: ["public.*"] }', '{ sql: ["*"] }').replace('groups: [engineers]', 'groups: [engineers, guards]').replaceAll('except: { groups: [privacy] }', 'except: { groups: [privacy, guards] }')
  gateway = await startTestGateway({ database, policies: { shop: policy } })
  eli = await signedIn('engineers')
  pia = await signedIn('guards')
})
afterAll(async () => {
  await eli?.end()
  await pia?.end()
  await gateway?.stop()
  await postgres?.stop()
})

async function signedIn(group: string): Promise<Client> {
  const client = new Client({ host: gateway.host, port: gateway.port, database: 'shop', user: 'me', password: await gateway.token({ sub: group, groups: [group] }) })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

const constructs: readonly (readonly [string, ...string[]])[] = [
  ['DO', "do $$ begin raise notice '%', (select email from customers limit 1); end $$"],
  ['CREATE FUNCTION', "create function f() returns text language sql as 'select email from customers limit 1'"],
  ['CREATE PROCEDURE', "create procedure p() language sql as 'update orders set note = (select email from customers limit 1)'"],
  ['CREATE OPERATOR, CAST, AGGREGATE', 'create operator ~~~ (leftarg = text, rightarg = text, function = texteq)', 'create cast (int as text) with inout', 'create aggregate g(int) (sfunc = int4_sum, stype = bigint)'],
  ['CREATE EXTENSION', 'create extension dblink'],
  ['a trigger on a masked table', 'create trigger t after insert on customers for each row execute function suppress_redundant_updates_trigger()'],
  ['a rule on a masked table', 'create rule r as on update to customers do also select 1'],
  ['a view over masked columns', 'create view v as select email as note from customers', 'create materialized view m as select ssn from customers', 'create or replace view customer_list as select id, name, ssn as email from customers'],
  ['ALTER of a masked table', 'alter table customers rename column email to note', 'alter table customers add column copy text generated always as (email) stored', 'alter table staff alter column salary type text', 'alter table customers disable row level security'],
  ['CREATE TABLE AS', 'create table copied as select email from customers', 'create table copied as table customers'],
  ['SELECT INTO', 'select email into copied from customers'],
  ['a temporary table from masked', 'create temp table copied as select email from customers', 'create temp view copied as select email from customers'],
  ['INSERT … SELECT from masked', 'insert into orders (id, note) select 1000 + id, email from customers', 'insert into orders (id, note) values (1001, (select max(email) from customers))', 'with e as (select email from customers) insert into orders (id, note) select 1002, email from e'],
  ['UPDATE from masked', 'update orders set note = email from customers where customers.id = orders.customer_id', 'update customers set name = email where id = 1', 'merge into orders o using customers c on c.id = o.customer_id when matched then update set note = c.email'],
  ['a foreign key to a masked column', 'create table guesses (e text references customers (email))', 'create table guesses (e text, foreign key (e) references customers (email))', 'alter table orders add foreign key (note) references customers (email)', 'create table guesses (e int references customers)'],
  ['writing a mask back', "update customers set email = '[masked]' where id = 1"],
  ['COPY TO and FROM PROGRAM', "copy customers to program 'cat'", "copy orders from program 'cat /etc/passwd'"],
  ['COPY to and from files', "copy customers to '/tmp/customers'", "copy orders from '/etc/passwd'"],
  ['large objects', 'select lo_from_bytea(0, convert_to(email, \'UTF8\')) from customers', 'select lo_get(1)', "select lo_export(1, '/tmp/x')", 'select lo_create(4711)'],
  ['query_to_xml and its family', "select query_to_xml('select email from customers', true, false, '')", "select table_to_xml('customers', true, false, '')", "select schema_to_xml('public', true, false, '')", "select cursor_to_xml('c', 1, true, false, '')"],
  ['database_to_xml', "select database_to_xml(true, false, '')"],
  ['dblink', "select * from dblink('dbname=shop', 'select email from customers') as t(e text)"],
  ['file functions', "select pg_read_file('/etc/passwd')", "select pg_ls_dir('/')", "select pg_stat_file('/etc/passwd')", 'select * from pg_ls_logdir()'],
  ['admin functions', 'select pg_reload_conf()', 'select pg_terminate_backend(1)', 'select pg_rotate_logfile()', "select pg_create_restore_point('x')", 'select pg_switch_wal()', "select pg_create_logical_replication_slot('s', 'test_decoding')"],
  ['set_config of a masked value', "select set_config('a.b', email, false) from customers", "select set_config('application_name', ssn, false) from customers"],
  ['standard_conforming_strings', 'set standard_conforming_strings = off', "select set_config('standard_conforming_strings', 'off', false)"],
  ['client_encoding', "set client_encoding = 'SJIS'", "set names 'LATIN1'"],
  ['pg_notify of a masked value', "select pg_notify('c', email) from customers"],
  ['statistics catalogs', 'select most_common_vals from pg_stats', 'select stavalues1 from pg_statistic', 'select query from pg_stat_activity', 'select * from pg_stats_ext'],
  ['EXPLAIN ANALYZE', "explain analyze select * from customers where email = 'x'", "explain (analyze, buffers) select 1 from customers where ssn = 'x'"],
  ['functions that run SQL text', "select ts_stat('select to_tsvector(email) from customers')", "select * from ts_stat('select to_tsvector(ssn) from customers')"],
  ['functions of the database beside masked columns', 'select leak(), email from customers', "insert into orders (id, note) values (1003, leak())"],
]

describe('refused to whom columns are masked', () => {
  test.each(constructs)('%s', async (_, ...statements) => {
    for (const text of statements) {
      await expect(eli.query(text), text).rejects.toMatchObject({ code: '42501', message: expect.stringMatching(/denied by masking|may not be changed/) })
    }
    expect((await eli.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  test.each(['set role postgres', 'set session authorization postgres', 'set search_path = public'])('%s: names are not believed after it, masks stay', async (text) => {
    const own = await signedIn('engineers')
    await own.query(text)
    await expect(own.query('select email from customers where id = 1')).rejects.toMatchObject({ message: expect.stringContaining('search_path was changed') })
    expect((await own.query('select email, count(*) over ()::int as n from public.customers where id = 1')).rows).toEqual([{ email: '[masked]', n: 1 }])
    await own.end()
  })

  test('reported settings do not carry values to the client', async () => {
    const raw = await RawClient.signIn(gateway, await gateway.token({ sub: 'e', groups: ['engineers'] }))
    await raw.ask([query("set application_name = 'x'; select email from customers limit 1")])
    expect(raw.heard.toString('latin1')).not.toContain(sentinels.email)
    raw.end()
  })

  test('FunctionCall', async () => {
    const raw = await RawClient.signIn(gateway, await gateway.token({ sub: 'e', groups: ['engineers'] }))
    const frames = await raw.ask([frame('F', int32(1574), int16(0), int16(0), int16(0))])
    expect(reportOf(frames.find(({ type }) => type === 'E')!.body)['M']).toContain('FunctionCall')
    raw.end()
  })

  test.each<[string, Record<string, string>]>([
    ['replication startup', { replication: 'database' }], ['options that change the path', { options: '-c search_path=archive' }],
    ['options that change reading', { options: '-c standard_conforming_strings=off' }], ['another encoding', { client_encoding: 'SJIS' }],
    ['options of the server', { options: '-c session_preload_libraries=x' }], ['a role', { options: '-c role=postgres' }],
  ])('%s ends the sign-in', async (_, parameters) => {
    const raw = await RawClient.signIn(gateway, await gateway.token({ sub: 'e', groups: ['engineers'] }), parameters)
    await raw.closed()
    expect(raw.frames().some(({ type }) => type === 'E')).toBe(true)
    expect(raw.frames().some(({ type }) => type === 'Z')).toBe(false)
    raw.end()
  })
})

test('nothing of it was done', async () => {
  const { rows } = await pia.query("select (select count(*) from orders)::int as orders, (select count(*) from pg_class where relname in ('copied', 'v', 'm'))::int as made, (select count(*) from pg_proc where proname in ('f', 'p', 'g'))::int as code, (select email from customers where id = 1) as email")
  expect(rows).toEqual([{ orders: 200, made: 0, code: 0, email: `1-${sentinels.email}` }])
})

test('a foreign key to a clean column may be made', async () => {
  await eli.query('create table visits (customer int references customers (id))')
})

test('and where nothing is masked, policy alone decides', async () => {
  await pia.query('create table own as select email from customers')
  expect((await pia.query('select count(*)::int as n from own')).rows).toEqual([{ n: 50 }])
  await pia.query("do $$ begin perform 1; end $$; create function own_function() returns int language sql as 'select 1'")
})
