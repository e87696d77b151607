// From SQL as people write it, by the real parser and name resolution, to the verdict: the sentence holds on what really arrives.
import { loadModule, parseSync } from 'libpg-query'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Principal } from '../../shared/principal.ts'
import type { Catalog, CatalogRelation } from '../sql/catalog.ts'
import { factsOf } from '../sql/facts.ts'
import { resolve, type SearchPath } from '../sql/resolve.ts'
import { evaluate } from './evaluate.ts'
import { inGroup, shop, snapshotOf } from './testing/build.ts'

beforeAll(() => loadModule())

const relations = ['public.customers', 'public.orders', 'hr.salaries', 'hr.orders', 'pg_catalog.pg_class', 'pg_catalog.pg_authid'].map((full, oid): CatalogRelation => {
  const [schema, name] = full.split('.') as [string, string]
  return { oid, schema, name, kind: 'table', columns: [], parents: [], reads: [] }
})
const catalog: Catalog = {
  version: 1, searchPath: ['pg_catalog', 'public'], userFunctions: new Set(), byOid: new Map(relations.map((one) => [one.oid, one])),
  byName: new Map(relations.map((one) => [`${one.schema}.${one.name}`, one])), named: (name) => relations.filter((one) => one.name === name),
}

const policy = snapshotOf(`
policy: shop
connections: [shop]
rules:
  - { id: read, who: { groups: [analysts] }, allow: { sql: [select], on: ["public.*"] } }
  - { id: write, who: { groups: [engineers] }, allow: { sql: [select, insert, update, delete], on: ["public.*"] } }
  - { id: ddl, who: { groups: [engineers] }, approve: { sql: [create, alter], on: ["public.*"] }, by: { groups: [dba] } }
  - { id: all, who: { groups: [dba] }, allow: { sql: "*" } }
  - { id: never, who: everyone, deny: { sql: [drop, truncate, update-without-where, delete-without-where, copy-program] } }
  - { id: pay, who: everyone, deny: { sql: "*", on: ["hr.salaries"] } }
`)

function verdict(principal: Principal, sql: string, path: SearchPath) {
  const facts = resolve(factsOf(parseSync(sql), Buffer.byteLength(sql)), catalog, path).facts
  return evaluate(policy, principal, shop, facts, 0)
}

describe('SQL text', () => {
  test.each<readonly [group: string, sql: string, effect: string, rule: string | null]>([
    ['analysts', 'select * from customers', 'allow', 'read'],
    ['analysts', 'select 1', 'allow', 'read'],
    ['analysts', 'select version(), now()', 'allow', 'read'],
    ['analysts', 'begin; select * from orders; commit', 'allow', 'read'],
    ['analysts', 'select * from pg_class', 'allow', null],
    ['analysts', 'select * from pg_authid', 'deny', null],
    ['analysts', 'select * from customers, hr.orders', 'deny', null],
    ['analysts', 'with gone as (delete from orders where id = 1 returning *) select * from gone', 'deny', null],
    ['analysts', 'with gone as (delete from orders returning *) select * from gone', 'deny', 'never'],
    ['analysts', 'explain select * from hr.orders', 'deny', null],
    ['analysts', 'explain select * from customers', 'allow', 'read'],
    ['analysts', 'copy customers to stdout', 'allow', 'read'],
    ['analysts', 'copy customers from stdin', 'deny', null],
    ['analysts', "copy customers to program 'sh'", 'deny', 'never'],
    ['analysts', 'select * into copy_of from customers', 'deny', null],
    ['analysts', 'select (select max(pay) from hr.salaries)', 'deny', 'pay'],
    ['analysts', 'declare c cursor for select * from hr.orders', 'deny', null],
    ['analysts', 'prepare p as delete from orders where id = $1', 'deny', null],
    ['analysts', 'do $$ begin perform 1; end $$', 'deny', 'pay'],
    ['analysts', 'set role postgres', 'deny', null],
    ['analysts', "set application_name = 'x'", 'allow', null],
    ['engineers', 'update orders set total = 1 where id = 2', 'allow', 'write'],
    ['engineers', 'update orders set total = 1', 'deny', 'never'],
    ['engineers', 'update orders set total = 1 where 1 = 1', 'deny', 'never'],
    ['engineers', 'insert into orders select * from hr.orders', 'deny', null],
    ['engineers', 'alter table orders add x int', 'approve', 'ddl'],
    ['engineers', 'create role x', 'approve', 'ddl'],
    ['engineers', 'select 1; drop table orders', 'deny', 'never'],
    ['dba', 'create role x', 'allow', 'all'],
    ['dba', 'select * from hr.orders', 'allow', 'all'],
    ['dba', 'select * from hr.salaries', 'deny', 'pay'],
    ['dba', 'begin; explain analyze select * from orders; set work_mem = 1; rollback', 'allow', 'all'],
    ['dba', 'call do_something()', 'deny', 'pay'],
    ['dba', 'drop schema hr cascade', 'deny', 'never'],
    ['dba', 'grant select on all tables in schema hr to x', 'deny', 'pay'],
    ['dba', 'vacuum', 'deny', 'pay'],
  ])('%s: %s → %s', (group, sql, effect, rule) => {
    const { effect: given, rule: named } = verdict(inGroup(group), sql, 'default')
    expect([given, named?.rule ?? null]).toEqual([effect, rule])
  })

  test.each<readonly [group: string, sql: string, effect: string]>([
    // `orders` may be hr.orders once the session has changed its search_path; `salaries` may be the one that is denied.
    ['analysts', 'select * from orders', 'deny'],
    ['analysts', 'select * from public.orders', 'allow'],
    ['analysts', 'select * from customers', 'allow'],
    ['dba', 'select * from salaries', 'deny'],
    ['dba', 'select * from orders', 'allow'],
    ['analysts', 'select * from never_seen', 'deny'],
  ])('with an unknown search_path, %s: %s → %s', (group, sql, effect) => expect(verdict(inGroup(group), sql, 'unknown').effect).toBe(effect))
})
