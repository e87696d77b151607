// Non-interference, against a real PostgreSQL: random queries over two copies of the same rows that differ in one column. An output
// column whose lineage has that column neither in value nor in influence must be the same in both; and origins must agree. The same for
// one that has it not in value, in a statement that does not use it: what decides is told among the uses.
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLineage, type LineageServer } from './testing/lineage.ts'
import { changes, query, secrets, tables } from './testing/random-queries.ts'

let server: LineageServer

beforeAll(async () => {
  // The catalog is that of the unchanged copy; the others bear the names of what is changed in them.
  server = await startLineage(tables)
  for (const secret of secrets) await server.client.query(`create schema "${secret}"; set search_path = "${secret}"; ${tables}; ${changes[secret]}`)
})

afterAll(() => server.stop())

interface Answer { readonly columns: readonly string[]; readonly fields: readonly { readonly tableID: number; readonly columnID: number }[] }

/** Each column's values, sorted: which order rows come in without ORDER BY is nobody's promise. Null: the server refuses. */
async function ask(sql: string, schema: string): Promise<Answer | null> {
  try {
    await server.client.query(`set search_path = "${schema}"`)
    const { rows, fields } = await server.client.query<unknown[]>({ text: sql, rowMode: 'array' })
    return { columns: fields.map((_, index) => JSON.stringify(rows.map((row) => String(row[index])).sort())), fields }
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null
    throw error
  }
}

test('a column that is free of another never changes with it', async () => {
  const seen = { queries: 0, free: 0, unused: 0, carrying: 0, changed: 0 }
  await server.client.query('set statement_timeout = 2000')
  await fc.assert(fc.asyncProperty(query, async ({ sql }) => {
    const lineage = server.trace(sql)
    const unchanged = await ask(sql, 'public')
    if (unchanged === null) return
    seen.queries++
    if (lineage.kind !== 'columns') throw new Error(`${sql}: ${JSON.stringify(lineage)}`)
    expect(lineage.columns.length, sql).toBe(unchanged.fields.length)
    unchanged.fields.forEach(({ tableID, columnID }, index) => {
      const isOrigin = lineage.columns[index]!.value.columns.some(({ oid, number }) => oid === tableID && number === columnID)
      expect(tableID === 0 || columnID === 0 || isOrigin, `${sql}: origin of column ${index}`).toBe(true)
    })
    const used = new Set(lineage.uses.flatMap((use) => server.names(use).split(' ')))
    for (const secret of secrets) {
      const changed = await ask(sql, secret)
      if (changed === null) continue
      lineage.columns.forEach(({ value, influence }, index) => {
        const isSame = changed.columns[index] === unchanged.columns[index]
        expect(value.unknown ?? influence.unknown, sql).toBe(null)
        const isFree = !`${server.names(value)} ${server.names(influence)}`.split(' ').includes(secret)
        if (isFree) expect(isSame, `${sql}: column ${index} changes with ${secret}`).toBe(true)
        const isUnused = !used.has(secret) && !server.names(value).split(' ').includes(secret)
        if (isUnused) expect(isSame, `${sql}: column ${index} changes with ${secret}, which is not told as used`).toBe(true)
        seen.unused += isUnused ? 1 : 0
        seen.free += isFree ? 1 : 0
        seen.carrying += isFree ? 0 : 1
        seen.changed += isSame ? 0 : 1
      })
    }
  }), { numRuns: 2500, seed: 3 })
  // Neither side is empty: plenty is proven free, and much of what is not does change.
  expect(seen.queries).toBeGreaterThan(1500)
  expect(seen.free).toBeGreaterThan(5000)
  expect(seen.unused).toBeGreaterThan(5000)
  expect(seen.changed).toBeGreaterThan(500)
}, 180_000)
