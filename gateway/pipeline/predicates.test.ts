import { describe, expect, test } from 'vitest'
import { bindMasks } from '../masking/binding.ts'
import { catalogOf } from '../masking/testing/catalog.ts'
import type { ColumnMaskRule } from '../policy/snapshot.ts'
import type { Use } from '../sql/lineage/uses.ts'
import { judgePredicates, noProbes } from './predicates.ts'

const customers = 20_001
const [id, email, ssn] = [1, 2, 3].map((number) => ({ oid: customers, number }))
const catalog = catalogOf([{ oid: customers, name: 'customers', columns: ['id', 'email', 'ssn'] }])
const rule = (column: string, isExempt = false): ColumnMaskRule => ({ policy: 'shop', rule: 'pii', column, as: 'redact', isExempt })
const bound = bindMasks({ columns: [rule('public.customers.email'), rule('public.customers.ssn')], detect: [] }, catalog)
const exempt = bindMasks({ columns: [rule('public.customers.email', true)], detect: [] }, catalog)

const use = (changes: Partial<Use>): Use => ({ columns: [], unknown: null, clause: 'where', form: 'other', constants: 0, arrays: [], ...changes })
const judge = (uses: readonly Use[], isPinned = false) => judgePredicates({ uses, bound, isPinned })
const messageOf = (uses: readonly Use[]) => judge(uses).refusal?.message

describe('a masked column', () => {
  test('may be compared for equality with constants, which are counted, and tested for NULL, which is not', () => {
    expect(judge([
      use({ columns: [email!], form: 'equality', constants: 3 }), use({ columns: [ssn!], form: 'equality', constants: 1, arrays: [2], clause: 'filter' }),
      use({ columns: [id!], form: 'equality', constants: 50 }), use({ columns: [email!], form: 'null-test' }),
    ])).toEqual({ refusal: null, probes: { constants: 4, arrays: [2] } })
  })

  test('in any other condition is refused by name, with what is allowed instead', () => {
    expect(judge([use({ columns: [id!, email!] })])).toEqual({
      refusal: {
        kind: 'denied', message: 'denied by masking: public.customers.email is masked for you: WHERE may compare it for equality with constants or parameters only',
        hint: "Allowed in conditions: email = 'value', email = $1, email IN ('a', 'b') or email = ANY ($1), joined by AND and OR, and email IS [NOT] NULL.",
      },
      probes: noProbes,
    })
  })

  test('in a clause that is no condition is refused there', () => {
    expect(messageOf([use({ columns: [email!, ssn!], clause: 'order-by' })])).toBe('denied by masking: public.customers.email, public.customers.ssn is masked for you and may not be used in ORDER BY')
    expect(judge([use({ columns: [email!], clause: 'set-operation' })]).refusal?.hint).toContain('UNION ALL')
  })

  test.each([
    ['join', 'a join'], ['group-by', 'GROUP BY'], ['having', 'HAVING'], ['distinct', 'DISTINCT'], ['limit', 'LIMIT'], ['filter', 'FILTER'], ['window', 'a window'],
    ['set-operation', 'UNION, INTERSECT or EXCEPT'], ['function', 'an argument that decides how many rows there are'], ['on-conflict', 'ON CONFLICT'], ['failure', 'an expression that can fail'], ['when', 'WHEN'], ['index', 'an index'],
  ] as const)('is refused in %s', (clause, place) => {
    expect(messageOf([use({ columns: [ssn!], clause })])).toContain('public.customers.ssn')
    expect(messageOf([use({ columns: [ssn!], clause })])).toContain(place)
  })

  test('is refused where one of its uses is, whatever the others are', () => {
    expect(messageOf([use({ columns: [email!], form: 'equality', constants: 1 }), use({ columns: [email!], clause: 'group-by' })])).toContain('GROUP BY')
  })
})

test('for whom nothing is masked nothing is refused or counted', () => {
  const uses = [use({ columns: [email!] }), use({ columns: [email!], form: 'equality', constants: 9 }), use({ columns: [id!], clause: 'group-by' })]
  expect(judgePredicates({ uses, bound: exempt })).toEqual({ refusal: null, probes: noProbes })
})

describe('what is not known', () => {
  test('may be a masked column, and is refused with the reason', () => {
    expect(judge([use({ unknown: 'what the function leak reads is not known' })]).refusal).toMatchObject({
      kind: 'denied', message: 'denied by masking: what the function leak reads is not known, so WHERE may depend on a column that is masked for you',
    })
    expect(judge([use({ columns: [email!], form: 'equality', unknown: 'x' })]).refusal).not.toBeNull()
  })

  test('a pinned function may decide its own rows, and no others', () => {
    expect(judge([use({ unknown: 'x', clause: 'from' })], true).refusal).toBeNull()
    expect(judge([use({ unknown: 'x', clause: 'from' })]).refusal).not.toBeNull()
    expect(judge([use({ unknown: 'x', clause: 'where' })], true).refusal).not.toBeNull()
  })
})
