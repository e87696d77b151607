// Rules over columns and functions on SQL as people write it, by the real parser and name resolution.
import { loadModule, parseSync } from 'libpg-query'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Catalog, CatalogDerivations, CatalogFunction } from '../sql/catalog.ts'
import { factsOf } from '../sql/facts.ts'
import { resolve, type SearchPath } from '../sql/resolve.ts'
import { evaluate } from './evaluate.ts'
import { inGroup, shop, snapshotOf } from './testing/build.ts'
import type { Verdict } from '../../shared/verdict.ts'

beforeAll(() => loadModule())

const tables: Record<string, readonly string[]> = {
  'public.customers': ['id', 'name', 'ssn', 'card_number', 'created_at', 'notes'], 'public.orders': ['id', 'customer_id', 'total', 'notes'], 'hr.people': ['id', 'ssn'],
}
const relations = Object.entries(tables).map(([full, columns], oid) => {
  const [schema, name] = full.split('.') as [string, string]
  return { oid, schema, name, kind: 'table' as const, columns: columns.map((column, at) => ({ number: at + 1, name: column, typeOid: 25 })), parents: [], reads: [] }
})
const system = (...names: readonly string[]) => new Map(names.map((name): [string, CatalogFunction] => [name, { isSystem: true, isPure: true, returnsSet: false, columns: 'scalar' }]))
const derivations: CatalogDerivations = {
  views: new Map(), systemFunctions: system('count', 'lower', 'pg_sleep', 'row_to_json', 'date_trunc'), otherFunctions: system('leak', 'total_of'), impureOperators: new Set(), hasImpureCasts: false, ruled: new Set(), generated: new Map(),
}
const catalog: Catalog = {
  version: 1, searchPath: ['pg_catalog', 'public'], userFunctions: new Set(['leak', 'total_of']), byOid: new Map(relations.map((one) => [one.oid, one])), derivations,
  byName: new Map(relations.map((one) => [`${one.schema}.${one.name}`, one])), named: (name) => relations.filter((one) => one.name === name),
}

function verdict(rules: string, text: string, { path = 'default', using = catalog }: { readonly path?: SearchPath; readonly using?: Catalog } = {}): Verdict {
  const snapshot = snapshotOf(`policy: p\nconnections: ["*"]\nrules:\n${rules}`)
  return evaluate(snapshot, inGroup('x'), shop, resolve(factsOf(parseSync(text), Buffer.byteLength(text)), using, path).facts, 0)
}

describe('an allow with columns', () => {
  const rules = `  - { id: read, who: everyone, allow: { sql: select, on: public.customers, columns: [id, name, created_at] } }
  - { id: orders, who: everyone, allow: { sql: [select, insert], on: public.orders } }
  - { id: rename, who: everyone, allow: { sql: update, on: public.customers, columns: [name] } }`

  test.each([
    ['select id, name from customers', 'allow'],
    ['select count(*) from customers', 'allow'],
    ['select id, ssn from customers', 'deny'],
    ['select * from customers', 'deny'],
    ['table customers', 'deny'],
    ['select c from customers c', 'deny'],
    ['select row_to_json(c) from customers c', 'deny'],
    ['select c.row_to_json from customers c', 'deny'],
    ['select (c).ssn from customers c', 'deny'],
    ['select id from customers where ssn = \'1\'', 'deny'],
    ['select id from customers order by ssn', 'deny'],
    ['select id from customers group by id, ssn', 'deny'],
    ['select 1 from customers natural join orders', 'deny'],
    ['select x.b from customers x(a, b, c)', 'deny'],
    ['select ctid from customers', 'deny'],
    ['copy customers (id, name) to stdout', 'allow'],
    ['copy customers (id, ssn) to stdout', 'deny'],
    ['copy customers to stdout', 'deny'],
    ['select name as ssn from customers', 'allow'],
    ['select date_trunc(\'day\', created_at) as day, count(*) as n from customers group by day order by n', 'allow'],
    ['select x.n from (select count(*) as n from customers) x', 'allow'],
    ['with x(a, b) as (select id, name from customers) select a, b from x', 'allow'],
    ['with x(a, b) as (select id, ssn from customers) select a from x', 'deny'],
    ['select lower(name) from customers', 'allow'],
    ['select lower(x) from (select name as x from customers) s', 'allow'],
    ['select lower(ssn) from customers', 'deny'],
    ['with x as (select id, name as who from customers) select x.who from x', 'allow'],
    ['with x as (select * from customers) select id from x', 'deny'],
    ['select c.name, o.total, o.notes from customers c join orders o on o.customer_id = c.id', 'allow'],
    ['select c.name, o.* from customers c join orders o on o.customer_id = c.id', 'allow'],
    ['select c.* from customers c join orders o on o.customer_id = c.id', 'deny'],
    ['select name, notes from customers join orders using (id)', 'deny'],
    ['select j.notes from (customers c join orders o on true) as j', 'deny'],
    ['select orders.ssn from customers orders, orders o', 'deny'],
    ['select o.notes from orders o, lateral (select o.notes from customers o) x', 'deny'],
    ['update customers set name = \'x\' where id = 1', 'allow'],
    ['update customers set name = \'x\' where ssn = \'1\'', 'deny'],
    ['update customers set ssn = \'x\' where id = 1', 'deny'],
    ['update customers set name = \'x\' where id = 1 returning ssn', 'deny'],
    ['update customers set id = 2 where id = 1', 'deny'],
    ['insert into orders (total) select ssn from customers', 'deny'],
    ['insert into orders (notes) select name from customers', 'allow'],
    ['with t as (select 1 as ssn) update customers t set name = t.ssn', 'deny'],
    ['prepare p as select ssn from customers', 'deny'],
    ['explain select ssn from customers', 'deny'],
    ['select never_seen from customers', 'deny'],
  ])('%s → %s', (text, effect) => expect([text, verdict(rules, text).effect]).toEqual([text, effect]))

  test('without a catalog, or with an unknown search path, more is possible, so less is allowed', () => {
    const { derivations: _none, ...bare } = catalog
    expect(verdict(rules, 'select id, name from customers', { using: bare }).effect).toBe('allow')
    expect(verdict(rules, 'select c.name, o.total from customers c, orders o', { using: bare }).effect).toBe('allow')
    expect(verdict(rules, 'select name, total from customers, orders', { using: bare }).effect).toBe('deny')
    expect(verdict(rules, 'select id from customers', { path: 'unknown' }).effect).toBe('allow')
  })

  test('says which column', () => {
    expect(verdict(rules, 'select ssn from customers').reason).toBe('no rule allows select on public.customers (column ssn)')
    expect(verdict(rules, 'select * from customers').reason).toBe('no rule allows select on public.customers (all columns)')
  })

  test('a list of * is the whole row; other kinds need rules of their own', () => {
    const all = '  - { id: a, who: everyone, allow: { sql: "*", on: public.customers, columns: "*" } }'
    for (const text of ['select * from customers', 'delete from customers where id = 1', 'drop table customers']) expect([text, verdict(all, text).effect]).toEqual([text, 'allow'])
    const some = '  - { id: a, who: everyone, allow: { sql: "*", on: public.customers, columns: [id, "n*"] } }'
    expect(verdict(some, 'select id, name from customers').effect).toBe('allow')
    for (const text of ['delete from customers where id = 1', 'drop table customers', 'select id from customers for update']) expect([text, verdict(some, text).effect]).toEqual([text, 'deny'])
  })

  test('one rule\'s columns and another\'s functions do not add up to what neither allows', () => {
    const two = `  - { id: a, who: everyone, allow: { sql: select, on: public.customers, columns: [id] } }
  - { id: b, who: everyone, allow: { sql: select, on: public.customers, functions: [count] } }`
    expect(verdict(two, 'select lower(id) from customers').effect).toBe('allow')
    expect(verdict(two, 'select count(ssn) from customers').effect).toBe('allow')
    expect(verdict(two, 'select lower(ssn) from customers').effect).toBe('deny')
  })
})

describe('a deny with columns', () => {
  const rules = `  - { id: all, who: everyone, allow: { sql: "*" } }
  - { id: d, who: everyone, deny: { sql: select, on: public.customers, columns: [ssn, "card_*"] } }`

  test.each([
    ['select id from customers', 'allow'],
    ['select ssn from customers', 'deny'],
    ['select card_number from customers', 'deny'],
    ['select * from customers', 'deny'],
    ['select c from customers c', 'deny'],
    ['select count(*) from customers', 'allow'],
    ['select ssn from hr.people', 'allow'],
    ['select * from orders', 'allow'],
    ['select * from orders, customers', 'deny'],
    ['select o.* from orders o, customers c where c.id = o.id', 'allow'],
    ['select p.ssn from hr.people p, customers c', 'allow'],
    ['select orders.ssn from customers orders, orders o', 'deny'],
    ['select ssn from (customers c join orders o on true) as j(a, b)', 'deny'],
    ['update customers set name = \'x\' where ssn = \'1\'', 'deny'],
    ['update customers set ssn = \'1\' where id = 1', 'allow'],
    ['delete from customers where ssn like \'1%\'', 'deny'],
    ['delete from customers where id = 1 returning ssn', 'deny'],
    ['delete from customers where id = 1', 'allow'],
    ['select lower(name) from customers', 'allow'],
    ['select notes.row_to_json from (customers c join orders o on true) as notes', 'deny'],
    ['select row_to_json(1), c.row_to_json from customers c', 'deny'],
    ['select 1', 'allow'],
    ['begin', 'allow'],
  ])('%s → %s', (text, effect) => expect([text, verdict(rules, text).effect]).toEqual([text, effect]))

  test('without a catalog a whole row may hold it', () => {
    const { derivations: _none, ...bare } = catalog
    const any = '  - { id: all, who: everyone, allow: { sql: "*" } }\n  - { id: d, who: everyone, deny: { sql: select, columns: ssn } }'
    expect(verdict(any, 'select * from orders').effect).toBe('allow')
    expect(verdict(any, 'select * from orders', { using: bare }).effect).toBe('deny')
    expect(verdict(any, 'select * from never_seen').effect).toBe('deny')
  })

  test('says which column', () => expect(verdict(rules, 'select 1 from customers where ssn = \'2\'').reason).toBe('denied by rule d (policy p): select is not allowed on public.customers (column ssn)'))
})

describe('functions', () => {
  const allow = '  - { id: all, who: everyone, allow: { sql: "*" } }\n'

  test.each([
    ['pg_sleep', 'select pg_sleep(1)', 'deny'],
    ['pg_sleep', 'select pg_catalog.pg_sleep(1)', 'deny'],
    ['pg_sleep', 'select (1).pg_sleep', 'deny'],
    ['pg_sleep', 'select count(*) from orders', 'allow'],
    ['pg_sleep', 'insert into orders (total) select 1 from pg_sleep(1)', 'deny'],
    ['pg_sleep', 'explain select pg_sleep(1)', 'deny'],
    ['pg_sleep', 'do $$ begin perform 1; end $$', 'deny'],
    ['pg_sleep', 'begin', 'allow'],
    ['"public.*"', 'select leak()', 'deny'],
    ['"public.*"', 'select public.other()', 'deny'],
    ['"public.*"', 'select count(*) from orders', 'allow'],
    ['total_of', 'select o.total_of from orders o', 'deny'],
    ['total', 'select o.total from orders o', 'allow'],
  ])('a deny of %s: %s → %s', (functions, text, effect) => expect(verdict(`${allow}  - { id: d, who: everyone, deny: { functions: ${functions} } }`, text).effect).toBe(effect))

  test.each([
    ['[count, lower]', 'select count(*), lower(notes) from orders', 'allow'],
    ['[count]', 'select count(*), lower(notes) from orders', 'deny'],
    ['["pg_catalog.*"]', 'select lower(notes) from orders', 'allow'],
    ['["pg_catalog.*"]', 'select leak() from orders', 'deny'],
    ['["pg_catalog.*"]', 'select o.total_of from orders o', 'deny'],
    ['["pg_catalog.*"]', 'do $$ begin perform 1; end $$', 'deny'],
    ['[count]', 'select 1 from orders', 'allow'],
  ])('an allow with %s: %s → %s', (functions, text, effect) => expect(verdict(`  - { id: a, who: everyone, allow: { sql: "*", functions: ${functions} } }`, text).effect).toBe(effect))

  test('a deny says which', () => {
    expect(verdict(`${allow}  - { id: d, who: everyone, deny: { functions: "pg_*" } }`, 'select pg_sleep(1)').reason).toBe('denied by rule d (policy p): select is not allowed with pg_sleep()')
  })

  test('without a catalog a bare name may be of any schema', () => {
    const { derivations: _none, ...bare } = catalog
    expect(verdict(`${allow}  - { id: d, who: everyone, deny: { functions: "public.*" } }`, 'select count(*) from orders', { using: bare }).effect).toBe('deny')
  })
})
