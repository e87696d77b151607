// Rules that ask about functions, over statements that call them without naming them first: on a real PostgreSQL.
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FakeApprovals } from '../../testing/fake-approvals.ts'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { startPostgres, type RealPostgres } from '../../testing/real-postgres.ts'
import { createShop } from '../../testing/shop.ts'
import { query, reportOf } from './testing/messages.ts'

const policy = `
policy: shop
connections: [shop]
rules:
  - { id: read, who: { groups: [movers] }, allow: { sql: [select], on: ["public.*"] } }
  - { id: move, who: { groups: [movers] }, approve: { functions: ["mv.*"] }, by: { groups: [on-call] } }
  - { id: write, who: { groups: [writers] }, allow: { sql: [select, update, insert], on: ["public.*"] } }
  - { id: write-by, who: { groups: [writers] }, approve: { functions: ["mv.*"] }, by: { groups: [on-call] } }
  - { id: masked-by, who: { groups: [masked] }, approve: { functions: ["mv.*"] }, by: { groups: [on-call] } }
masks:
  - { id: pii, columns: [public.customers.email], as: redact, except: { groups: [movers, writers] } }
`
const approvals = new FakeApprovals()
let postgres: RealPostgres
let gateway: TestGateway
let direct: Client

beforeAll(async () => {
  postgres = await startPostgres()
  const database = await postgres.database('shop')
  await createShop(database)
  direct = new Client({ ...database })
  await direct.connect()
  await direct.query('create schema mv; create function mv.bump() returns numeric language plpgsql as $$ begin return 1; end $$; create function mv.plain(n numeric) returns numeric language sql as $$ select n + 1 $$')
  await direct.query('create table mv.moved (id int primary key, total int); insert into mv.moved values (1, 1); create function mv.sql_bump() returns int language sql as $$ update mv.moved set total = total + 1 where id = 1 returning total $$')
  gateway = await startTestGateway({ database, policies: { shop: policy }, seams: { approvals } })
})
afterAll(async () => {
  await direct?.end()
  await gateway?.stop()
  await postgres?.stop()
})

const errorOf = (frames: readonly { type: string; body: Buffer }[]) => reportOf(frames.find(({ type }) => type === 'E')?.body ?? Buffer.alloc(0))

test.each(['movers', 'writers'].flatMap((group) => [
  'update orders set total = mv.bump()', 'update public.orders set total = mv.bump() where id = 3', 'update orders set total = mv.plain(total) where id = 3',
  'insert into orders (total) values (mv.bump())', 'select mv.bump()', 'update orders set total = 1 where total = mv.bump()', 'update orders set total = (select mv.bump()) where id = 3', 'update mv.moved set total = mv.sql_bump()',
].map((text) => [group, text] as const)))('%s: %s is asked about', async (group, text) => {
  const client = await RawClient.signIn(gateway, await gateway.token({ sub: 'max', groups: [group] }))
  const before = approvals.holds.length
  const answered = client.ask([query(text)])
  const first = await Promise.race([answered.then((frames) => errorOf(frames)['M'] ?? 'it ran'), expect.poll(() => approvals.holds.length, { timeout: 5_000, interval: 10 }).toBe(before + 1).then(() => 'held')])
  expect(first).toBe('held')
  approvals.holds.at(-1)!.deny('no')
  await answered
  client.end()
})

test('of a function that came after the catalog was read', async () => {
  const client = await RawClient.signIn(gateway, await gateway.token({ sub: 'max', groups: ['movers'] }))
  await direct.query('create function mv.late() returns int language sql as $$ select 1 $$')
  const before = approvals.holds.length
  const answered = client.ask([query('update orders set total = mv.late() where id = 3')])
  const first = await Promise.race([answered.then((frames) => errorOf(frames)['M'] ?? 'it ran'), expect.poll(() => approvals.holds.length, { timeout: 5_000, interval: 10 }).toBe(before + 1).then(() => 'held')])
  expect(first).toBe('held')
  approvals.holds.at(-1)!.deny('no')
  await answered
  client.end()
})

test('for whom something is masked it is refused unasked, unless the function is pinned', async () => {
  const client = await RawClient.signIn(gateway, await gateway.token({ sub: 'ann', groups: ['masked'] }))
  const before = approvals.holds.length
  for (const text of ['update orders set total = mv.bump() where id = 3', 'update mv.moved set total = mv.sql_bump()', 'insert into orders (total) values (mv.plain(1))']) {
    const answered = client.ask([query(text)])
    const first = await Promise.race([answered.then((frames) => errorOf(frames)['M'] ?? 'it ran'), expect.poll(() => approvals.holds.length, { timeout: 3_000, interval: 10 }).toBeGreaterThan(before).then(() => 'held')])
    expect(first).toMatch(/^denied by masking: a statement that writes may not call/)
  }
  expect(approvals.holds.length).toBe(before)
  client.end()
})
