// PostgreSQL's own column privileges as the judge of ours: what an allow with `columns` lets through, a role with a GRANT on just
// these columns may run. Random statements over two tables that share column names, and the forms people hide columns in.
import * as fc from 'fast-check'
import { loadModule, parseSync } from 'libpg-query'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadCatalog } from '../sql/catalog-load.ts'
import type { Catalog } from '../sql/catalog.ts'
import { factsOf } from '../sql/facts.ts'
import { resolve } from '../sql/resolve.ts'
import { startPostgres, type RealPostgres } from '../testing/real-postgres.ts'
import { evaluate } from './evaluate.ts'
import { inGroup, shop, snapshotOf } from './testing/build.ts'

let server: RealPostgres
let limited: Client
let catalog: Catalog

const policy = snapshotOf(`policy: p
connections: ["*"]
rules:
  - { id: a, who: everyone, allow: { sql: select, on: public.a, columns: [id, name, addr] } }
  - { id: b, who: everyone, allow: { sql: select, on: public.b, columns: [id, note] } }
  - { id: w, who: everyone, allow: { sql: [update, insert], on: public.a, columns: [id, name] } }
`)

beforeAll(async () => {
  await loadModule()
  server = await startPostgres()
  const address = await server.database('columns')
  const admin = new Client({ ...address })
  await admin.connect()
  await admin.query(`create type place as (city text, secret text);
    create table a (id int, name text, secret text, note text, addr place); create table b (id int, secret text, note text, a_id int);
    create role limited login password 'limited'; grant select (id, name, addr), update (id, name), insert (id, name) on a to limited; grant select (id, note) on b to limited`)
  catalog = (await loadCatalog(admin, 1)).catalog
  await admin.end()
  limited = new Client({ ...address, user: 'limited', password: 'limited' })
  await limited.connect()
}, 90_000)
afterAll(async () => {
  await limited?.end()
  await server?.stop()
})

function isAllowed(text: string): boolean {
  const { facts } = resolve(factsOf(parseSync(text), Buffer.byteLength(text)), catalog, 'default')
  return evaluate(policy, inGroup('x'), shop, facts, 0).effect === 'allow'
}

/** `ok`, `denied`, or that it is no statement at all. */
async function byPostgres(text: string): Promise<'ok' | 'denied' | 'invalid'> {
  return limited.query(`explain ${text}`).then(() => 'ok', (error: { readonly code?: string }) => (error.code === '42501' ? 'denied' : 'invalid'))
}

const columnsOfA = ['id', 'name', 'secret', 'note', 'addr', 'ctid']
const columnsOfB = ['id', 'secret', 'note', 'a_id', 'tableoid']
const rowOf = (name: string, columns: readonly string[]) => [...columns.map((one) => `${name}.${one}`), name, `${name}.*`, `(${name}).${columns[0]}`, `(${name}).secret`, `${name}.to_json`, `to_json(${name})`, `${name}.row_to_json`, `count(${name})`]
const values = (columns: readonly string[]) => columns.flatMap((one) => [one, `length(${one}::text)`, `coalesce(${one}::text, '') as n`])

interface Source { readonly from: string; readonly columns: readonly string[] }
/** What stands in FROM, and what may be said of it, right or nearly so. */
const sources: readonly Source[] = [
  { from: 'a', columns: [...values(columnsOfA), ...rowOf('a', columnsOfA), '(addr).city', '(a.addr).secret', '*'] },
  { from: 'b', columns: [...values(columnsOfB), ...rowOf('b', columnsOfB), '*'] },
  { from: 'a x', columns: [...values(columnsOfA), ...rowOf('x', columnsOfA), '(x.addr).city', 'count(*)'] },
  { from: 'b as a', columns: [...values(columnsOfB), ...rowOf('a', columnsOfB), 'count(*)'] },
  { from: 'a as b', columns: [...values(columnsOfA), ...rowOf('b', columnsOfA)] },
  { from: 'a as secret', columns: [...values(columnsOfA), ...rowOf('secret', columnsOfA)] },
  { from: 'a x(n, name)', columns: ['n', 'name', 'x.n', 'x.name', 'secret', 'x', 'n as id'] },
  { from: 'a x, b y', columns: [...rowOf('x', columnsOfA), ...rowOf('y', columnsOfB), 'name', 'a_id', 'addr'] },
  { from: 'b x, a y', columns: [...rowOf('x', columnsOfB), ...rowOf('y', columnsOfA), 'name', 'a_id', 'addr'] },
  { from: 'a x join b y on x.id = y.id', columns: [...rowOf('x', columnsOfA), ...rowOf('y', columnsOfB), 'name', 'a_id'] },
  { from: 'a x join b y on x.id = y.a_id', columns: ['x.id', 'y.id', 'name'] },
  { from: 'a x join b y using (id)', columns: ['id', 'x.id', 'x.name', 'y.note', 'x.note', 'y.secret', 'name', '*'] },
  { from: 'a x join b y using (id) as j', columns: ['id', 'j.id', 'j', 'x.name', 'y.note', 'x.secret'] },
  { from: 'a x join b y using (note)', columns: ['x.id', 'note', 'name'] },
  { from: 'a natural join b', columns: ['id', 'name', 'b.note', '1'] },
  { from: '(a x join b y on true) as j', columns: ['name', 'j.name', 'j.a_id', 'a_id', 'j.addr', 'j', 'j.*'] },
  { from: '(a x join b y on true) as note', columns: ['name', 'note.name', 'note.a_id', 'note.row_to_json', 'note.to_json'] },
  { from: '(a x join b y on true) as j(p, q, r, s, t, u, v, w, z)', columns: ['p', 'q', 'r', 'j.s', 'j.u', 'w'] },
  { from: 'a x left join lateral (select y.note from b y where y.id = x.id) z on true', columns: ['x.id', 'z.note', 'z', 'x.name', 'note', 'x.note'] },
  { from: 'only a x tablesample system (50)', columns: ['x.id', 'x.name', 'secret'] },
  { from: '(select 1 as secret, 2 as n) x', columns: ['secret', 'x.secret', 'n', 'x', '*'] },
  { from: 'generate_series(1, 2) secret', columns: ['secret', '*'] },
  { from: 'a x, generate_series(1, 2) note', columns: ['x.id', 'note', 'x.name', 'x.note'] },
]
const select: fc.Arbitrary<string> = fc.constantFrom(...sources).chain(({ from, columns }) => {
  const one = fc.constantFrom(...columns)
  const plain = fc.constantFrom(...columns.map((text) => text.replace(/ as n$| as id$/, '')))
  return fc.tuple(one, fc.option(one, { freq: 2 }), fc.option(plain, { freq: 2 }), fc.option(plain, { freq: 2 })).map(([first, second, where, order]) =>
    `select ${first}${second === null ? '' : `, ${second}`} from ${from}${where === null ? '' : ` where (${where}) is not null`}${order === null ? '' : ` order by ${order}`}`)
})
const column = fc.constantFrom('id', 'name', 'secret', 'note', 'n', '*', 'x.id', 'x.name', 'x.secret', 'x.note', 'x', 'x.*', 'x.row_to_json')
const value = fc.constantFrom('id', 'name', 'secret', 'note', 'x.id', 'x.note', 'x.secret', '1')

const statement: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: select },
  fc.tuple(column, select, fc.constantFrom('x', 'y', 'a', 'note')).map(([outer, inner, name]) => `select ${outer} from (${inner}) ${name}`),
  fc.tuple(column, select, fc.constantFrom('x', 'a', 'x(n)', 'x(secret, note)'), fc.constantFrom('x', 'a', 'a, x', 'x y')).map(([outer, inner, name, of]) => `with ${name} as (${inner}) select ${outer} from ${of}`),
  fc.tuple(select, select).map(([one, other]) => `select id from b x where exists (${one}) or id in (${other})`),
  fc.tuple(column, fc.constantFrom('a x', 'b x', 'a', 'b'), select).map(([one, of, inner]) => `select ${one} from ${of}, lateral (${inner}) l`),
  fc.tuple(fc.constantFrom('name', 'id', 'secret'), value, fc.option(value), fc.constantFrom('', ', b x', ', b y'), fc.option(column, { freq: 2 })).map(([target, to, where, others, back]) =>
    `update a set ${target} = ${to}${others === '' ? '' : ` from ${others.slice(2)}`}${where === null ? '' : ` where ${where} is not null`}${back === null ? '' : ` returning ${back}`}`),
  fc.tuple(fc.constantFrom('(id, name)', '(secret)', ''), select, fc.option(column)).map(([targets, inner, back]) => `insert into a ${targets} ${inner}${back === null ? '' : ` returning ${back}`}`),
)

test('what is allowed by columns, PostgreSQL would allow by its own column privileges', async () => {
  const counts = { ok: 0, denied: 0, invalid: 0, allowed: 0 }
  await fc.assert(fc.asyncProperty(statement, async (text) => {
    const judged = await byPostgres(text)
    counts[judged]++
    if (judged === 'invalid') return
    const allowed = isAllowed(text)
    if (allowed) counts.allowed++
    if (judged === 'denied') expect([text, allowed]).toEqual([text, false])
  }), { numRuns: 2_000 })
  // It must have met both answers often, and have allowed a good part of what may be.
  expect(counts.ok).toBeGreaterThan(100)
  expect(counts.denied).toBeGreaterThan(300)
  expect(counts.allowed).toBeGreaterThan(counts.ok / 3)
})
