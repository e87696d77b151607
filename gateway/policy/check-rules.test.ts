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
    ['everything for some', ['{ id: a, who: { groups: [x] }, allow: { sql: "*" } }'], []],
  ])('%s', (_name, rules, expected) => expect(messages(...rules)).toEqual(expected))
})

test('names that the catalog does not have are named with their place', () => {
  const [policy] = snapshotOf(`policy: p\nconnections: [shop]\nrules: [{ id: a, who: everyone, deny: { sql: drop, on: [public.custmers, "public.*"] } }]
masks: [{ id: m, columns: [public.customers.email, public.customers.mail], as: redact }]\n`).policies
  expect(checkAgainstCatalog(policy!, [{ schema: 'public', name: 'customers', columns: ['email'] }], 'connection shop')).toEqual([
    { path: ['rules', 0, 'deny', 'on', 0], message: 'public.custmers is no table of connection shop' },
    { path: ['masks', 0, 'columns', 1], message: 'public.customers.mail is no column of connection shop: nothing is masked by it' },
  ])
})
