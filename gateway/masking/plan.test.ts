import { createSecretKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { ColumnMaskRule } from '../policy/snapshot.ts'
import type { BaseColumn, Lineage } from '../sql/lineage/lineage-of.ts'
import { bindMasks } from './binding.ts'
import { planColumns, type RowField, type Treatment } from './plan.ts'
import { catalogOf } from './testing/catalog.ts'

const [customers, products, contacts, sequence] = [20_001, 20_002, 20_003, 20_004]
const catalog = catalogOf([
  { oid: customers, name: 'customers', columns: ['id', 'name', 'email'] },
  { oid: products, name: 'products', columns: ['id', 'name'] },
  { oid: contacts, name: 'contacts', kind: 'view', reads: [customers], columns: ['name', 'contact'] },
  { oid: sequence, name: 'orders_id_seq', kind: 'sequence', columns: [] },
  { oid: 1259, schema: 'pg_catalog', name: 'pg_class', columns: ['relname'] },
])
const pii: ColumnMaskRule = { policy: 'shop', rule: 'pii', column: 'public.customers.email', as: 'redact', isExempt: false }
const secrets = { policy: 'shop', rule: 'secrets', detectors: ['email'], as: 'redact' as const, isExempt: false }
const ref = { policy: 'shop', rule: 'pii' }

interface Options { readonly isTainted?: boolean; readonly lineage?: Lineage; readonly masks?: readonly ColumnMaskRule[]; readonly detect?: readonly (typeof secrets)[] }
const text = (tableOid: number, columnNumber: number, typeOid = 25, format = 0): RowField => ({ name: 'c', tableOid, columnNumber, typeOid, format })

function plan(fields: readonly RowField[], options?: Options) {
  return rowsPlan(fields, options).columns
}
function rowsPlan(fields: readonly RowField[], { isTainted = false, masks = [pii], detect = [], lineage }: Options = {}) {
  return planColumns({ bound: bindMasks({ columns: masks, detect }, catalog), fields, isTainted, lineage: lineage ?? null })
}
const clients = (fields: readonly RowField[], options?: Options): readonly Treatment['kind'][] => plan(fields, options).map(({ client }) => client.kind)

test('a masked column is replaced, the others of its table are not', () => {
  expect(plan([text(customers, 2), text(customers, 3)], { isTainted: true })).toEqual([
    { client: { kind: 'clear' }, record: { kind: 'clear' } },
    { client: { kind: 'replace', bytes: Buffer.from('[masked]'), hidesNull: false, rule: ref, why: 'the column is masked' }, record: { kind: 'replace', bytes: Buffer.from('[masked]'), hidesNull: false, rule: ref, why: 'the column is masked' } },
  ])
})

test('an alias changes nothing: names are not looked at', () => {
  expect(clients([{ ...text(customers, 3), name: 'id' }, { ...text(customers, 1), name: 'email' }])).toEqual(['replace', 'clear'])
})

describe('a column without a known origin', () => {
  test('is replaced whole in a statement that touches masked columns, and says why', () => {
    const [only] = plan([text(0, 0)], { isTainted: true })
    expect(only?.client).toMatchObject({ kind: 'replace', rule: ref, why: 'no known origin, in a statement that touches masked columns' })
  })

  test('is clear elsewhere', () => {
    expect(clients([text(0, 0)])).toEqual(['clear'])
  })

  test('is replaced when another field comes from a tainted relation, whatever the parse tree said', () => {
    expect(clients([text(0, 0), text(customers, 1)], { isTainted: false })).toEqual(['replace', 'clear'])
    expect(clients([text(0, 0), text(contacts, 1)], { isTainted: false })).toEqual(['replace', 'replace'])
  })

  test.each([
    ['a column number the catalog does not have', text(products, 9)],
    ['a table the catalog does not have', text(30_000, 1)],
    ['a whole row of another table', text(products, 0)],
  ])('is also %s', (_, field) => {
    expect(clients([field], { isTainted: true })).toEqual(['replace'])
  })

  test.each([['table', text(30_000, 1)], ['column', text(products, 9)]])('is a %s unknown to the catalog even where nothing else is tainted: a mask may be meant for it', (_, field) => {
    expect(clients([field])).toEqual(['replace'])
    expect(clients([field], { masks: [] })).toEqual(['clear'])
  })

  test('is not a sequence, whose columns the catalog does not list', () => {
    expect(clients([text(sequence, 1, 20)], { isTainted: true })).toEqual(['clear'])
  })
})

test('a whole row of a table with masked columns is replaced though the server says its table', () => {
  expect(plan([text(customers, 0, 2249)])[0]?.client).toMatchObject({ kind: 'replace', bytes: null, why: 'a whole row with masked columns' })
})

test('system columns and catalog tables stay clear in a tainted statement', () => {
  expect(clients([text(customers, -1, 27), text(1259, 1, 19)], { isTainted: true })).toEqual(['clear', 'clear'])
})

test('every column of a view over masked columns is replaced', () => {
  expect(plan([text(contacts, 1), text(contacts, 2)]).map(({ client }) => client)).toEqual([
    expect.objectContaining({ kind: 'replace', why: 'a column of a view over masked columns' }), expect.objectContaining({ kind: 'replace' }),
  ])
})

describe('a principal the rule excepts', () => {
  const exempt = { ...pii, isExempt: true }
  test('sees the column, the expression, the row and the view; the recording does not', () => {
    for (const field of [text(customers, 3), text(0, 0), text(customers, 0), text(contacts, 2)]) {
      const [only] = plan([field], { isTainted: true, masks: [exempt] })
      expect([only?.client.kind, only?.record.kind]).toEqual(['clear', 'replace'])
    }
  })

  test('from a mask on a view, and not from the one below it, sees neither', () => {
    const onView = { ...exempt, column: 'public.contacts.contact' }
    expect(clients([text(contacts, 2)], { masks: [onView, pii] })).toEqual(['replace'])
  })

  test('by one rule and not by another sees neither', () => {
    const strict = { ...pii, rule: 'strict', column: '*.*.name' }
    expect(clients([text(customers, 3), text(customers, 2), text(0, 0)], { isTainted: true, masks: [exempt, strict] })).toEqual(['clear', 'replace', 'replace'])
  })
})

describe('detectors', () => {
  test('look at text, and not at numbers, dates and bytes', () => {
    expect(clients([25, 1043, 1042, 114, 3802, 142, 1009, 99_999].map((type) => text(products, 2, type)), { detect: [secrets] })).toEqual(Array.from({ length: 8 }, () => 'scan'))
    expect(clients([16, 17, 20, 23, 701, 1082, 1114, 1184, 1700, 2950].map((type) => text(products, 2, type)), { detect: [secrets] })).toEqual(Array.from({ length: 10 }, () => 'clear'))
  })

  test('do not look at what is replaced anyway', () => {
    expect(clients([text(customers, 3), text(0, 0)], { isTainted: true, detect: [secrets] })).toEqual(['replace', 'replace'])
  })

  test('replace the whole value where the binary form has lengths inside', () => {
    const [plain, list, unknown] = plan([text(products, 2, 25, 1), text(products, 2, 1009, 1), text(products, 2, 99_999, 1)], { detect: [secrets] }).map(({ client }) => client)
    expect(plain).toEqual({ kind: 'scan' })
    expect(list).toMatchObject({ kind: 'scan', otherwise: expect.any(Buffer) })
    expect(unknown).toEqual({ kind: 'scan', otherwise: null })
  })

  test('look for the recording even where the client is excepted', () => {
    const [only] = plan([text(products, 2)], { detect: [{ ...secrets, isExempt: true }] })
    expect([only?.client.kind, only?.record.kind]).toEqual(['clear', 'scan'])
  })
})

describe('with the lineage of the statement', () => {
  const column = (name: string | null, columns: readonly BaseColumn[], unknown: string | null = null) => ({ name, value: { columns, unknown }, influence: { columns: [], unknown: null } })
  const of = (...columns: readonly ReturnType<typeof column>[]): Lineage => ({ kind: 'columns', columns })
  const [id, email] = [{ oid: customers, number: 1 }, { oid: customers, number: 3 }]

  test('an expression over masked columns is replaced and says which it carries; one that is proven clean is clear', () => {
    const planned = plan([text(0, 0), text(0, 0)], { isTainted: true, lineage: of(column('c', [id, email]), column('c', [id])) })
    expect(planned[0]?.client).toMatchObject({ kind: 'replace', why: 'carries public.customers.email' })
    expect(planned[1]?.client).toEqual({ kind: 'clear' })
  })

  test('an expression of which something is not known is replaced, whatever else is known of it', () => {
    expect(clients([text(0, 0), text(0, 0)], { isTainted: true, lineage: of(column('c', [id], 'a function'), column('c', [id])) })).toEqual(['replace', 'clear'])
  })

  test('a view shows its clean columns', () => {
    const lineage = of(column('c', [{ oid: contacts, number: 1 }, { oid: customers, number: 2 }]), column('c', [{ oid: contacts, number: 2 }, email]))
    expect(clients([text(contacts, 1), text(contacts, 2)], { isTainted: true, lineage })).toEqual(['clear', 'replace'])
  })

  test('a masked origin is replaced whatever the lineage says, and the contradiction is told', () => {
    const planned = rowsPlan([text(customers, 3)], { isTainted: true, lineage: of(column('c', [id])) })
    expect(planned.columns[0]?.client.kind).toBe('replace')
    expect(planned.disagreement).toContain(`column 3 of table ${customers}`)
  })

  test.each([
    ['another number of columns', of(column('c', [id]), column('c', [id]))],
    ['another name', of(column('d', [id]))],
  ])('%s than the server describes: the lineage is not believed', (_, lineage) => {
    const planned = rowsPlan([text(0, 0)], { isTainted: true, lineage })
    expect(planned.columns[0]?.client.kind).toBe('replace')
    expect(planned.disagreement).not.toBeNull()
  })

  test('where positions are not known every column is what any of them may be', () => {
    expect(clients([text(0, 0), text(products, 1)], { isTainted: true, lineage: { kind: 'open', every: column(null, [email]) } })).toEqual(['replace', 'replace'])
  })

  test('an origin that the catalog does not list is masked though the lineage is known', () => {
    expect(clients([text(30_000, 1)], { isTainted: true, lineage: of(column('c', [{ oid: 30_000, number: 1 }])) })).toEqual(['replace'])
  })
})

describe('a mask with a form of its own', () => {
  const email = { oid: customers, number: 3 }
  const id = { oid: customers, number: 1 }
  const traced = (name: string, columns: readonly BaseColumn[], unknown: string | null = null) => ({ name, value: { columns, unknown }, influence: { columns: [], unknown: null } })
  const of = (...columns: readonly BaseColumn[]): Lineage => ({ kind: 'columns', columns: [traced('c', columns)] })
  const last4 = { ...pii, as: { partial: { first: 0, last: 4 } } } as const
  const shown = (treatment: Treatment | undefined, value: string): string | null | undefined => {
    if (treatment?.kind === 'replace') return treatment.bytes?.toString() ?? null
    return treatment?.kind === 'transform' ? treatment.apply(Buffer.from(value), 0, value.length)?.toString() : undefined
  }

  test('shows its part of the column itself, to the client and in the record', () => {
    const [only] = plan([text(customers, 3)], { isTainted: true, masks: [last4], lineage: of(email) })
    expect([shown(only?.client, 'alice@example.com'), shown(only?.record, 'alice@example.com')]).toEqual(['****.com', '****.com'])
    expect(only?.client).toMatchObject({ as: 'partial: { first: 0, last: 4 }', rule: ref, why: 'the column is masked' })
  })

  test.each([
    ['an expression over it', text(0, 0), of(email)],
    ['a row of it', text(customers, 0), of(email)],
    ['a column of a view over it', text(contacts, 2), of({ oid: contacts, number: 2 }, email)],
    ['the column, where another masked value was written into it', text(customers, 3), of(email, { oid: customers, number: 2 })],
    ['the column, where something unknown was written into it', text(customers, 3), { kind: 'columns', columns: [traced('c', [email], 'a function')] } satisfies Lineage],
    ['the column, where the witnesses contradict each other', text(customers, 3), of(id)],
    ['the column, where its lineage is not known', text(customers, 3), undefined],
    ['what has no known origin', text(0, 0), undefined],
    ['a column the catalog does not list', text(customers, 9), undefined],
  ])('shows nothing of %s', (_, field, lineage) => {
    const [only] = plan([field], { isTainted: true, masks: [last4, { ...pii, column: 'public.customers.name' }], ...(lineage !== undefined && { lineage }) })
    expect([only?.client, only?.record]).toEqual([expect.objectContaining({ kind: 'replace' }), expect.objectContaining({ kind: 'replace' })])
  })

  test('is outdone by a stricter one, in the record by one that the client is excepted from too', () => {
    const hash = { ...pii, rule: 'h', as: 'hash', isExempt: true } as const
    const [only] = planColumns({ bound: bindMasks({ columns: [last4, hash], detect: [] }, catalog, createSecretKey(Buffer.alloc(32))), fields: [text(customers, 3)], isTainted: true, lineage: of(email) }).columns
    expect([shown(only?.client, 'alice@example.com'), shown(only?.record, 'alice@example.com')]).toEqual(['****.com', expect.stringMatching(/^gh1_/)])
    const [redacted] = plan([text(customers, 3)], { isTainted: true, masks: [last4, { ...pii, rule: 'r' }], lineage: of(email) })
    expect(redacted?.client).toMatchObject({ kind: 'replace', rule: { policy: 'shop', rule: 'r' } })
  })

  test('is looked through by detectors', () => {
    const [only] = plan([text(customers, 3)], { isTainted: true, masks: [last4], lineage: of(email), detect: [secrets] })
    expect(only?.client).toMatchObject({ kind: 'transform', after: { kind: 'scan' } })
  })
})
