// What of a decision is kept, and what must be asked again each time.
import { createSecretKey, randomBytes } from 'node:crypto'
import { loadModule, parseSync } from 'libpg-query'
import { beforeAll, expect, test } from 'vitest'
import { inGroup, shop, snapshotOf } from '../policy/testing/build.ts'
import { factsOf } from '../sql/facts.ts'
import { createAccess, type Access } from './access.ts'
import { assumedCatalog } from './policy-trial.ts'

beforeAll(() => loadModule())

const text = 'delete from orders where id = 1'
const factsOfText = () => factsOf(parseSync(text), text.length)

function accessBy(rules: string): Access {
  const snapshot = snapshotOf(`policy: p\nconnections: ["*"]\nrules:\n  - { id: a, who: everyone, allow: { sql: "*" } }\n${rules}`)
  const lineages = { known: () => ({ kind: 'unknown' as const, reason: 'none', uses: [] }) }
  return createAccess({ principal: inGroup('x'), connection: shop, snapshot, catalog: assumedCatalog(factsOfText(), []), lineages, hashKey: createSecretKey(randomBytes(32)) })
}
const [morning, evening] = [Date.parse('2026-01-15T08:00:00Z'), Date.parse('2026-01-15T20:00:00Z')]

test('a decision is kept by the identity of facts', () => {
  const [access, facts] = [accessBy(''), factsOfText()]
  expect(access.decide(facts, 'default', morning)).toBe(access.decide(facts, 'default', evening))
})

test('one that asked for the clock is not', () => {
  const [access, facts] = [accessBy('  - { id: d, who: everyone, deny: { sql: delete }, when: \'now.getHours("UTC") >= 18\' }'), factsOfText()]
  expect(access.decide(facts, 'default', morning).verdict.effect).toBe('allow')
  expect(access.decide(facts, 'default', evening).verdict.effect).toBe('deny')
  expect(access.decide(facts, 'default', morning).verdict.effect).toBe('allow')
})

test('one that was made for a number of rows is not, and without a number it says that one is needed', () => {
  const [access, facts] = [accessBy('  - { id: d, who: everyone, deny: { sql: delete }, rows-over: 10 }'), factsOfText()]
  const effects = [5, 50, null, 5].map((rows) => access.decide(facts, 'default', morning, rows).verdict.effect)
  expect(effects).toEqual(['allow', 'deny', 'deny', 'allow'])
  expect(access.decide(facts, 'default', morning)).toMatchObject({ needsEstimate: true, verdict: { effect: 'deny' } })
  expect(access.decide(facts, 'default', morning, 5).needsEstimate).toBe(false)
})

test('no number is needed where it changes nothing', () => {
  const facts = factsOfText()
  expect(accessBy('  - { id: d, who: everyone, deny: { sql: insert }, rows-over: 10 }').decide(facts, 'default', morning).needsEstimate).toBe(false)
  expect(accessBy('  - { id: d, who: everyone, deny: { sql: delete }, rows-over: 10 }\n  - { id: e, who: everyone, deny: { sql: delete } }').decide(facts, 'default', morning).needsEstimate).toBe(false)
})
