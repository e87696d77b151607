// Plans under masks, through a whole gateway.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/gateway.ts'
import { startPostgres, type RealPostgres } from '../testing/real-postgres.ts'
import { createShop, shopPolicy } from '../testing/shop.ts'

let postgres: RealPostgres
let gateway: TestGateway
let client: Client

beforeAll(async () => {
  postgres = await startPostgres()
  const database = await postgres.database('shop')
  await createShop(database)
  gateway = await startTestGateway({ database, policies: { shop: shopPolicy } })
  client = new Client({ host: gateway.host, port: gateway.port, database: 'shop', user: 'me', password: await gateway.token({ sub: 'eve', groups: ['engineers'] }) })
  await client.connect()
})
afterAll(async () => {
  await client?.end()
  await gateway?.stop()
  await postgres?.stop()
})

const planOf = async (sql: string) => (await client.query<{ 'QUERY PLAN': string }>(sql)).rows.map((row) => row['QUERY PLAN']).join('\n')

function recorded(): string {
  const data = join(gateway.folder, 'data')
  const files = readdirSync(data, { recursive: true, encoding: 'utf8' }).map((name) => join(data, name)).filter((file) => statSync(file).isFile())
  return files.map((file) => readFileSync(file).toString('latin1')).join('')
}

test('a plan is shown, and is masked in the record', async () => {
  expect(await planOf("explain (costs off) select id from customers where email = 'a guessed value'")).toContain("(email = 'a guessed value'::text)")
  await client.query("select 'the plan is recorded by now'")
  await expect.poll(recorded).toContain('the plan is recorded by now')
  expect(recorded()).not.toContain('a guessed value')
})

test.each(['explain select leak()', 'explain verbose select note, leak() from orders'])('where a function of the database\'s own is called it is not: %s', async (sql) => {
  expect(await planOf(sql)).toMatch(/^(?:\[masked\]\n?)+$/)
})

test.each(["explain select id from customers where email > 'm'", 'explain select id from customers order by email', 'explain analyze select id from customers', 'explain select leak() from customers',
  "prepare q as select id from customers where email = 'another value'; explain execute q"])('is refused: %s', async (sql) => {
  await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' })
})
