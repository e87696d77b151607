// Who sees a mask must not write it where the value belongs: by constants, parameters, JSON, COPY; and everything else may be written.
import { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { startPostgres, type RealPostgres } from '../../testing/real-postgres.ts'
import { createShop, sentinels, shopPolicy } from '../../testing/shop.ts'

let postgres: RealPostgres
let gateway: TestGateway
let eli: Client
let direct: Client

beforeAll(async () => {
  postgres = await startPostgres()
  const database = await postgres.database('shop')
  await createShop(database)
  direct = new Client({ ...database })
  await direct.connect()
  gateway = await startTestGateway({ database, policies: { shop: shopPolicy } })
  eli = new Client({ host: gateway.host, port: gateway.port, database: 'shop', user: 'me', password: await gateway.token({ sub: 'eli', groups: ['engineers'] }) })
  eli.on('error', () => undefined)
  await eli.connect()
})
afterAll(async () => {
  await eli?.end()
  await direct?.end()
  await gateway?.stop()
  await postgres?.stop()
})
beforeEach(async () => {
  await direct.query(`delete from customers where id > 50; update customers set email = '1-${sentinels.email}', name = 'name 1' where id = 1`)
})

const emailOf = async (id: number): Promise<unknown> => (await direct.query<{ email: string }>('select email from customers where id = $1', [id])).rows[0]?.email

test.each<[string, string, unknown[]?]>([
  ['a constant', "update customers set email = '[masked]' where id = 1"],
  ['a parameter', 'update customers set name = $1, email = $2 where id = 1', ['Ann', '[masked]']],
  ['one of a detector', "update customers set email = 'mail [masked:email]' where id = 1"],
  ['the hash of a value', "update customers set email = 'gh1_0123456789abcdef0123456789abcdef' where id = 1"],
  ['what a partial mask leaves', "update customers set email = '****@example.test' where id = 1"],
  ['an insert', "insert into customers (id, name, email) values (60, 'x', '[masked]')"],
  ['an insert without columns', "insert into customers values (60, 'x', '[masked]')"],
  ['an upsert', "insert into customers (id, name) values (1, 'x') on conflict (id) do update set email = '[masked]'"],
  ['a merge', "merge into customers c using (values (1)) v(id) on c.id = v.id when matched then update set email = '[masked]'"],
])('%s that is a mask is refused, and nothing is written', async (_, text, values = []) => {
  await expect(eli.query(text, values)).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('a mask would be written') })
  expect(await emailOf(1)).toBe(`1-${sentinels.email}`)
  expect(await emailOf(60)).toBeUndefined()
})

test('COPY with a mask in it fails, however its data is cut, and the session goes on', async () => {
  const rows = '60\tx\tann@example.org\n61\ty\t[masked]\n'
  for (const cut of [rows.length, 35, 36, 38, 40]) {
    const pieces = [rows.slice(0, cut), rows.slice(cut)].filter((piece) => piece !== '').map((piece) => Buffer.from(piece))
    const copying = pipeline(Readable.from(pieces), eli.query(copyFrom('copy customers (id, name, email) from stdin')))
    await expect(copying, `cut at ${cut}`).rejects.toMatchObject({ message: expect.stringContaining('a mask would be written') })
    expect(await emailOf(60)).toBeUndefined()
  }
  expect((await eli.query('select 1 as one')).rows).toEqual([{ one: 1 }])
})

test.each<[string, string, unknown[]?]>([
  ['a real value', "update customers set email = 'new@example.org' where id = 1"],
  ['another column', "update customers set name = '[masked]' where id = 1"],
  ['a comment that speaks of masks', "update customers set email = 'new@example.org' /* was [masked] **** */ where id = 1"],
  ['a table without masks', "update orders set note = '[masked]' where id = 1"],
])('%s may be written', async (_, text, values = []) => {
  expect((await eli.query(text, values)).rowCount).toBe(1)
})
