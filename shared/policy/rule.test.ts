import { describe, expect, test } from 'vitest'
import { parseDuration } from './duration.ts'
import { policySchema } from './rule.ts'
import { baseKind, sqlKinds } from './sql-kinds.ts'

describe('a policy', () => {
  test('limits no command to more seconds than a timer holds', () => {
    const parse = (seconds: number) => policySchema.safeParse({ policy: 'p', connections: 'c', rules: [{ id: 'a', who: 'everyone', allow: { sql: 'select' }, limit: { seconds } }] })
    expect(parse(604_800).success).toBe(true)
    expect(parse(604_801).error?.issues[0]?.message).toBe('expected at most 604800, a week (limitSecondsMax)')
  })

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

test.each<readonly [name: string, rule: object, isRight: boolean]>([
  ['columns of an allow', { allow: { sql: 'select', columns: ['id', 'n*'] } }, true],
  ['columns of a delete', { deny: { sql: 'delete', columns: 'id' } }, false],
  ['columns of everything', { deny: { sql: '*', columns: 'id' } }, true],
  ['columns with their table', { deny: { sql: 'select', columns: 'customers.id' } }, false],
  ['a deny of columns or functions alone', { deny: { functions: ['pg_sleep', 'public.*'] } }, true],
  ['an allow of functions alone', { allow: { functions: 'lower' } }, false],
  ['a function with its database', { deny: { functions: 'shop.public.f' } }, false],
  ['rows-over of a deny', { deny: { sql: 'select' }, 'rows-over': 10 }, true],
  ['rows-over of an allow', { allow: { sql: 'select' }, 'rows-over': 10 }, false],
  ['rows-over in words', { deny: { sql: 'select' }, 'rows-over': 'many' }, false],
  ['a rule in shadow', { deny: { sql: 'select' }, mode: 'shadow' }, true],
  ['a mode that is none', { deny: { sql: 'select' }, mode: 'audit' }, false],
  ['a condition', { deny: { sql: 'select' }, when: 'facts.hasWhere' }, true],
  ['a condition that says nothing', { deny: { sql: 'select' }, when: '' }, false],
  ['a condition nobody can read', { deny: { sql: 'select' }, when: 'x'.repeat(2_001) }, false],
])('%s', (_, rule, isRight) => {
  expect(policySchema.safeParse({ policy: 'p', connections: 'shop', rules: [{ id: 'a', who: 'everyone', ...rule }] }).success).toBe(isRight)
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

test('reason is required or optional, on an approve rule only', () => {
  const rule = (over: object) => policySchema.safeParse({ policy: 'p', connections: 'shop', rules: [{ id: 'a', who: 'everyone', ...over }] })
  const approve = { approve: { sql: 'delete' }, by: { groups: 'on-call' } }
  expect(rule({ ...approve, reason: 'required' }).data?.rules[0]?.need).toMatchObject({ wantsReason: true })
  for (const without of [approve, { ...approve, reason: 'optional' }]) expect(rule(without).data?.rules[0]?.need).not.toHaveProperty('wantsReason')
  for (const wrong of [{ ...approve, reason: true }, { ...approve, reason: 'never' }, { deny: { sql: 'drop' }, reason: 'required' }]) expect(rule(wrong).success).toBe(false)
})

test.each([['90s', 90_000], ['15m', 900_000], ['1h', 3_600_000], ['7d', 604_800_000], ['0m', null], ['15', null], ['1.5h', null], ['-1h', null], ['1h30m', null], ['', null]])(
  'duration %s', (text, ms) => expect(parseDuration(text)).toBe(ms),
)

test('every derived kind has a base kind', () => {
  const derived = Object.entries(sqlKinds).filter(([, sort]) => sort === 'derived').map(([kind]) => kind)
  expect(Object.keys(baseKind).sort()).toEqual(derived.sort())
})
