import { describe, expect, test } from 'vitest'
import { checkAgainstCatalog } from './check-catalog.ts'
import { checkRules } from './check-rules.ts'
import { snapshotOf } from './testing/build.ts'

const messages = (...rules: readonly string[]) =>
  checkRules(snapshotOf(`policy: p\nconnections: [shop]\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`).policies).map(({ rule, message }) => `${rule}: ${message}`)

describe('warnings about rules', () => {
  test.each<readonly [name: string, rules: readonly string[], expected: readonly string[]]>([
    ['a deny of everyone shadows an allow', ['{ id: a, who: { groups: [x] }, allow: { sql: drop } }', '{ id: d, who: everyone, deny: { sql: [drop, truncate] } }'],
      ['0: never takes effect: rule d (policy p) denies all of it']],
    ['a deny of other people does not', ['{ id: a, who: { groups: [x] }, allow: { sql: drop } }', '{ id: d, who: { groups: [y] }, deny: { sql: drop } }'], []],
    ['a deny with an exception does not', ['{ id: a, who: { groups: [x] }, allow: { sql: drop } }', '{ id: d, who: { everyone: true, except: { groups: [x] } }, deny: { sql: drop } }'], []],
    ['a deny of one table does not', ['{ id: a, who: everyone, allow: { sql: drop, on: "public.*" } }', '{ id: d, who: everyone, deny: { sql: drop, on: public.t } }'], []],
    ['a deny without where leaves updates', ['{ id: a, who: everyone, allow: { sql: update } }', '{ id: d, who: everyone, deny: { sql: update-without-where } }'], []],
    ['an allow inside another adds nothing', ['{ id: a, who: { groups: [x] }, allow: { sql: select, on: public.t } }', '{ id: b, who: everyone, allow: { sql: [select, insert], on: "public.*" } }'],
      ['0: adds nothing: rule b (policy p) allows all of it, for the same people']],
    ['unless it adds a limit', ['{ id: a, who: { groups: [x] }, allow: { sql: select, on: public.t }, limit: { rows: 5 } }', '{ id: b, who: everyone, allow: { sql: select, on: "public.*" } }'], []],
    ['of two alike the later is named', ['{ id: a, who: everyone, allow: { sql: select } }', '{ id: b, who: everyone, allow: { sql: select } }'],
      ['1: adds nothing: rule a (policy p) allows all of it, for the same people']],
    ['everything for everyone', ['{ id: a, who: everyone, allow: { sql: "*", on: "*.*" } }'], ['0: allows everything on every table to everyone']],
    ['a deny of some columns, or under a condition, shadows nothing', ['{ id: a, who: { groups: [x] }, allow: { sql: select } }', '{ id: d, who: everyone, deny: { sql: select, columns: ssn } }',
      '{ id: e, who: everyone, deny: { sql: select }, when: "facts.statements > 1" }', '{ id: f, who: everyone, deny: { sql: select }, rows-over: 9 }', '{ id: g, who: everyone, deny: { sql: select }, mode: shadow }'], []],
    ['an allow of some columns covers no other', ['{ id: a, who: everyone, allow: { sql: select } }', '{ id: b, who: everyone, allow: { sql: [select, insert], columns: id } }'], []],
    ['a condition that is always the same', ['{ id: a, who: everyone, deny: { sql: drop }, when: "1 == 2" }', '{ id: b, who: everyone, deny: { sql: drop }, when: "true" }'],
      ['0: never takes effect: its when is always false', '1: its when is always true, so it says nothing']],
    ['a rule in shadow is not warned of', ['{ id: a, who: everyone, allow: { sql: "*" }, mode: shadow }'], []],
    ['everything for some', ['{ id: a, who: { groups: [x] }, allow: { sql: "*" } }'], []],
  ])('%s', (_name, rules, expected) => expect(messages(...rules)).toEqual(expected))
})

test('names that the catalog does not have are named with their place', () => {
  const [policy] = snapshotOf(`policy: p\nconnections: [shop]\nrules: [{ id: a, who: everyone, deny: { sql: drop, on: [public.custmers, "public.*"] } },
  { id: b, who: everyone, deny: { sql: select, on: public.customers, columns: [email, "card_*", total] } },
  { id: c, who: everyone, deny: { functions: [pg_sleep, leak, "public.*", pg_catalog.leak, pg_slep] } }]
masks: [{ id: m, columns: [public.customers.email, public.customers.mail], as: redact }]\n`).policies
  expect(checkAgainstCatalog(policy!, {
    relations: [{ schema: 'public', name: 'customers', columns: ['email'] }, { schema: 'public', name: 'orders', columns: ['total'] }], functions: { system: ['pg_sleep'], other: ['leak'] },
  }, 'connection shop')).toEqual([
    { path: ['rules', 0, 'deny', 'on', 0], message: 'public.custmers is no table of connection shop' },
    { path: ['rules', 1, 'deny', 'columns', 1], message: 'card_* is no column of the tables of this rule, on connection shop' },
    { path: ['rules', 1, 'deny', 'columns', 2], message: 'total is no column of the tables of this rule, on connection shop' },
    { path: ['rules', 2, 'deny', 'functions', 3], message: 'pg_catalog.leak is no function of connection shop' },
    { path: ['rules', 2, 'deny', 'functions', 4], message: 'pg_slep is no function of connection shop' },
    { path: ['masks', 0, 'columns', 1], message: 'public.customers.mail is no column of connection shop: nothing is masked by it' },
  ])
})

describe('warnings about Kubernetes rules', () => {
  test.each<readonly [name: string, rules: readonly string[], expected: readonly string[]]>([
    ['a deny of everyone shadows an allow', ['{ id: a, who: { groups: [x] }, allow: { kubernetes: [get], resources: [pods] } }', '{ id: d, who: everyone, deny: { kubernetes: "*" } }'], ['0: never takes effect: rule d (policy p) denies all of it']],
    ['a deny in one namespace does not', ['{ id: a, who: everyone, allow: { kubernetes: [exec] } }', '{ id: d, who: everyone, deny: { kubernetes: "*", namespaces: [shop] } }'], []],
    ['a deny of SQL does not', ['{ id: a, who: everyone, allow: { kubernetes: [exec] } }', '{ id: d, who: everyone, deny: { sql: "*" } }'], []],
    ['a deny of everything leaves discovery', ['{ id: a, who: everyone, allow: { kubernetes: [get], resources: [/openapi/**] } }', '{ id: d, who: everyone, deny: { kubernetes: "*" } }'], []],
    ['an allow inside another adds nothing', ['{ id: a, who: everyone, allow: { kubernetes: [get], resources: [pods], namespaces: [shop] } }', '{ id: b, who: everyone, allow: { kubernetes: [get, list, watch], namespaces: ["sh*"] } }'], ['0: adds nothing: rule b (policy p) allows all of it, for the same people']],
    ['a privilege adds to everything', ['{ id: a, who: { groups: [x] }, allow: { kubernetes: [rbac] } }', '{ id: b, who: { groups: [x] }, allow: { kubernetes: "*" } }'], []],
    ['an allow of some commands covers none', ['{ id: a, who: everyone, allow: { kubernetes: [exec] } }', '{ id: b, who: everyone, allow: { kubernetes: [exec], argv: [ls] } }'], ['1: adds nothing: rule a (policy p) allows all of it, for the same people']],
    ['everything for everyone', ['{ id: a, who: everyone, allow: { kubernetes: "*", resources: ["*"] } }'], ['0: allows everything but privileges to everyone']],
    ['a deny of get leaves list and watch', ['{ id: d, who: everyone, deny: { kubernetes: [get], resources: [secrets] } }'], ['0: is not about list and watch, which read the same objects']],
    ['a deny of update leaves patch', ['{ id: d, who: everyone, deny: { kubernetes: [update], resources: [secrets] } }'], ['0: is not about patch, which change the same objects']],
    ['a deny of logs leaves nothing', ['{ id: d, who: everyone, deny: { kubernetes: [get], resources: [pods/log] } }'], []],
  ])('%s', (_, rules, expected) => expect(messages(...rules)).toEqual(expected))
})
