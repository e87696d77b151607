// Ours against the server's own opinion: a view made of a random query depends on exactly the relations that we say it reads.
import * as fc from 'fast-check'
import { Client } from 'pg'
import { loadModule, parseSync } from 'libpg-query'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Secret } from '../credentials/secret.ts'
import { startPostgres, type RealPostgres } from '../testing/real-postgres.ts'
import { createCatalogKeeper } from './catalog-keeper.ts'
import type { Catalog } from './catalog.ts'
import { factsOf } from './facts.ts'
import { freeCatalog, isRevealingCatalog } from './free-catalog.ts'
import { resolve } from './resolve.ts'

let server: RealPostgres
let client: Client
let catalog: Catalog

beforeAll(async () => {
  await loadModule()
  server = await startPostgres()
  const address = await server.database('shop')
  client = new Client(address)
  await client.connect()
  await client.query(`
    create schema s;
    create table a (x int, y int); create table b (x int, y int); create table c (x int, y int);
    create table w (x int, y int); create table s.a (x int, y int); create table s.d (x int, y int);
    create view v as select * from a;
  `)
  const keeper = createCatalogKeeper({ target: { ...address, summary: { name: 'shop' }, password: new Secret(address.password), tls: 'disable', ca: null }, log: pino({ level: 'silent' }) })
  catalog = await keeper.refresh()
  await keeper.dispose()
})

afterAll(async () => {
  await client.end()
  await server.stop()
})

/** Names that are tables, common tables, or both, so that every mistake of scope shows. */
const names = fc.constantFrom('a', 'b', 'c', 'v', 'w', 's.a', 's.d', 'public.b')
const { query } = fc.letrec<{ query: string; item: string; condition: string; plain: string }>((tie) => ({
  item: fc.oneof({ maxDepth: 3 }, names, names, tie('query').map((inner) => `(${inner})`), tie('query').map((inner) => `lateral (${inner})`)),
  condition: fc.oneof({ maxDepth: 3 }, fc.constant('true'), tie('query').map((inner) => `exists (${inner})`), tie('query').map((inner) => `t1.x in (${inner})`), tie('query').map((inner) => `(${inner} limit 1) = 1`),
    tie('query').map((inner) => `coalesce(array_length(array(${inner}), 1), 0) > 1`), fc.tuple(tie('condition'), tie('condition')).map(([left, right]) => `(${left} or not ${right})`)),
  plain: fc.tuple(tie('item'), fc.option(tie('item')), tie('condition'), fc.constantFrom(', ', ' cross join ', ' left join lateral ')).map(([one, two, where, glue]) =>
    `select t1.x from ${one} t1${two === null ? '' : glue.startsWith(' left') && !two.startsWith('(') ? `, ${two} t2` : glue.startsWith(' left') ? ` left join lateral ${two.replace(/^lateral /, '')} t2 on true` : `${glue}${two} t2`} where ${where}`),
  query: fc.oneof({ maxDepth: 4 }, tie('plain'), tie('plain'),
    fc.tuple(tie('plain'), fc.constantFrom(' union all ', ' except ', ' intersect '), tie('plain')).map(([left, set, right]) => `${left}${set}${right}`),
    fc.tuple(fc.integer({ max: 9, min: 0 }).map((odds) => odds === 0), fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'w'), tie('query')), { selector: ([name]) => name, minLength: 1, maxLength: 3 }), tie('plain')).map(([isRecursive, tables, body]) =>
      `with ${isRecursive ? 'recursive ' : ''}${tables.map(([name, inner]) => `${name} as (${inner})`).join(', ')} ${body}`)),
}))

async function serverReads(sql: string): Promise<readonly string[] | null> {
  await client.query('begin')
  try {
    await client.query(`create view probe as ${sql}`)
    const { rows } = await client.query<{ name: string }>(`
      select distinct n.nspname || '.' || c.relname as name from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
      join pg_class c on d.refclassid = 'pg_class'::regclass and c.oid = d.refobjid join pg_namespace n on n.oid = c.relnamespace
      where r.ev_class = 'probe'::regclass and c.relname <> 'probe' order by 1`)
    return rows.map(({ name }) => name)
  } catch (error) {
    // Some queries of the grammar mean nothing (a recursive reference where none may be): the server judges those.
    if (error instanceof Error) return null
    throw error
  } finally {
    await client.query('rollback')
  }
}

test('what a query reads, by the server and by us', async () => {
  let compared = 0
  await fc.assert(fc.asyncProperty(query, async (sql) => {
    const theirs = await serverReads(sql)
    if (theirs === null) return
    compared++
    const { facts } = resolve(factsOf(parseSync(sql), sql.length), catalog, 'default')
    const ours = facts.statements.flatMap(({ accesses }) => accesses).filter(({ relations }) => relations.length > 0)
    expect(ours.every(({ kind, relations }) => kind === 'select' && relations.length === 1), sql).toBe(true)
    expect([...new Set(ours.flatMap(({ relations }) => relations))].sort(), sql).toEqual(theirs)
  }), { numRuns: 1000, seed: 1 })
  expect(compared).toBeGreaterThan(500)
}, 120_000)

test('every free catalog relation exists, or did in an earlier PostgreSQL', () => {
  expect([...freeCatalog].filter((name) => !catalog.byName.has(name))).toEqual([])
})

test("psql's backslash commands and drivers' questions need no rule", () => {
  const asked = [
    `SELECT n.nspname as "Schema", c.relname as "Name", CASE c.relkind WHEN 'r' THEN 'table' END as "Type", pg_catalog.pg_get_userbyid(c.relowner) as "Owner"
     FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam
     WHERE c.relkind IN ('r','p','v','m','S','f','') AND n.nspname <> 'pg_catalog' AND n.nspname !~ '^pg_toast' AND pg_catalog.pg_table_is_visible(c.oid) ORDER BY 1,2;`,
    `SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid, true) FROM pg_catalog.pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.atthasdef),
     a.attnotnull, (SELECT c.collname FROM pg_catalog.pg_collation c, pg_catalog.pg_type t WHERE c.oid = a.attcollation AND t.oid = a.atttypid AND a.attcollation <> t.typcollation) AS attcollation
     FROM pg_catalog.pg_attribute a WHERE a.attrelid = '16384' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum;`,
    `SELECT t.oid, typname, typelem FROM pg_type t LEFT JOIN pg_range r ON t.oid = rngtypid JOIN pg_namespace n ON n.oid = t.typnamespace`,
    `select column_name, data_type from information_schema.columns where table_schema = 'public'`,
    `SELECT * FROM pg_settings WHERE name = 'max_index_keys'`,
  ]
  for (const sql of asked) {
    const { facts, unknownRelations } = resolve(factsOf(parseSync(sql), sql.length), catalog, 'unknown')
    expect(facts.statements.every(({ accesses }) => accesses.every(({ isFreeCatalog }) => isFreeCatalog)), sql).toBe(true)
    expect(unknownRelations).toEqual([])
  }
})

test('what holds rows, statements of others or secrets is not free', () => {
  for (const name of ['pg_statistic', 'pg_stats', 'pg_statistic_ext_data', 'pg_stats_ext', 'pg_stats_ext_exprs', 'pg_stat_activity', 'pg_authid', 'pg_shadow', 'pg_user_mapping', 'pg_user_mappings', 'pg_largeobject',
    'pg_largeobject_metadata', 'pg_stat_statements', 'pg_subscription', 'pg_db_role_setting', 'pg_hba_file_rules', 'pg_file_settings', 'pg_cursors', 'pg_prepared_statements', 'pg_stat_ssl', 'pg_locks']) {
    expect(freeCatalog.has(`pg_catalog.${name}`), name).toBe(false)
  }
  expect([...freeCatalog].filter(isRevealingCatalog)).toEqual([])
  expect(['pg_catalog.pg_stats', 'public.pg_stat_statements', '?.pg_stats'].every(isRevealingCatalog)).toBe(true)
})
