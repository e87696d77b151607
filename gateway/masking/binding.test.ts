import { describe, expect, test } from 'vitest'
import type { ColumnMaskRule } from '../policy/snapshot.ts'
import { bindMasks, type BoundMasks } from './binding.ts'
import { catalogOf, type Relation } from './testing/catalog.ts'

const customers = 20_001
const rule = (column: string, changes: Partial<ColumnMaskRule> = {}): ColumnMaskRule => ({ policy: 'shop', rule: 'pii', column, as: 'redact', isExempt: false, ...changes })
const bindAll = (relations: readonly Relation[], ...rules: readonly ColumnMaskRule[]): BoundMasks => bindMasks({ columns: rules, detect: [] }, catalogOf(relations))

/** `oid.number` of every masked column. */
const masked = ({ byOid }: BoundMasks): readonly string[] => [...byOid].flatMap(([oid, columns]) => [...columns.keys()].map((number) => `${oid}.${number}`)).toSorted()

const table: Relation = { oid: customers, name: 'customers', columns: ['id', 'name', 'email', null, 'ssn'] }

describe('a pattern', () => {
  test('names one column, by its number in the table', () => {
    expect(masked(bindAll([table], rule('public.customers.ssn')))).toEqual(['20001.5'])
  })

  test.each([
    ['public.customers.*', 4], ['public.*.email', 1], ['*.customers.s*', 1], ['*.*.*', 4], ['*', 4], ['public.customer.email', 0], ['Public.customers.email', 0], ['shop.customers.email', 0],
  ])('%s matches %i columns', (column, count) => {
    expect(masked(bindAll([table], rule(column)))).toHaveLength(count)
  })

  test('does not let a star cross from one name into the next', () => {
    const tricky: Relation = { oid: 1, schema: 'public', name: 'a.b', columns: ['c'] }
    expect(masked(bindAll([tricky], rule('public.a.b')))).toEqual([])
    expect(masked(bindAll([tricky], rule('public.*.c')))).toEqual(['1.1'])
  })

  test('that matches nothing is reported, and masks are still on for what has no known origin', () => {
    const bound = bindAll([table], rule('public.customers.e-mail'), rule('public.customers.email'))
    expect(bound.unmatched.map(({ column }) => column)).toEqual(['public.customers.e-mail'])
    const none = bindAll([table], rule('public.gone.email'))
    expect([none.hasColumns, none.unknown, none.tainted.size]).toEqual([true, { record: { policy: 'shop', rule: 'pii' }, client: { policy: 'shop', rule: 'pii' } }, 0])
  })

  test('without rules nothing is bound', () => {
    const bound = bindAll([table])
    expect([bound.hasColumns, bound.unknown, bound.tainted.size, bound.derived.size, bound.columnNames.size]).toEqual([false, null, 0, 0, 0])
  })
})

describe('an exception', () => {
  const exempt = { policy: 'shop', rule: 'pii' }
  test('opens the column for the client, never for the recording', () => {
    expect(bindAll([table], rule('public.customers.email', { isExempt: true })).byOid.get(customers)?.get(3)).toEqual({ record: exempt, client: null })
  })

  test.each([[0, 1], [1, 0]])('from one rule is none from another (order %i, %i)', (...order) => {
    const rules = [rule('public.customers.email', { isExempt: true }), rule('*.*.email', { rule: 'strict' })]
    const bound = bindAll([table], ...order.map((index) => rules[index]!))
    expect(bound.byOid.get(customers)?.get(3)?.client).toEqual({ policy: 'shop', rule: 'strict' })
    expect(bound.unknown?.client).toEqual({ policy: 'shop', rule: 'strict' })
  })
})

describe('partitions and children', () => {
  const family: readonly Relation[] = [
    { oid: 1, name: 'orders', kind: 'partitioned table', columns: ['id', 'card'] },
    { oid: 2, name: 'orders_2026', kind: 'partitioned table', parents: [1], columns: [null, 'card', 'id'] },
    { oid: 3, name: 'orders_2026_01', parents: [2], columns: ['x', null, 'card', 'id'] },
    { oid: 4, name: 'orders_2025', parents: [1], columns: ['id', 'card'] },
    { oid: 5, name: 'other', columns: ['card'] },
  ]
  test('a mask on the parent holds on every partition, under its own numbers', () => {
    expect(masked(bindAll(family, rule('public.orders.card')))).toEqual(['1.2', '2.2', '3.3', '4.2'])
  })

  test('a mask on a partition holds on everything that reads it, and not on its siblings', () => {
    expect(masked(bindAll(family, rule('public.orders_2026.card')))).toEqual(['1.2', '2.2', '3.3'])
    expect(masked(bindAll(family, rule('public.orders_2026_01.card')))).toEqual(['1.2', '2.2', '3.3'])
  })

  test('a column that only the child has stays with the child', () => {
    expect(masked(bindAll(family, rule('public.orders_2026_01.x')))).toEqual(['3.1'])
  })

  test('a table with two parents taints both, and circles in what the server says end', () => {
    expect(masked(bindAll([{ oid: 1, name: 'a', columns: ['c'] }, { oid: 2, name: 'b', columns: ['c'] }, { oid: 3, name: 'd', parents: [1, 2], columns: ['c'] }], rule('public.d.c')))).toEqual(['1.1', '2.1', '3.1'])
    expect(masked(bindAll([{ oid: 1, name: 'a', parents: [2], columns: ['c'] }, { oid: 2, name: 'b', parents: [1], columns: ['c'] }], rule('public.a.c')))).toEqual(['1.1', '2.1'])
  })
})

describe('views', () => {
  const views: readonly Relation[] = [
    // In this order on purpose: what reads comes before what is read.
    { oid: 4, name: 'report', kind: 'materialized view', reads: [3], columns: ['contact'] },
    { oid: 3, name: 'contacts', kind: 'view', reads: [customers], columns: ['contact', 'n'] },
    { oid: 5, name: 'prices', kind: 'view', reads: [6], columns: ['price'] },
    { oid: 6, name: 'products', columns: ['price'] },
    { oid: 7, schema: 'pg_toast', name: 'pg_toast_20001', kind: 'toast', reads: [customers], columns: [] },
    table,
  ]
  test('over masked columns are tainted at any depth, with all their columns; others are not', () => {
    const bound = bindAll(views, rule('public.customers.email'))
    expect([...bound.derived.keys()].toSorted()).toEqual([3, 4, 7])
    expect([...bound.tainted].toSorted()).toEqual(['pg_toast.pg_toast_20001', 'public.contacts', 'public.customers', 'public.report'])
    expect([...bound.columnNames].toSorted()).toEqual(['email'])
  })

  test('a mask on a view of its own binds by name, and taints what reads the view', () => {
    const bound = bindAll(views, rule('public.contacts.contact'))
    expect(masked(bound)).toEqual(['3.1'])
    expect([...bound.derived.keys()]).toEqual([4])
  })

  test('over columns that are exempt for the client are masked in the recording alone, until one rule is not exempt', () => {
    const exempt = rule('public.customers.email', { isExempt: true })
    expect(bindAll(views, exempt).derived.get(4)?.client).toBe(null)
    expect(bindAll(views, exempt, rule('public.customers.ssn', { rule: 'ssn' })).derived.get(4)?.client).toEqual({ policy: 'shop', rule: 'ssn' })
    expect(bindAll(views, exempt).columnNames.size).toBe(0)
  })

  test('that read each other in a circle end', () => {
    const circle: readonly Relation[] = [{ oid: 1, name: 'a', kind: 'view', reads: [2, 1], columns: ['c'] }, { oid: 2, name: 'b', kind: 'view', reads: [1, customers], columns: ['c'] }, table]
    expect([...bindAll(circle, rule('public.customers.email')).derived.keys()].toSorted()).toEqual([1, 2])
  })

  test('a view over a parent is tainted by a mask on one of its partitions', () => {
    const bound = bindAll([{ oid: 1, name: 'p', kind: 'partitioned table', columns: ['c'] }, { oid: 2, name: 'p1', parents: [1], columns: ['c'] }, { oid: 3, name: 'v', kind: 'view', reads: [1], columns: ['c'] }], rule('public.p1.c'))
    expect([...bound.derived.keys()]).toEqual([3])
  })
})

test('catalog relations that repeat values are masked as soon as anything is', () => {
  const system: readonly Relation[] = [{ oid: 2619, schema: 'pg_catalog', name: 'pg_statistic', columns: ['starelid', 'stavalues1'] }, { oid: 12_000, schema: 'pg_catalog', name: 'pg_stats', kind: 'view', reads: [2619], columns: ['most_common_vals'] }, { oid: 1259, schema: 'pg_catalog', name: 'pg_class', columns: ['relname'] }, table]
  expect(masked(bindAll(system, rule('public.customers.email')))).toEqual(['12000.1', '20001.3', '2619.1', '2619.2'])
  expect(masked(bindAll(system))).toEqual([])
})

test('says which side detectors look at', () => {
  const detect = (isExempt: boolean) => ({ policy: 'shop', rule: 'secrets', detectors: ['email'], as: 'redact' as const, isExempt })
  expect(bindMasks({ columns: [], detect: [] }, catalogOf([])).detects).toEqual({ client: false, record: false })
  expect(bindMasks({ columns: [], detect: [detect(true)] }, catalogOf([])).detects).toEqual({ client: false, record: true })
  expect(bindMasks({ columns: [], detect: [detect(true), detect(false)] }, catalogOf([])).detects).toEqual({ client: true, record: true })
})

describe('forms', () => {
  const forms = (bound: BoundMasks, oid = customers, number = 3) => bound.byOid.get(oid)?.get(number)?.forms
  test('of several rules the strictest holds, whatever their order; for the client without those that except', () => {
    const [weak, strong] = [rule('public.customers.email', { as: 'email' }), rule('*.*.email', { rule: 'strict', as: 'hash' })]
    for (const rules of [[weak, strong], [strong, weak]]) {
      const mask = bindAll([table], ...rules).byOid.get(customers)?.get(3)
      expect(mask).toEqual({ record: { policy: 'shop', rule: 'strict' }, client: { policy: 'shop', rule: 'strict' }, forms: { record: 'hash', client: 'hash' } })
    }
    const excepted = bindAll([table], weak, { ...strong, isExempt: true }).byOid.get(customers)?.get(3)
    expect(excepted).toEqual({ record: { policy: 'shop', rule: 'strict' }, client: { policy: 'shop', rule: 'pii' }, forms: { record: 'hash', client: 'email' } })
  })

  test('redact is what a mask without a form does', () => {
    expect(forms(bindAll([table], rule('*.*.email')))).toBe(undefined)
    expect(forms(bindAll([table], rule('*.*.email', { as: 'hash' }), rule('*.*.email')))).toBe(undefined)
  })

  test('paths of several rules add up', () => {
    expect(forms(bindAll([table], rule('*.*.email', { path: '$.a' }), rule('*.*.email', { path: '$.b', as: 'hash', isExempt: true })))).toEqual({
      record: { paths: [{ path: '$.a', form: 'redact' }, { path: '$.b', form: 'hash' }] }, client: { paths: [{ path: '$.a', form: 'redact' }] },
    })
  })

  test('go to partitions and parents with their column, once', () => {
    const family: readonly Relation[] = [{ oid: 1, name: 'orders', kind: 'partitioned table', columns: ['doc'] }, { oid: 2, name: 'orders_1', parents: [1], columns: [null, 'doc'] }]
    for (const name of ['orders', 'orders_1']) {
      const bound = bindAll(family, rule(`public.${name}.doc`, { path: '$.card' }))
      for (const [oid, number] of [[1, 1], [2, 2]] as const) expect(forms(bound, oid, number)).toEqual({ record: { paths: [{ path: '$.card', form: 'redact' }] }, client: { paths: [{ path: '$.card', form: 'redact' }] } })
    }
  })

  test('stay with the column: views over it and what has no known origin are redacted', () => {
    const view: Relation = { oid: 3, name: 'contacts', kind: 'view', reads: [customers], columns: ['contact'] }
    const bound = bindAll([table, view], rule('public.customers.email', { as: 'email' }))
    expect(bound.derived.get(3)).toEqual({ record: { policy: 'shop', rule: 'pii' }, client: { policy: 'shop', rule: 'pii' } })
    expect(bound.unknown).toEqual({ record: { policy: 'shop', rule: 'pii' }, client: { policy: 'shop', rule: 'pii' } })
  })
})
