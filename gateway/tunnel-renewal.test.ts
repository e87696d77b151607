// What the groups of a renewed token mean for what runs in a tunnel, on a real PostgreSQL.
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { exchanged, overTunnel } from './testing/api.ts'
import { startTestGateway, type TestGateway } from './testing/gateway.ts'
import { startPostgres, type RealPostgres } from './testing/real-postgres.ts'
import { createShop } from './testing/shop.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

const policy = `
policy: shop
connections: [shop]
rules:
  - { id: read, who: { groups: [engineers, others] }, allow: { sql: [select], on: ["public.customers"] } }
  - { id: orders, who: { groups: [engineers] }, allow: { sql: [select], on: ["public.orders"] } }
`
let postgres: RealPostgres
let gateway: TestGateway
beforeAll(async () => {
  postgres = await startPostgres()
  const database = await postgres.database('shop')
  await createShop(database)
  gateway = await startTestGateway({ database, policies: { shop: policy } })
})
afterAll(async () => {
  await gateway?.stop()
  await postgres?.stop()
})

const token = async (groups: readonly string[]) => exchanged(gateway, await gateway.token({ sub: 'mia', groups }))
const outcomeOf = (query: Promise<unknown>) => query.then(() => 'ran', (error: Error) => error.message)

test.each([
  ['the same', ['engineers'], /^ran$/],
  ['that no longer allow it', ['others'], /no longer allows|terminat|ended/],
  ['without any rule', ['strangers'], /no longer give you access|terminat|ended/],
] as const)('a statement that runs when a renewal brings groups %s', async (_, groups, outcome) => {
  const client = await overTunnel(gateway, await token(['engineers']))
  const startedAt = Date.now()
  const running = outcomeOf(client.query('select pg_sleep(4), count(*) from public.orders'))
  await new Promise((done) => setTimeout(done, 300))
  client.renew(await token(groups))
  expect(await running).toMatch(outcome)
  if (groups[0] !== 'engineers') expect(Date.now() - startedAt).toBeLessThan(3_000)
  await client.end().catch(() => undefined)
})
