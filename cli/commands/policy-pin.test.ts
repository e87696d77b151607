// `gatehouse policy pin` and what a pin then allows, against a real PostgreSQL and a gateway with that policy.
import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, writeGatewayConfig, type TestGateway } from '../../gateway/testing/gateway.ts'
import { startPostgres, type DatabaseAddress, type RealPostgres } from '../../gateway/testing/real-postgres.ts'
import { createShop, sentinels, shopPolicy } from '../../gateway/testing/shop.ts'

const launcher = join(import.meta.dirname, '../../bin/gatehouse')
let postgres: RealPostgres
let database: DatabaseAddress
let owner: Client
let folder: string
let gateway: TestGateway
let masked: Client
const pins: Record<string, string> = {}

const functions = `
create function shorten(t text) returns text language sql stable as 'select left(t, 4)';
create function peek(i int) returns text language sql stable as 'select email from customers where id = i';
create function touch_up(t text) returns text language plpgsql as $$ begin return upper(t); end $$;
create aggregate pick(text) (sfunc = textcat, stype = text);`

function pin(...words: readonly string[]): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [launcher, 'policy', 'pin', '--config', 'gateway.yaml', '--connection', 'shop', ...words], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

beforeAll(async () => {
  postgres = await startPostgres()
  database = await postgres.database('shop')
  await createShop(database)
  owner = new Client({ ...database })
  await owner.connect()
  await owner.query(functions)
  folder = (await writeGatewayConfig({ database, policies: {} })).folder
  for (const words of [['public.shorten', '--gives', 'arguments'], ['public.peek']]) pins[words[0]!] = (await pin(...words)).stdout
  gateway = await startTestGateway({ database, policies: { shop: `${shopPolicy}functions:\n${Object.values(pins).join('')}` } })
  masked = new Client({ host: gateway.host, port: gateway.port, database: 'shop', user: 'me', password: await gateway.token({ sub: 'eve', groups: ['engineers'] }) })
  await masked.connect()
})
afterAll(async () => {
  await masked?.end()
  await gateway?.stop()
  await owner?.end()
  rmSync(folder, { recursive: true, force: true })
  await postgres?.stop()
})

test('prints the line for the policy', () => {
  expect(pins['public.shorten']).toMatch(/^ {2}- \{ name: "public\.shorten", sha256: [0-9a-f]{64}, gives: arguments \}\n$/)
  expect(pins['public.peek']).toMatch(/^ {2}- \{ name: "public\.peek", sha256: [0-9a-f]{64} \}\n$/)
})

test.each([[['shorten'], 'did you mean public.shorten?'], [['public.nothing'], 'there is no function public.nothing'], [['public.pick'], 'no definition to pin'], [['public.shorten', '--gives', 'all'], '--gives is arguments']] as const)(
  'says what is wrong: %j', async (words, message) => {
    const { status, stderr } = await pin(...words)
    expect(status).not.toBe(0)
    expect(stderr).toContain(message)
  })

test('a pinned function may be called where masked columns are read, but neither with their values nor where its body reads them by an argument: it may fail by them', async () => {
  const { rows } = await masked.query<{ short: string; name: string }>('select shorten(name) as short, name from customers where id = 1')
  expect(rows).toEqual([{ short: 'name', name: 'name 1' }])
  await expect(masked.query('select shorten(email) as short from customers where id = 1')).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('can fail') })
  await expect(masked.query('select peek(id) as seen, id from customers where id = 1')).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('can fail') })
})

test('one that is not pinned may not, and is masked elsewhere', async () => {
  await expect(masked.query('select touch_up(name) from customers')).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('touch_up() is a function of this database that no policy has pinned') })
  await expect(masked.query('select c.touch_up from (select name from customers) c')).rejects.toMatchObject({ code: '42501' })
  expect((await masked.query('select touch_up(note) as said from orders where id = 1')).rows).toEqual([{ said: '[masked]' }])
})

test('as a table only a pinned one, for it decides how many rows there are', async () => {
  expect((await masked.query('select * from peek(1) as seen')).rows).toEqual([{ seen: '[masked]' }])
  await expect(masked.query("select * from touch_up('x')")).rejects.toMatchObject({ code: '42501' })
})

test('in what is written only what gives nothing but its arguments', async () => {
  expect((await masked.query("insert into orders (id, note) values (7001, shorten('abcdefg')) returning id")).rows).toEqual([{ id: 7001 }])
  await expect(masked.query('insert into orders (id, note) values (7002, peek(1))')).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('peek()') })
  await expect(masked.query('insert into orders (id, note) select 7003, shorten(email) from customers')).rejects.toMatchObject({ code: '42501' })
  expect((await owner.query("select note from orders where id > 7000 or note like '%sentinel%'")).rows).toEqual([{ note: 'abcd' }])
})

test('a pin holds for the body it was made of', async () => {
  await owner.query("create or replace function shorten(t text) returns text language sql stable as 'select email from customers limit 1'")
  await owner.query('create table seen_anew (id int)')
  // A name the catalog does not know makes the gateway read it again.
  await masked.query('select id from seen_anew')
  await expect(masked.query("insert into orders (id, note) values (7004, shorten('x'))")).rejects.toMatchObject({ code: '42501' })
  await expect(masked.query('select shorten(name) from customers')).rejects.toMatchObject({ code: '42501' })
  expect(JSON.stringify((await owner.query('select note from orders where id > 7000')).rows)).not.toContain(sentinels.email)
})
