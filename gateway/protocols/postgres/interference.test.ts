// Non-interference, end to end: two copies of a database that differ in masked columns only, and random statements of somebody for
// whom they are masked. Whatever comes back through the gateway, every byte of it, is the same from both; and none is a value.
import * as fc from 'fast-check'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { changes, query as randomQuery, tables } from '../../sql/lineage/testing/random-queries.ts'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { startPostgres, type RealPostgres } from '../../testing/real-postgres.ts'
import { bind, describe as describeMessage, execute, parse, query, sync } from './testing/messages.ts'

const masked = ['a.x', 'a.s', 'c.s']
const policy = `
policy: shop
connections: ["*"]
rules:
  - { id: read, who: everyone, allow: { sql: [select], on: ["public.*"] } }
masks:
  - { id: secret, columns: [${masked.map((column) => `public.${column}`).join(', ')}], as: redact }
`

let postgres: RealPostgres
let gateways: readonly TestGateway[]
let clients: readonly RawClient[]

beforeAll(async () => {
  postgres = await startPostgres(['autovacuum = off'])
  const one = await postgres.database('one')
  await run(one, tables)
  // A copy has the same oids, which stand in every description.
  await run({ ...one, database: 'postgres' }, 'create database two template one')
  const two = { ...one, database: 'two' }
  for (const column of masked) await run(two, changes[column]!)
  gateways = await Promise.all([one, two].map((database) => startTestGateway({ database, policies: { shop: policy } })))
  clients = await Promise.all(gateways.map(async (gateway) => RawClient.signIn(gateway, await gateway.token({ sub: 'ana' }), { options: '-c gatehouse.masks=on' })))
}, 120_000)

afterAll(async () => {
  for (const client of clients ?? []) client.end()
  await Promise.all((gateways ?? []).map((gateway) => gateway.stop()))
  await postgres?.stop()
})

async function run(database: { readonly host: string; readonly port: number; readonly user: string; readonly password: string; readonly database: string }, sql: string): Promise<void> {
  const client = new Client(database)
  await client.connect()
  await client.query(sql)
  await client.end()
}

/** Everything that was heard; rows sorted, for their order without ORDER BY is nobody's promise. */
async function heard(client: RawClient, messages: readonly Buffer[]): Promise<readonly string[]> {
  const frames = (await client.ask(messages)).map(({ type, body }) => `${type} ${body.toString('latin1')}`)
  const rows = frames.filter((frame) => frame.startsWith('D')).sort()
  return frames.map((frame) => (frame.startsWith('D') ? rows.shift()! : frame))
}

test('what is masked never changes a byte that its reader gets', async () => {
  const seen = { rows: 0, refused: 0, clear: 0 }
  await fc.assert(fc.asyncProperty(randomQuery, fc.boolean(), async ({ sql }, isExtended) => {
    const messages = isExtended ? [parse('', sql), bind('', ''), describeMessage('P', ''), execute(''), sync] : [query(sql)]
    const [first, second] = await Promise.all(clients.map((client) => heard(client, messages)))
    expect(second, sql).toEqual(first)
    const rows = first!.filter((frame) => frame.startsWith('D'))
    if (rows.length > 0) seen.rows++
    if (first!.some((frame) => frame.startsWith('E'))) seen.refused++
    if (rows.some((row) => !row.includes('[masked]'))) seen.clear++
  }), { numRuns: 2500 })
  // Enough was let through, enough refused, and not everything masked: the equality is not that of empty answers.
  expect(seen.rows).toBeGreaterThan(120)
  expect(seen.refused).toBeGreaterThan(500)
  expect(seen.clear).toBeGreaterThan(40)
}, 180_000)
