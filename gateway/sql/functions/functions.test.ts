// Every function of a real PostgreSQL against the tables.
import { Client } from 'pg'
import { loadModule } from 'libpg-query'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ResolvedStatement, SqlStatement } from '../../../shared/command.ts'
import { startPostgres, type RealPostgres } from '../../testing/real-postgres.ts'
import { loadCatalog } from '../catalog-load.ts'
import type { Catalog } from '../catalog.ts'
import { parse } from '../parse.ts'
import { resolveStatement } from '../resolve.ts'
import { objectionToCalls, userCalls } from './calls.ts'
import { classOfFunction, type FunctionClass } from './function-class.ts'
import { harmlessFunctions, harmlessGroups } from './harmless.ts'
import { accessOfFunction, riskOf } from './risky.ts'
import { isSupportFunction } from './support.ts'

let postgres: RealPostgres
let client: Client
let catalog: Catalog

beforeAll(async () => {
  await loadModule()
  postgres = await startPostgres()
  client = new Client({ ...await postgres.database('functions') })
  await client.connect()
  await client.query(`
    create function public.full_name(id int) returns text language sql stable as 'select $1::text';
    create function public.full_name(id text) returns text language sql stable as 'select $1';
    create schema other; create function other.alone() returns int language sql as 'select 1';
    create function public.alone() returns int language sql as 'select 2';
    create function public.atomic(a int) returns int language sql begin atomic select a + 1; end;
    create function public.mixed(text) returns text language sql as 'select $1'; create aggregate other.mixed(text) (sfunc = textcat, stype = text);
    create table public.spare (id int, full_name text);
    create aggregate public.pick(text) (sfunc = textcat, stype = text)`)
  catalog = (await loadCatalog(client, 1)).catalog
})
afterAll(async () => {
  await client?.end()
  await postgres?.stop()
})

function statement(sql: string): SqlStatement {
  const parsed = parse(sql)
  if (parsed.kind !== 'facts') throw new Error(JSON.stringify(parsed))
  return parsed.facts.statements[0]!
}

const resolved = (sql: string): ResolvedStatement => resolveStatement(statement(sql), catalog, 'default')

describe('PostgreSQL\'s own functions', () => {
  interface Row { readonly name: string; readonly isImmutable: boolean; readonly isSupport: boolean; readonly isPlain: boolean }
  let rows: readonly Row[]
  beforeAll(async () => {
    rows = (await client.query<Row>(`
      select p.proname as name, bool_and(p.provolatile = 'i') as "isImmutable", bool_and(not p.prosecdef and l.lanname in ('internal', 'c', 'sql')) as "isPlain",
        bool_and('internal'::regtype = any (p.proargtypes::oid[]) or r.typname in ('internal', 'trigger', 'event_trigger', 'language_handler')
          or r.typname like '%handler' or p.proname like 'pg_event_trigger%' or p.proname like '%validator') as "isSupport"
      from pg_proc p join pg_language l on l.oid = p.prolang join pg_type r on r.oid = p.prorettype
      where p.pronamespace in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) group by 1 order by 1`)).rows
  })

  test('each has a class, by a table or by what the catalog says of it', () => {
    const classes = rows.map(({ name }) => classOfFunction(name, catalog))
    const counts = Object.fromEntries([...Map.groupBy(classes, (found) => found?.kind ?? 'none')].map(([kind, list]) => [kind, list.length]))
    process.stdout.write(`pg_catalog functions by class: ${JSON.stringify(counts)} of ${rows.length} names\n`)
    expect(rows.filter((_, at) => (classes[at]?.kind ?? 'unknown') === 'unknown').map(({ name }) => name)).toEqual([])
    expect(rows.length).toBeGreaterThan(2500)
  })

  test('what is taken for pure is immutable in all overloads, and runs as its caller, in code of the server', () => {
    const believed = new Set<FunctionClass['kind']>(['pure', 'row-deciding'])
    const pure = rows.filter(({ name }) => believed.has(classOfFunction(name, catalog)!.kind))
    expect(pure.filter(({ isImmutable, isPlain }) => !isImmutable || !isPlain)).toEqual([])
    expect(pure.length).toBeGreaterThan(1900)
  })

  test('what is said not to be callable from SQL is not', () => {
    const claimed = rows.filter(({ name, isImmutable }) => !isImmutable && riskOf(name) === null && !harmlessFunctions.has(name) && isSupportFunction(name))
    expect(claimed.filter(({ isSupport }) => !isSupport).map(({ name }) => name)).toEqual([])
  })

  test('no name is in two groups, and none is misspelt', () => {
    const names = harmlessGroups.flatMap(({ names: list }) => list.split(/\s+/))
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
    expect(names.filter((name) => (riskOf(name)?.masked ?? 'allowed') !== 'allowed')).toEqual([])
    const known = new Set(rows.map(({ name }) => name))
    expect(names.filter((name) => !known.has(name))).toEqual([])
  })

  test('no operator, cast or type runs one that may not be called by name', async () => {
    const { rows: used } = await client.query<{ name: string; by: string }>(`
      select distinct p.proname as name, u.by from pg_proc p join (select oprcode::oid, 'operator' from pg_operator union select castfunc, 'cast' from pg_cast
        union select unnest(array[typinput, typoutput, typmodin, typmodout]::oid[]), 'type' from pg_type union select unnest(array[aggtransfn, aggfinalfn, aggcombinefn]::oid[]), 'aggregate' from pg_aggregate) u (oid, by) using (oid)
      where p.pronamespace = 'pg_catalog'::regnamespace order by 1`)
    expect(used.length).toBeGreaterThan(1000)
    const bad = used.filter(({ name, by }) => !['pure', 'harmless', 'row-deciding'].includes(classOfFunction(name, catalog)!.kind) && !(by === 'aggregate' && isSupportFunction(name)))
    expect(bad).toEqual([])
  })

  test('one that a newer server brings is refused by its name', () => {
    const systemFunctions = new Map([...catalog.derivations!.systemFunctions, ['pg_read_minds', { isSystem: true, isPure: false, returnsSet: false, columns: 'scalar' as const }]])
    const newer: Catalog = { ...catalog, derivations: { ...catalog.derivations!, systemFunctions } }
    expect(objectionToCalls(statement('select pg_read_minds()'), newer, false)).toBe('pg_read_minds() is not among the functions that this version of Gatehouse knows')
    expect(objectionToCalls(statement('select f.pg_read_minds from unnest(array[1]) f'), newer, false)).toContain('pg_read_minds() is not among')
  })
})

test.each([
  ['refused', `query_to_xml query_to_xmlschema query_to_xml_and_xmlschema table_to_xml cursor_to_xml schema_to_xml database_to_xml database_to_xmlschema dblink dblink_exec
    lo_get lo_import lo_export lo_put loread lowrite lo_from_bytea pg_read_file pg_read_binary_file pg_stat_file pg_ls_dir pg_ls_logdir pg_ls_waldir pg_ls_tmpdir
    pg_current_logfile pg_file_write pg_stat_get_activity pg_stat_get_live_tuples pg_stat_get_tuples_returned pg_stat_get_backend_activity pg_mcv_list_items
    pg_logical_slot_get_changes pg_logical_slot_peek_binary_changes pg_logical_emit_message pg_create_logical_replication_slot pg_replication_slot_advance
    pg_terminate_backend pg_cancel_backend pg_reload_conf ts_stat ts_rewrite crosstab connectby xpath_table currtid2 pg_export_snapshot inet_server_addr inet_client_addr
    pg_hba_file_rules pg_show_all_file_settings pg_prepared_statement pg_cursor pg_lock_status pg_blocking_pids pg_control_system get_raw_page pg_stat_statements
    current_query binary_upgrade_set_next_pg_type_oid tsvector_update_trigger pg_stat_reset pg_restore_attribute_stats pg_switch_wal brin_summarize_range`],
  ['keeps', 'set_config pg_notify setval nextval setseed pg_sleep pg_sleep_for pg_sleep_until pg_advisory_lock pg_try_advisory_xact_lock pg_advisory_unlock'],
  ['noticed', 'random random_normal array_shuffle txid_current pg_current_xact_id'],
  ['harmless', `now current_user pg_get_viewdef format_type has_table_privilege obj_description current_setting version pg_is_in_recovery txid_current_if_assigned currval lastval
    pg_typeof to_char date_trunc json_agg to_tsvector pg_get_constraintdef pg_table_is_visible pg_total_relation_size gen_random_uuid aclexplode generate_series`],
  ['pure', 'lower substring count sum percentile_cont row_number md5 sha256 array_agg xpath xmlagg pg_size_pretty jsonb_path_query_array'],
  ['row-deciding', 'unnest regexp_split_to_table jsonb_each jsonb_array_elements json_object_keys generate_subscripts string_to_table'],
] as const)('%s', (kind, names) => {
  expect(names.split(/\s+/).filter((name) => classOfFunction(name, catalog)?.kind !== kind)).toEqual([])
})

test.each(['query_to_xml', 'TABLE_TO_XML', 'database_to_xmlschema', 'dblink_exec', 'pg_read_file', 'pg_ls_logdir', 'lo_export', 'lo_get', 'ts_stat', 'crosstab4', 'get_raw_page',
  'pg_logical_slot_peek_changes', 'setval', 'pg_notify'])('%s needs a rule of anyone', (name) => {
  expect(accessOfFunction(name)).not.toBeNull()
})

test.each(['lower', 'count', 'currval', 'log', 'lower_inc', 'local', 'lo_revenue', 'table_to', 'pg_get_viewdef', 'pg_table_size', 'format_type'])('%s needs none', (name) => {
  expect(accessOfFunction(name)).toBeNull()
})

test.each(['select f.ts_stat from unnest(array[\'select 1\']) f', 'select pg_catalog.f.ts_stat from unnest(array[\'x\']) f', 'select "f"."pg_read_file" from unnest(array[\'/etc/passwd\']) f',
  'select 1 from unnest(array[\'x\']) f order by f.ts_stat', 'select (f).ts_stat from unnest(array[\'x\']) f', 'update t set a = f.lo_get from unnest(array[1::oid]) f', 'select U&"f".U&"ts\\005fstat" from unnest(array[\'x\']) f',
])('a call that is written like a column is a call: %s', (sql) => {
  expect(objectionToCalls(statement(sql), catalog, false)).not.toBeNull()
  expect(statement(sql).accesses.some(({ kind }) => kind === 'other' || kind === 'copy-file')).toBe(true)
})

test.each(['select nextval(\'s\')', 'select pg_notify(\'c\', \'x\')', 'select setval(\'s\', $1)', 'select pg_sleep(1)', 'select * from customers order by random() limit 3', 'select id from customers where city = \'x\' and random() < 0.1', 'select random(), array_shuffle(tags) from customers', 'select case when city = \'x\' then lower(name) end from customers', 'select o.note, lower(o.note), o.count from orders o', 'select (c).email, length(c.name) from c'])(
  'may be called where masked columns are touched: %s', (sql) => {
    expect(objectionToCalls(statement(sql), catalog, true)).toBeNull()
  })

test.each(['select case when email < \'m\' then nextval(\'s\') end from customers', 'select coalesce(nullif(email < \'m\', true)::text, random()::text) from customers', 'select email < \'m\' and pg_sleep(1) is not null from customers',
  'update customers set name = \'x\' returning case when email < \'m\' then pg_notify(\'c\', \'x\') end', 'select json_value(j, \'$.a\' default txid_current() on empty) from (select to_json(email)::jsonb j from customers) x', 'select (select case when c.email < \'m\' then random() end) from customers c',
  'select case when email < \'m\' then (select nextval(\'s\')) end from customers',
  'select case when email < \'m\' then (5::float8).pg_sleep end from customers', 'select case when c.email < \'m\' then f.pg_sleep end from customers c, unnest(array[5::float8]) f',
  'select setseed(salary / 1e9) from staff', 'select setval(\'s\', salary) from staff', 'select pg_advisory_lock(salary) from staff', 'select pg_sleep(length(email)) from customers',
  'select nextval(case when email like \'a%\' then \'s\' else \'t\' end) from customers', 'select set_config(\'a.b\', email, false) from customers', 'select s.pg_sleep from (select salary from staff) s'])(
  'may not, for its arguments or whether it runs come from the statement: %s', (sql) => {
    expect(objectionToCalls(statement(sql), catalog, true)).not.toBeNull()
    expect(objectionToCalls(statement(sql), catalog, false)).toBeNull()
  })

describe('functions of the database\'s own', () => {
  const pinned = (name: string, gives: 'arguments' | null = null) => ({ name, sha256: catalog.bodies!.get(name)!, gives })

  test('are hashed by name, with all overloads; aggregates are not', async () => {
    expect([...catalog.bodies!.keys()]).toEqual(['other.alone', 'other.mixed', 'public.alone', 'public.atomic', 'public.full_name', 'public.mixed', 'public.pick'])
    expect(catalog.bodies!.get('public.pick')).toBe('')
    const hash = catalog.bodies!.get('public.full_name')
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    await client.query('create or replace function public.full_name(id text) returns text language sql stable as \'select $1 || $1\'')
    expect((await loadCatalog(client, 2)).catalog.bodies!.get('public.full_name')).not.toBe(hash)
    await client.query('create or replace function public.full_name(id text) returns text language sql stable as \'select $1\'')
    expect((await loadCatalog(client, 3)).catalog.bodies!.get('public.full_name')).toBe(hash)
    await client.query('create function public.full_name(a int, b int) returns text language sql as \'select 1\'')
    expect((await loadCatalog(client, 4)).catalog.bodies!.get('public.full_name')).not.toBe(hash)
    await client.query('drop function public.full_name(int, int); alter function public.full_name(int) security definer')
    expect((await loadCatalog(client, 5)).catalog.bodies!.get('public.full_name')).not.toBe(hash)
  })

  test('are known by name, qualified or not, called or written like a column', () => {
    const called = (sql: string) => [...new Set(userCalls(resolved(sql), catalog, []).map(({ name }) => name))]
    expect(called('select full_name(1), public.full_name(2), lower(\'a\'), pg_catalog.lower(\'b\')')).toEqual(['full_name', 'public.full_name'])
    expect(called('select t.full_name from t')).toEqual(['full_name'])
    expect(called('select pick(a) from t')).toEqual(['pick'])
  })

  test('are pinned where the hash is the one of now', () => {
    const pinOf = (sql: string, pins: Parameters<typeof userCalls>[2]) => userCalls(resolved(sql), catalog, pins)[0]?.pin
    expect(pinOf('select full_name(1)', [pinned('public.full_name')])).toBe('callable')
    expect(pinOf('select full_name(1)', [pinned('public.full_name', 'arguments')])).toBe('arguments')
    expect(pinOf('select full_name(1)', [{ ...pinned('public.full_name'), sha256: '0'.repeat(64) }])).toBe('none')
    expect(pinOf('select pick(a) from t', [{ name: 'public.pick', sha256: '', gives: null }])).toBe('none')
  })

  test('of which several schemas have one need a pin for each, unless the call says which', () => {
    const pinOf = (sql: string) => userCalls(resolved(sql), catalog, [pinned('public.alone')])[0]?.pin
    expect(pinOf('select alone()')).toBe('none')
    expect(pinOf('select public.alone()')).toBe('callable')
    expect(pinOf('select other.alone()')).toBe('none')
    expect(userCalls(resolved("select mixed('x')"), catalog, [pinned('public.mixed')])[0]?.pin).toBe('none')
    expect(userCalls(resolved("select public.mixed('x')"), catalog, [pinned('public.mixed')])[0]?.pin).toBe('callable')
  })

  test('that share their name with a column may be that column', () => {
    const flags = (sql: string) => userCalls(resolved(sql), catalog, []).map(({ mayBeColumn }) => mayBeColumn)
    expect(flags('select s.full_name from spare s')).toEqual([true])
    expect(flags('select f.full_name from unnest(array[1]) f')).toEqual([false])
    expect(flags('select full_name(1) from spare')).toEqual([false])
  })
})
