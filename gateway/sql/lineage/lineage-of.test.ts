// A table of statements and their lineage, each also put to the server: where RowDescription names a column, ours has it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lineageDepthMax } from '../../limits.ts'
import { columnsCases } from './testing/cases/columns.ts'
import { expressionsCases } from './testing/cases/expressions.ts'
import { functionsCases } from './testing/cases/functions.ts'
import { groupingCases } from './testing/cases/grouping.ts'
import { fromCases } from './testing/cases/from.ts'
import { setWithCases } from './testing/cases/set-with.ts'
import { viewsCases } from './testing/cases/views.ts'
import { writesCases } from './testing/cases/writes.ts'
import { statementsCases } from './testing/cases/statements.ts'
import { startLineage, type LineageServer } from './testing/lineage.ts'
import { schema } from './testing/schema.ts'

let server: LineageServer

beforeAll(async () => {
  server = await startLineage(schema)
})

afterAll(() => server.stop())

const groups = [
  ['columns', columnsCases],
  ['expressions', expressionsCases],
  ['grouping', groupingCases],
  ['from', fromCases],
  ['set-with', setWithCases],
  ['views', viewsCases],
  ['writes', writesCases],
  ['functions', functionsCases],
  ['statements', statementsCases],
] as const

describe.for(groups)('%s', ([, cases]) => {
  test.for(cases)('%s', ([sql, ...expected]) => {
    expect(server.told(sql)).toEqual(expected)
  })
})

// COPY, cursors and the like describe nothing.
test.for(groups.filter(([name]) => name !== 'statements'))('%s: origins, names and number of columns as the server says', async ([, cases]) => {
  const problems: string[] = []
  let compared = 0
  for (const [sql] of cases) {
    const fields = await described(sql)
    const lineage = server.trace(sql)
    if (fields === null || lineage.kind !== 'columns') continue
    compared++
    if (fields.length !== lineage.columns.length) problems.push(`${sql}: ${fields.length} columns`)
    fields.forEach((field, index) => {
      const column = lineage.columns[index]
      if (column?.name !== field.name) problems.push(`${sql}: ${field.name} is called ${column?.name}`)
      const isOrigin = column?.value.columns.some(({ oid, number }) => oid === field.tableID && number === field.columnID)
      if (field.tableID !== 0 && field.columnID !== 0 && isOrigin !== true) problems.push(`${sql}: ${field.name} comes from elsewhere`)
    })
  }
  expect(problems).toEqual([])
  expect(compared).toBeGreaterThan(cases.length * 0.6)
})

/** Null: the server refuses the statement, as some are meant to be. */
async function described(sql: string): Promise<readonly { name: string; tableID: number; columnID: number }[] | null> {
  const { client } = server
  await client.query('begin')
  try {
    return (await client.query(sql.replaceAll('$1', '1'))).fields
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null
    throw error
  } finally {
    await client.query('rollback')
  }
}

test('nothing is known where the search path is not, but what is qualified', () => {
  const unknown = { searchPath: 'unknown' } as const
  expect(server.trace('select email from c', unknown)).toMatchObject({ columns: [{ value: { unknown: expect.stringContaining('search_path') } }] })
  expect(server.trace('select email from public.c', unknown)).toMatchObject({ columns: [{ value: { unknown: null } }] })
})

test('without derivations views and functions are unknown, columns are not', () => {
  const { derivations: _, ...catalog } = server.catalog
  const lineage = server.trace('select id, lower(email), x.email from c, plain x', { catalog })
  expect(lineage.kind === 'columns' && lineage.columns.map(({ value }) => value.unknown !== null)).toEqual([true, true, true])
  const plain = server.trace('select name, email from c', { catalog })
  expect(plain.kind === 'columns' && plain.columns.map(({ value }) => value.unknown)).toEqual([null, null])
})

test('depth: long sums are followed, nesting beyond the limit is unknown', () => {
  expect(server.told(`select ${Array(3000).fill('id').join(' + ')} from c`)).toEqual(['c.id'])
  const nested = (depth: number): string => `${'select * from ('.repeat(depth)}select email from c${') x'.repeat(depth)}`
  expect(server.told(nested(100))).toEqual(['c.email'])
  expect(server.trace(nested(lineageDepthMax + 1))).toMatchObject({ kind: 'unknown', uses: [{ clause: 'statement', form: 'other', unknown: expect.any(String) }], reason: expect.stringContaining('lineageDepthMax') })
  const union = (length: number): string => Array(length).fill('select email from c').join(' union all ')
  expect(server.told(union(200))).toEqual(['c.email'])
  expect(server.trace(union(lineageDepthMax + 2)).kind).toBe('unknown')
})

test('a function that calls itself is given up', () => {
  expect(server.trace('select endless(1)')).toMatchObject({ kind: 'unknown', reason: expect.stringContaining('lineageDepthMax') })
})

test('a statement that multiplies its columns is given up, in time', () => {
  const doubled = Array.from({ length: 20 }, (_, level) => `t${level + 1} as (select x.*, y.* from t${level} x, t${level} y)`)
  const wide = `with t0 as (select * from c), ${doubled.join(', ')} select * from t20`
  const started = performance.now()
  expect(server.trace(wide)).toMatchObject({ kind: 'unknown', uses: [{ clause: 'statement', form: 'other', unknown: expect.any(String) }], reason: expect.stringContaining('lineageStepsMax') })
  expect(performance.now() - started).toBeLessThan(10_000)
})
