import { describe, expect, test } from 'vitest'
import { evaluate } from './evaluate.ts'
import { inGroup, shop, snapshotOf, someone, sql, statement } from './testing/build.ts'
import type { SqlCommandFacts } from '../../shared/command.ts'
import type { Principal } from '../../shared/principal.ts'

const now = Date.parse('2026-01-02T03:04:05Z')

/** The example of design.md §4, word for word where it is about SQL. */
const example = snapshotOf(`
policy: shop
connections: [shop]
rules:
  - { id: analysts-read,   who: { groups: [analysts] },  allow:   { sql: [select], on: ["public.*"] }, limit: { rows: 10000 } }
  - { id: engineers-write, who: { groups: [engineers] }, approve: { sql: [insert, update, delete], on: ["public.*"] },
      by: { groups: [on-call], count: 1 }, within: 15m }
  - { id: ci-migrate, who: { ci: { repository: acme/shop, ref: refs/heads/main } }, approve: { sql: [create, alter] }, by: { groups: [dba] } }
  - { id: never, who: everyone, deny: { sql: [drop, truncate, update-without-where, delete-without-where] } }
`)
const analyst = inGroup('analysts')
const engineer = inGroup('engineers')
const both = inGroup('analysts', 'engineers')

const harmless = (kind: 'transaction' | 'show' | 'set'): SqlCommandFacts => ({ kind: 'sql', statements: [statement([], { kind, isHarmless: true })] })

const table: readonly (readonly [name: string, principal: Principal, facts: SqlCommandFacts, effect: string, reason: string])[] = [
  ['a select that a rule covers', analyst, sql('select public.customers'), 'allow', 'allowed by rule analysts-read (policy shop)'],
  ['a table outside on', analyst, sql('select private.keys'), 'deny', 'no rule allows select on private.keys'],
  ['one of two tables outside on', analyst, sql('select public.customers', 'select private.keys'), 'deny', 'no rule allows select on private.keys'],
  ['a kind without a rule', analyst, sql('update public.orders'), 'deny', 'no rule allows update on public.orders'],
  ['a delete inside a select', analyst, { kind: 'sql', statements: [statement(['select public.orders', 'delete public.orders'], { kind: 'select' })] }, 'deny', 'no rule allows delete on public.orders'],
  ['a drop', analyst, sql('drop public.customers'), 'deny', 'denied by rule never (policy shop): drop is not allowed'],
  ['a drop beside a select', analyst, { kind: 'sql', statements: [statement(['select public.a']), statement(['drop public.a'])] }, 'deny', 'denied by rule never (policy shop): drop is not allowed'],
  ['a delete without where, although approve matches', engineer, sql('delete public.orders', 'delete-without-where public.orders'), 'deny', 'denied by rule never (policy shop): delete-without-where is not allowed'],
  ['a write that needs approval', engineer, sql('update public.orders'), 'approve', 'held by rule engineers-write (policy shop) for on-call: update on public.orders needs approval'],
  ['approval wins over allow', both, sql('select public.orders', 'update public.orders'), 'approve', 'held by rule engineers-write (policy shop) for on-call: update on public.orders needs approval'],
  ['a select without tables', analyst, sql('select'), 'allow', 'allowed by rule analysts-read (policy shop)'],
  ['a select without tables, without a select rule', engineer, sql('select'), 'deny', 'no rule allows select'],
  ['BEGIN with any rule', engineer, harmless('transaction'), 'allow', 'needs no rule beyond access to the connection'],
  ['BEGIN of one who only has denies', inGroup('strangers'), harmless('transaction'), 'deny', 'no rule gives you access to connection shop'],
  ['the listed catalogs with any rule', engineer, sql('free pg_catalog.pg_class'), 'allow', 'needs no rule beyond access to the connection'],
  ['the listed catalogs of one who only has denies', inGroup('strangers'), sql('free pg_catalog.pg_class'), 'deny', 'no rule gives you access to connection shop'],
  ['a catalog beside a table', engineer, sql('free pg_catalog.pg_class', 'select public.orders'), 'deny', 'no rule allows select on public.orders'],
  ['an empty query', analyst, { kind: 'sql', statements: [] }, 'allow', 'needs no rule beyond access to the connection'],
  ['an empty query of a stranger', inGroup(), { kind: 'sql', statements: [] }, 'deny', 'no rule gives you access to connection shop'],
  ['a statement whose kind no access bears', analyst, { kind: 'sql', statements: [statement(['select public.a'], { kind: 'do' })] }, 'deny', 'no rule allows do'],
  ['DO', analyst, sql('do'), 'deny', 'no rule allows do'],
  ['a name that may be one of two tables, one not covered', analyst, sql('select public.a|private.a'), 'deny', 'no rule allows select on private.a'],
  ['a name that may be one of two tables, both covered', analyst, sql('select public.a|public.b'), 'allow', 'allowed by rule analysts-read (policy shop)'],
  ['a name that may be one of two tables, one to approve', engineer, sql('update private.a|public.a'), 'approve', 'held by rule engineers-write (policy shop) for on-call: update on private.a needs approval'],
  ['a name that no schema has', analyst, sql('select ?.custmers|public.custmers'), 'deny', 'no rule allows select on custmers'],
  ['ci claims', someone({ kind: 'ci', claims: { repository: 'acme/shop', ref: 'refs/heads/main' } }), sql('alter public.orders'), 'approve', 'held by rule ci-migrate (policy shop) for dba: alter on public.orders needs approval'],
  ['ci claims of another branch', someone({ kind: 'ci', claims: { repository: 'acme/shop', ref: 'refs/heads/x' } }), sql('alter public.orders'), 'deny', 'no rule gives you access to connection shop'],
]

describe('the one sentence', () => {
  test.each(table)('%s', (_, principal, facts, effect, reason) => {
    const verdict = evaluate(example, principal, shop, facts, now)
    expect([verdict.effect, verdict.reason]).toEqual([effect, reason])
  })

  test('another connection has no rule', () => {
    expect(evaluate(example, analyst, { ...shop, name: 'shop2' }, sql('select public.customers'), now).effect).toBe('deny')
  })

  test('no policies at all deny', () => {
    expect(evaluate(snapshotOf(), analyst, shop, sql('select'), now)).toMatchObject({ effect: 'deny', rule: null })
  })

  test('every rule that matched is named, the deciding one first', () => {
    const verdict = evaluate(example, both, shop, sql('select public.a', 'update public.a', 'update-without-where public.a'), now)
    expect(verdict.rule).toEqual({ policy: 'shop', rule: 'never' })
    expect(verdict.matched.map(({ rule }) => rule)).toEqual(['never', 'engineers-write', 'analysts-read'])
  })
})

describe('rules together', () => {
  const rules = (text: string) => snapshotOf(`policy: p\nconnections: ["*"]\nrules:\n${text}`)
  const effect = (text: string, facts: SqlCommandFacts, principal = someone()) => evaluate(rules(text), principal, shop, facts, now).effect

  test('an allow must cover every access, by any rules together', () => {
    const two = '  - { id: a, who: everyone, allow: { sql: select, on: "a.*" } }\n  - { id: b, who: everyone, allow: { sql: select, on: "b.*" } }'
    expect(effect(two, sql('select a.t', 'select b.t'))).toBe('allow')
    expect(effect(two, sql('select a.t|b.t'))).toBe('allow')
    expect(effect(two, sql('select a.t', 'select c.t'))).toBe('deny')
  })

  test('allow of update covers update-without-where; a deny names it', () => {
    const allow = '  - { id: a, who: everyone, allow: { sql: update, on: "a.*" } }'
    const write = sql('update a.t', 'update-without-where a.t')
    expect(effect(allow, write)).toBe('allow')
    expect(effect(`${allow}\n  - { id: d, who: everyone, deny: { sql: update-without-where } }`, write)).toBe('deny')
    expect(effect(`${allow}\n  - { id: d, who: everyone, deny: { sql: update-without-where } }`, sql('update a.t'))).toBe('allow')
    expect(effect(`${allow}\n  - { id: d, who: everyone, deny: { sql: update-without-where, on: "b.*" } }`, write)).toBe('allow')
  })

  test('a deny on one table does not refuse `select 1`, and does refuse what acts without a table', () => {
    const text = '  - { id: a, who: everyone, allow: { sql: "*" } }\n  - { id: d, who: everyone, deny: { sql: [select, create], on: "secret.*" } }'
    expect(effect(text, sql('select'))).toBe('allow')
    expect(effect(text, sql('select secret.t'))).toBe('deny')
    expect(effect(text, sql('create'))).toBe('deny')
    expect(effect(text, sql('create public.t'))).toBe('allow')
  })

  test('a deny of everything on one table is about what may touch it: code nobody sees, not BEGIN or SET', () => {
    const text = '  - { id: a, who: everyone, allow: { sql: "*" } }\n  - { id: d, who: everyone, deny: { sql: "*", on: "secret.*" } }'
    for (const kind of ['do', 'call', 'other', 'session', 'transaction', 'copy-program', 'create']) expect([kind, effect(text, sql(kind))]).toEqual([kind, 'deny'])
    for (const kind of ['select', 'set', 'set-role', 'listen', 'show', 'explain-analyze']) expect([kind, effect(text, sql(kind))]).toEqual([kind, 'allow'])
    expect(effect(text, harmless('transaction'))).toBe('allow')
    expect(effect(text, sql('select secret.t', 'explain-analyze'))).toBe('deny')
  })

  test('a kind that a deny names is meant wherever it comes, `on` or not', () => {
    const text = '  - { id: a, who: everyone, allow: { sql: "*" } }\n  - { id: d, who: everyone, deny: { sql: [set-role, show], on: "secret.*" } }'
    expect(effect(text, sql('set-role'))).toBe('deny')
    expect(effect(text, harmless('show'))).toBe('deny')
  })

  test('a deny says on what, when its rule does', () => {
    const text = '  - { id: d, who: everyone, deny: { sql: select, on: "secret.*" } }'
    expect(evaluate(rules(text), someone(), shop, sql('select secret.t'), now).reason).toBe('denied by rule d (policy p): select is not allowed on secret.t')
  })

  test('a deny can name harmless statements and listed catalogs', () => {
    const allow = '  - { id: a, who: everyone, allow: { sql: select } }\n'
    expect(effect(`${allow}  - { id: d, who: everyone, deny: { sql: show } }`, harmless('show'))).toBe('deny')
    expect(effect(`${allow}  - { id: d, who: everyone, deny: { sql: select, on: "pg_catalog.*" } }`, sql('free pg_catalog.pg_class'))).toBe('deny')
  })

  test('a write to a listed catalog is not free', () => {
    const text = '  - { id: a, who: everyone, allow: { sql: select } }'
    const write: SqlCommandFacts = { kind: 'sql', statements: [{ ...statement(['update pg_catalog.pg_class']), accesses: [{ kind: 'update', relations: ['pg_catalog.pg_class'], isFreeCatalog: true }] }] }
    expect(effect(text, write)).toBe('deny')
  })

  test('a harmless statement that touches a relation needs a rule for it', () => {
    const text = '  - { id: a, who: everyone, allow: { sql: insert } }'
    expect(effect(text, { kind: 'sql', statements: [statement(['select public.t'], { kind: 'session', isHarmless: true })] })).toBe('deny')
  })

  test('a table whose name holds a dot neither slips past a deny nor into an allow', () => {
    const allow = '  - { id: a, who: everyone, allow: { sql: select, on: "public.*" } }'
    expect(effect(allow, sql('select public.b.c'))).toBe('deny')
    expect(effect('  - { id: a, who: everyone, allow: { sql: select } }\n  - { id: d, who: everyone, deny: { sql: select, on: "public.*" } }', sql('select public.b.c'))).toBe('deny')
  })

  test('limits: the strictest of all matching rules, field by field', () => {
    const text = [
      '  - { id: a, who: everyone, allow: { sql: select, on: "public.*" }, limit: { rows: 100, seconds: 9 } }',
      '  - { id: b, who: everyone, allow: { sql: select, on: "*.t" }, limit: { rows: 500, seconds: 2.5 } }',
      '  - { id: c, who: everyone, allow: { sql: select, on: "other.*" }, limit: { rows: 1 } }',
    ].join('\n')
    expect(evaluate(rules(text), someone(), shop, sql('select public.t'), now).limit).toEqual({ rows: 100, seconds: 2.5 })
    expect(evaluate(rules(text), someone(), shop, sql('select public.x'), now).limit).toEqual({ rows: 100, seconds: 9 })
  })

  test('what approvals are needed: of every approve rule, within the shortest time', () => {
    const text = [
      '  - { id: a, who: everyone, approve: { sql: update }, by: { groups: [on-call] }, within: 1h, limit: { rows: 7 } }',
      '  - { id: b, who: everyone, approve: { sql: update, on: "public.*" }, by: { groups: [dba], users: ["corp:eve"], count: 2 } }',
    ].join('\n')
    const verdict = evaluate(rules(text), someone(), shop, sql('update public.t'), now)
    expect(verdict.limit.rows).toBe(7)
    expect(verdict.need).toEqual({
      groups: ['on-call'], users: [], count: 1, withinMs: 15 * 60_000,
      also: [{ groups: ['dba'], users: ['corp:eve'], count: 2, withinMs: 15 * 60_000 }],
    })
  })

  test('policies bind by connection name, glob or label', () => {
    const scoped = (scope: string) => evaluate(snapshotOf(`policy: p\n${scope}\nrules: [{ id: a, who: everyone, allow: { sql: select } }]`), someone(), shop, sql('select'), now).effect
    expect(scoped('connections: [sh*]')).toBe('allow')
    expect(scoped('connections: [shop2, sh]')).toBe('deny')
    expect(scoped('labels: { env: production }')).toBe('allow')
    expect(scoped('labels: { env: [staging, prod*] }')).toBe('allow')
    expect(scoped('labels: { env: production, team: "*" }')).toBe('deny')
    expect(scoped('labels: { toString: "*" }')).toBe('deny')
  })
})

describe('closed on errors', () => {
  const broken = new Proxy(someone({ groups: ['analysts'] }), {
    get(target, key) {
      if (key === 'claims') throw new Error('claims cannot be read')
      return Reflect.get(target, key) as unknown
    },
  })
  const allow = '  - { id: a, who: { groups: [analysts] }, allow: { sql: select } }'
  const effect = (text: string) => evaluate(snapshotOf(`policy: p\nconnections: ["*"]\nrules:\n${text}`), broken, shop, sql('select public.t'), now).effect

  test('a deny whose who cannot be evaluated counts', () => expect(effect(`${allow}\n  - { id: d, who: { claims: { a: b } }, deny: { sql: select } }`)).toBe('deny'))
  test('an approve whose who cannot be evaluated counts', () => expect(effect(`${allow}\n  - { id: d, who: { claims: { a: b } }, approve: { sql: select }, by: { groups: [x] } }`)).toBe('approve'))
  test('an allow whose who cannot be evaluated does not', () => expect(effect('  - { id: a, who: { claims: { a: b } }, allow: { sql: select } }')).toBe('deny'))
  test('an exception from an allow that cannot be evaluated takes the allow away', () => {
    expect(effect('  - { id: a, who: { groups: [analysts], except: { claims: { a: b } } }, allow: { sql: select } }')).toBe('deny')
  })
  test('an exception from a deny that cannot be evaluated leaves the deny', () => {
    expect(effect(`${allow}\n  - { id: d, who: { everyone: true, except: { claims: { a: b } } }, deny: { sql: select } }`)).toBe('deny')
  })
})

test('reasons show control and bidirectional characters of a name instead of obeying them', () => {
  const verdict = evaluate(example, analyst, shop, sql('select private.a\u202e\nb'), now)
  expect(verdict.reason).toBe('no rule allows select on private.a\\u{202e}\\u{a}b')
})
