import { expect, test } from 'vitest'
import { explain } from './explain.ts'
import { inGroup, shop, snapshotOf, sql } from './testing/build.ts'

const snapshot = snapshotOf(`policy: p
connections: [shop]
rules:
  - { id: read, who: { groups: [x] }, allow: { sql: select, on: "public.*" } }
  - { id: others, who: { groups: [y] }, allow: { sql: select } }
  - { id: never, who: everyone, deny: { sql: drop } }
`, 'policy: q\nconnections: [other]\nrules: [{ id: far, who: everyone, allow: { sql: "*" } }]\n')

test('each rule says why it matched or not: connection, who, accesses', () => {
  const { rules, accesses } = explain(snapshot, inGroup('x'), shop, sql('select public.t', 'insert public.u'), 0)
  expect(rules.map(({ rule, isMatch, why }) => [rule.rule, isMatch, why])).toEqual([
    ['read', true, 'accesses: select on public.t'],
    ['others', false, 'who: is not about this principal'],
    ['never', false, 'accesses: is about none of them'],
    ['far', false, 'connection: policy q does not hold on shop'],
  ])
  expect(accesses.map(({ kind, allowedBy }) => [kind, allowedBy.map(({ rule }) => rule)])).toEqual([['select', ['read']], ['insert', []]])
})
