// Where columns decide rows: a table of statements, and on random queries that nothing decides without being told of.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { usesCases } from './testing/cases/uses.ts'
import { startLineage, type LineageServer } from './testing/lineage.ts'
import { schema } from './testing/schema.ts'

let server: LineageServer

beforeAll(async () => {
  server = await startLineage(schema)
})

afterAll(() => server.stop())

test.for(usesCases)('%s', ([sql, ...expected]) => {
  expect(server.used(sql)).toEqual(expected.toSorted())
})

test('where names mean nothing certain, conditions and positions are unknown', () => {
  const unknown = { searchPath: 'unknown' } as const
  expect(server.trace("select id from c where email = 'x'", unknown).uses).toMatchObject([{ clause: 'where', form: 'other', unknown: expect.stringContaining('search_path') }])
  // Which column the fifth is depends on how many the star has.
  expect(server.trace('select o.*, c.email from o, public.c order by 6', unknown).uses.map((use) => `${use.clause} ${server.names(use)}`)).toEqual(['order-by c.email ?'])
  expect(server.trace("select id from public.c where email = 'x'", unknown).uses).toMatchObject([{ form: 'equality', unknown: null }])
})

test('without derivations a cast, an operator and a function are unknown, a column is not', () => {
  const { derivations: _, ...catalog } = server.catalog
  const forms = (sql: string) => server.trace(sql, { catalog }).uses.map(({ form, unknown }) => `${form}${unknown === null ? '' : ' ?'}`)
  expect(forms("select id from c where email = 'x'")).toEqual(['other ?'])
  expect(forms('select id from c where email is null')).toEqual(['null-test'])
})

test('thousands of equalities are one use that counts them', () => {
  const where = Array.from({ length: 12_000 }, (_, index) => `email = 'x${index}'`).join(' or ')
  expect(server.used(`select id from c where ${where}`)).toEqual(['where = 12000 c.email'])
  const list = Array.from({ length: 20_000 }, (_, index) => `'x${index}'`).join(',')
  expect(server.used(`select id from c where email in (${list})`)).toEqual(['where = 20000 c.email'])
  const deep = `${'('.repeat(400)}email = 'x'${')'.repeat(400)}`
  expect(server.used(`select id from c where ${deep}`)).toEqual(['where = 1 c.email'])
})
