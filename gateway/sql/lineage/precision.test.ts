// Precision: ordinary analytics over masked columns. What carries no masked value is proven clean, though the statement reads the
// masked table; the false-mask rate is counted, not guessed.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ColumnLineage } from './lineage-of.ts'
import { jobQueries, jobSchema } from './testing/job.ts'
import { startLineage, type LineageServer } from './testing/lineage.ts'
import { tpchQueries, tpchSchema } from './testing/tpch.ts'

const masked: ReadonlySet<string> = new Set(['customer.c_phone', 'customer.c_acctbal', 'customer.c_address'])
/** Query number → the output columns that carry a masked value. All others carry none. */
const carrying: { readonly [query: number]: readonly string[] } = {
  10: ['c_acctbal', 'c_address', 'c_phone'],
  22: ['cntrycode', 'totacctbal'],
}

let server: LineageServer

beforeAll(async () => {
  server = await startLineage(tpchSchema + jobSchema)
})

afterAll(() => server.stop())

function columnsOf(sql: string): readonly ColumnLineage[] {
  const lineage = server.trace(sql)
  if (lineage.kind !== 'columns') throw new Error(`no columns: ${sql}`)
  return lineage.columns
}

function carries(sources: ColumnLineage['value'], columns = masked): boolean {
  return sources.unknown !== null || server.names(sources).split(' ').some((name) => columns.has(name))
}

test("TPC-H's 22 queries: exactly the columns that carry a masked value", async () => {
  expect(tpchQueries.length).toBe(22)
  let clean = 0
  for (const [index, sql] of tpchQueries.entries()) {
    const { fields } = await server.client.query(sql)
    const columns = columnsOf(sql)
    expect(columns.map(({ name }) => name), sql).toEqual(fields.map(({ name }) => name))
    expect(columns.filter(({ value }) => carries(value)).map(({ name }) => name), `query ${index + 1}`).toEqual(carrying[index + 1] ?? [])
    clean += columns.filter(({ value }) => !carries(value)).length
  }
  expect(clean).toBe(71)
})

test("a query of each family of the Join Order Benchmark: names of people and what they are called, and nothing else", async () => {
  expect(jobQueries.length).toBe(33)
  const people: ReadonlySet<string> = new Set(['name.name', 'aka_name.name', 'person_info.info'])
  const counts = { carrying: 0, clean: 0 }
  for (const sql of jobQueries) {
    await server.client.query(sql)
    const columns = columnsOf(sql)
    // Each output is the MIN of one column; which, stands in the text.
    const written = [...sql.slice(0, sql.indexOf(' from ')).matchAll(/min\((\w+\.\w+)\)/g)].map(([, column]) => column!)
    expect(columns.length).toBe(written.length)
    for (const [index, column] of written.entries()) {
      const isOfPeople = column === 'n.name' || column === 'an.name'
      expect(carries(columns[index]!.value, people), `${column} in ${sql}`).toBe(isOfPeople)
      counts[isOfPeople ? 'carrying' : 'clean']++
    }
  }
  expect(counts).toEqual({ carrying: 14, clean: 74 })
})

test('influence is told apart: only two of the 22 decide by a masked column', () => {
  const deciding = tpchQueries.flatMap((sql, index) => columnsOf(sql).some(({ influence }) => carries(influence)) ? [index + 1] : [])
  // 10 groups by all three; 22 compares phone and balance.
  expect(deciding).toEqual([10, 22])
})

test('what analysts write beside it stays clear', () => {
  const clear = [
    'select count(*), count(c_phone), count(distinct c_nationkey) from customer',
    "select c_mktsegment, count(*), count(*) filter (where c_acctbal > 0) from customer group by 1",
    'select row_number() over (order by c_acctbal desc) as place, c_name from customer',
    'with top as (select c_custkey, c_name, c_acctbal from customer order by c_acctbal desc limit 10) select c_name, o.* from top join orders o on o_custkey = c_custkey',
    'select n_name, (select count(*) from customer where c_nationkey = n_nationkey) from nation',
    'select c.c_name, o.total from customer c cross join lateral (select sum(o_totalprice) as total from orders where o_custkey = c.c_custkey) o',
    "select json_build_object('id', c_custkey, 'segment', c_mktsegment), date_trunc('month', now()) from customer",
  ]
  for (const sql of clear) expect(columnsOf(sql).filter(({ value }) => carries(value)), sql).toEqual([])
})
