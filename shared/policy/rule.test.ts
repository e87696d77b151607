import { describe, expect, test } from 'vitest'
import { parseDuration } from './duration.ts'
import { policySchema } from './rule.ts'
import { baseKind, sqlKinds } from './sql-kinds.ts'

describe('a policy', () => {
  test('is normalised: lists are lists, durations are milliseconds, what is left out is null', () => {
    const policy = policySchema.parse({
      policy: 'p', labels: { env: 'production' },
      rules: [
        { id: 'a', who: 'everyone', allow: { sql: 'select', on: 'public.*' } },
        { id: 'b', who: { groups: 'x' }, approve: { sql: ['*'] }, by: { groups: 'dba' }, within: '1h' },
        { id: 'c', allow: { sql: 'select' } },
      ],
      masks: [{ id: 'm', columns: '*', as: 'redact' }],
    })
    expect(policy.scope).toEqual({ kind: 'labels', labels: { env: ['production'] } })
    expect(policy.rules[0]).toMatchObject({ effect: 'allow', body: { kinds: ['select'], on: ['public.*'] }, limit: null, need: null })
    expect(policy.rules[1]).toMatchObject({ effect: 'approve', body: { kinds: ['*'], on: null }, need: { groups: ['dba'], users: [], count: 1, withinMs: 3_600_000 } })
    expect(policy.rules[2]).toMatchObject({ who: { anyOf: [] } })
    expect(policy.masks[0]).toMatchObject({ target: { kind: 'columns', columns: ['*.*.*'] }, except: { anyOf: [] } })
  })
})

test('break-glass names groups, on an approve rule only', () => {
  const rule = (over: object) => policySchema.safeParse({ policy: 'p', connections: 'shop', rules: [{ id: 'a', who: 'everyone', ...over }] })
  const approve = { approve: { sql: 'delete' }, by: { groups: 'on-call' } }
  expect(rule({ ...approve, 'break-glass': { groups: 'incident' } }).data?.rules[0]?.need).toMatchObject({ breakGlass: ['incident'] })
  expect(rule(approve).data?.rules[0]?.need).not.toHaveProperty('breakGlass')
  for (const wrong of [{ ...approve, 'break-glass': { groups: [] } }, { ...approve, 'break-glass': { users: ['corp:eve'] } }, { ...approve, 'break-glass': 'incident' }, { deny: { sql: 'drop' }, 'break-glass': { groups: 'incident' } }]) {
    expect(rule(wrong).success).toBe(false)
  }
})

test.each([['90s', 90_000], ['15m', 900_000], ['1h', 3_600_000], ['7d', 604_800_000], ['0m', null], ['15', null], ['1.5h', null], ['-1h', null], ['1h30m', null], ['', null]])(
  'duration %s', (text, ms) => expect(parseDuration(text)).toBe(ms),
)

test('every derived kind has a base kind', () => {
  const derived = Object.entries(sqlKinds).filter(([, sort]) => sort === 'derived').map(([kind]) => kind)
  expect(Object.keys(baseKind).sort()).toEqual(derived.sort())
})
