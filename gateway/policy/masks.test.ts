import { describe, expect, test } from 'vitest'
import { hasAnyRule, masksFor } from './masks.ts'
import { inGroup, shop, snapshotOf, someone } from './testing/build.ts'

const snapshot = snapshotOf(`
policy: shop
connections: [shop]
rules:
  - { id: read, who: { groups: [analysts] }, allow: { sql: select } }
  - { id: write, who: { groups: [engineers] }, approve: { sql: update }, by: { groups: [x] } }
  - { id: never, who: everyone, deny: { sql: drop } }
masks:
  - { id: pii, columns: [public.customers.email, "*"], as: redact, except: { groups: [privacy] } }
  - { id: secrets, detect: [jwt, email], as: redact }
`, `
policy: other
connections: [billing]
masks: [{ id: cards, detect: credit-card, as: redact }]
`)

describe('masksFor', () => {
  test('gives every mask of the connection, each pattern in three parts', () => {
    expect(masksFor(snapshot, inGroup('analysts'), shop)).toEqual({
      fields: [],
      columns: [
        { policy: 'shop', rule: 'pii', column: 'public.customers.email', as: 'redact', isExempt: false },
        { policy: 'shop', rule: 'pii', column: '*.*.*', as: 'redact', isExempt: false },
      ],
      detect: [{ policy: 'shop', rule: 'secrets', detectors: ['jwt', 'email'], as: 'redact', isExempt: false }],
    })
  })

  test('keeps the masks of an exempt principal, for the recording', () => {
    const masks = masksFor(snapshot, inGroup('privacy'), shop)
    expect(masks.columns.map(({ isExempt }) => isExempt)).toEqual([true, true])
    expect(masks.detect.map(({ isExempt }) => isExempt)).toEqual([false])
  })

  test('masks one whose exemption cannot be evaluated', () => {
    const broken = new Proxy(someone(), { get: (target, key) => { if (key === 'groups') throw new Error('no groups'); return Reflect.get(target, key) as unknown } })
    expect(masksFor(snapshot, broken, shop).columns.map(({ isExempt }) => isExempt)).toEqual([false, false])
  })

  test('is made once a principal, connection and snapshot', () => {
    const ann = inGroup('analysts')
    expect(masksFor(snapshot, ann, shop)).toBe(masksFor(snapshot, ann, shop))
    expect(masksFor(snapshot, inGroup('privacy'), shop)).not.toBe(masksFor(snapshot, ann, shop))
    expect(masksFor(snapshot, ann, { ...shop, name: 'billing' }).detect[0]?.rule).toBe('cards')
  })
})

test('a rule that gives access is a rule on the connection; a deny or a mask is none', () => {
  expect(hasAnyRule(snapshot, inGroup('analysts'), shop)).toBe(true)
  expect(hasAnyRule(snapshot, inGroup('engineers'), shop)).toBe(true)
  expect(hasAnyRule(snapshot, inGroup('privacy'), shop)).toBe(false)
  expect(hasAnyRule(snapshot, inGroup('analysts'), { ...shop, name: 'billing' })).toBe(false)
})

test('masks of fields stand as their policy says, with who is exempt', () => {
  const ofFields = snapshotOf(`policy: p\nconnections: [prod]\nmasks:\n  - { id: m, resources: [configmaps], namespaces: [shop], fields: [/data/password], as: hash, except: { groups: [sre] } }`)
  const prod = { name: 'prod', kind: 'kubernetes', labels: {} } as const
  const rule = { policy: 'p', rule: 'm', as: 'hash', resources: ['configmaps'], groups: null, namespaces: ['shop'], names: null, fields: ['/data/password'], exceptTypes: [] }
  expect(masksFor(ofFields, inGroup('analysts'), prod)).toEqual({ columns: [], detect: [], fields: [{ ...rule, isExempt: false }] })
  expect(masksFor(ofFields, inGroup('sre'), prod).fields).toEqual([{ ...rule, isExempt: true }])
})
