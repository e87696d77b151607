import { loadModule, parseSync } from 'libpg-query'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Catalog, CatalogRelation } from './catalog.ts'
import { factsOf } from './facts.ts'
import { resolve, type SearchPath } from './resolve.ts'

beforeAll(() => loadModule())

function catalogOf(names: readonly string[], searchPath = ['pg_catalog', 'public'], userFunctions: readonly string[] = []): Catalog {
  const relations = names.map((full, oid): CatalogRelation => {
    const [schema, name] = full.split('.') as [string, string]
    return { oid, schema, name, kind: 'table', columns: [], parents: [], reads: [] }
  })
  return {
    version: 1, searchPath, userFunctions: new Set(userFunctions), byOid: new Map(relations.map((item) => [item.oid, item])),
    byName: new Map(relations.map((item) => [`${item.schema}.${item.name}`, item])), named: (name) => relations.filter((item) => item.name === name),
  }
}

const catalog = catalogOf(['pg_catalog.pg_class', 'pg_catalog.pg_authid', 'information_schema.tables', 'public.customers', 'public.orders', 'crm.customers', 'crm.leads'], undefined, ['leak'])

const facts = (sql: string) => factsOf(parseSync(sql), Buffer.byteLength(sql))
const resolved = (sql: string, searchPath: SearchPath = 'default', against = catalog) => resolve(facts(sql), against, searchPath)
const relations = (sql: string, searchPath: SearchPath = 'default', against = catalog) =>
  resolved(sql, searchPath, against).facts.statements.flatMap(({ accesses }) => accesses.map(({ kind, relations }) => `${kind} ${relations.join('|')}`.trim()))

describe('by the default search path', () => {
  test.each([
    ['select * from customers', ['select public.customers']],
    ['select * from CUSTOMERS', ['select public.customers']],
    ['select * from "CUSTOMERS"', ['select public.CUSTOMERS']],
    ['select * from crm.customers', ['select crm.customers']],
    ['select * from pg_class', ['select pg_catalog.pg_class']],
    ['select * from leads', ['select public.leads']],
    ['select * from crm.nothing', ['select crm.nothing']],
    ['create table fresh (id int)', ['create public.fresh']],
    ['create temp table customers (id int)', ['create pg_temp.customers']],
    ['create index on customers (id)', ['create public.customers']],
    ['drop schema crm cascade', ['drop crm.*|crm.customers|crm.leads']],
    ['create role x', ['create ?.x']],
    ['select 1', ['select']],
  ])('%s', (sql, expected) => expect(relations(sql)).toEqual(expected))

  test('the first schema that has the name wins', () => {
    const crmFirst = catalogOf(['public.customers', 'crm.customers'], ['pg_catalog', 'crm', 'public'])
    expect(relations('select * from customers', 'default', crmFirst)).toEqual(['select crm.customers'])
    expect(relations('create table fresh ()', 'default', crmFirst)).toEqual(['create crm.fresh'])
  })

  test('a name that no schema of the path has may since have appeared in any of them', () => {
    const both = catalogOf(['public.a', 'crm.b'], ['pg_catalog', 'crm', 'public'])
    expect(relations('select * from nothing', 'default', both)).toEqual(['select crm.nothing|public.nothing'])
    expect(relations('select * from nothing', 'default', catalogOf([], ['pg_catalog']))).toEqual(['select ?.nothing'])
  })

  test('a whole-database statement is about every relation', () => {
    expect(relations('vacuum')[0]).toBe('vacuum *.*|pg_catalog.pg_class|pg_catalog.pg_authid|information_schema.tables|public.customers|public.orders|crm.customers|crm.leads')
  })
})

describe('when the session has changed its search path', () => {
  test('every relation of the name is a candidate', () => {
    expect(relations('select * from customers', 'unknown')).toEqual(['select public.customers|crm.customers'])
    expect(relations('select * from orders', 'unknown')).toEqual(['select public.orders'])
  })

  test('a name that does not exist is in no schema a rule could name, and in all a deny could', () => {
    expect(relations('create table x ()', 'unknown')).toEqual(['create ?.x|pg_catalog.x|information_schema.x|public.x|crm.x'])
    expect(relations('select * from x', 'unknown')[0]).toMatch(/^select \?\.x\|/)
  })

  test.each(['set search_path = crm', "select set_config('search_path', 'crm', false)", "set schema 'crm'", 'set role crm', 'discard all', 'call p()', 'do $$ begin end $$', 'select leak(1)', 'set local search_path to crm'])(
    'or may have, earlier in the same text: %s', (first) => {
      expect(relations(`${first}; select * from customers`).at(-1)).toBe('select public.customers|crm.customers')
      expect(relations(`select * from customers; ${first}`)[0]).toBe('select public.customers')
    })

  test('a qualified name stays what it is', () => {
    expect(relations('select * from public.customers', 'unknown')).toEqual(['select public.customers'])
  })
})

describe('free catalog relations', () => {
  const free = (sql: string, searchPath: SearchPath = 'default', against = catalog) =>
    resolved(sql, searchPath, against).facts.statements[0]!.accesses.map(({ isFreeCatalog }) => isFreeCatalog)

  test('reading definitions is free; secrets, rows and writes are not', () => {
    expect(free('select * from pg_class, information_schema.tables')).toEqual([true, true])
    expect(free('select * from pg_catalog.pg_authid')).toEqual([false])
    expect(free('select * from pg_stats')).toEqual([false])
    expect(free('select * from customers')).toEqual([false])
    expect(free('delete from pg_class where oid = 1')).toEqual([false])
    expect(free('select 1')).toEqual([false])
  })

  test('a relation of ours that is called like one is not free', () => {
    const shadowed = catalogOf(['pg_catalog.pg_class', 'public.pg_class'], ['public', 'pg_catalog'])
    expect(free('select * from pg_class', 'default', shadowed)).toEqual([false])
    expect(free('select * from pg_class', 'unknown', shadowed)).toEqual([false])
    expect(free('select * from pg_catalog.pg_class', 'unknown', shadowed)).toEqual([true])
    expect(free('select * from public.pg_class', 'default', shadowed)).toEqual([false])
  })
})

test('names the catalog does not have are listed, as written', () => {
  expect(resolved('select * from nothing, crm.nil, customers').unknownRelations).toEqual(['nothing', 'crm.nil'])
  expect(resolved('create table fresh (id int)').unknownRelations).toEqual([])
  expect(resolved('create extension x').unknownRelations).toEqual([])
})

test('a view that calls a user function counts as a call of one', () => {
  const opaque: Catalog = { ...catalog, opaqueViews: new Set(['public.orders']) }
  expect(resolved('select * from orders', 'default', opaque).callsUserFunction).toBe(true)
  expect(resolved('select * from customers', 'default', opaque).callsUserFunction).toBe(false)
})

test('a user function is told from one of PostgreSQL', () => {
  expect(resolved('select leak(1)').callsUserFunction).toBe(true)
  expect(resolved('select * from crm.anything()').callsUserFunction).toBe(true)
  expect(resolved('select pg_catalog.leak(1), lower(name) from customers').callsUserFunction).toBe(false)
})
