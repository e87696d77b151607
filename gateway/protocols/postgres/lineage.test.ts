// Column lineage in force, through a real gateway to a real PostgreSQL: what carries a masked value is masked, the rest is clear,
// also in the same statement; by every way in which a statement can be sent.
import { Client } from 'pg'
import Cursor from 'pg-cursor'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { startPostgres, type RealPostgres } from '../../testing/real-postgres.ts'
import { createShop, shopPolicy } from '../../testing/shop.ts'
import { bind, execute, parse, query, sync, valuesOf } from './testing/messages.ts'

let postgres: RealPostgres
let gateway: TestGateway
let ana: Client

beforeAll(async () => {
  postgres = await startPostgres()
  const database = await postgres.database('shop')
  await createShop(database)
  const direct = new Client({ ...database })
  await direct.connect()
  await direct.query(`create materialized view totals as select customer_id, sum(total) as spent from orders group by 1;
    create view mails as select id, lower(email) as contact, name from customer_list;
    create function spent(int) returns numeric language sql stable as 'select sum(total) from orders where customer_id = $1';
    create function guess(text) returns bigint language sql stable as 'select count(*) from customers where email > $1'`)
  await direct.end()
  gateway = await startTestGateway({ database, policies: { shop: shopPolicy } })
  ana = await signedIn(['analysts'])
})
afterAll(async () => {
  await ana?.end()
  await gateway?.stop()
  await postgres?.stop()
})

async function signedIn(groups: string[]): Promise<Client> {
  const client = new Client({ host: gateway.host, port: gateway.port, database: 'shop', user: 'me', password: await gateway.token({ sub: groups.join('-'), groups }) })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** The rows as text; NULL stands for a masked value of a type without a redacted form. */
async function rowsOf(text: string, values?: readonly unknown[]): Promise<readonly string[]> {
  const { rows } = await ana.query<unknown[]>({ text, rowMode: 'array', ...(values !== undefined && { values: [...values] }) })
  return rows.map((row) => row.map((value) => (value === null ? 'NULL' : String(value))).join('|'))
}

describe('beside masked columns, what carries none of them is clear', () => {
  test.each([
    ['count(*)', 'select count(*) from customers', ['50']],
    ['sums and counts of clean columns', 'select count(name), max(id), sum(id) from customers', ['50|50|1275']],
    ['an expression and a masked column in one list', "select id + 1, name || '!', email from customers where id = 3", ['4|name 3!|[masked]']],
    ['a join on clean columns', 'select c.name, sum(o.total) from customers c join orders o on o.customer_id = c.id where c.id = 2 group by c.name', ['name 2|456.00']],
    ['a common table', 'with few as (select id, email, upper(name) as big from customers where id < 3) select big, email from few order by id', ['NAME 1|[masked]', 'NAME 2|[masked]']],
    ['a subquery in the target list', 'select name, (select count(*) from orders o where o.customer_id = c.id) from customers c where id = 4', ['name 4|4']],
    ['a window', 'select name, row_number() over (order by id desc) from customers where id > 48 order by id', ['name 49|2', 'name 50|1']],
    ['CASE over clean columns', "select case when id > 49 then 'last' else 'other' end, email from customers where id = 50", ['last|[masked]']],
    ['a view’s clean columns', 'select id, name, email from customer_list where id = 1', ['1|NAME 1|[masked]']],
    ['a view over a view', 'select name, contact from mails where id = 1', ['NAME 1|[masked]']],
    ['a materialized view of clean tables', 'select spent from totals where customer_id = 1', ['750.00']],
    ['a set operation of clean columns', "select name from customers where id = 1 union all select note from orders where id = 1", ['name 1', 'note 1']],
    ['generate_series beside it', 'select g, c.email from generate_series(1, 2) g join customers c on c.id = g order by g', ['1|[masked]', '2|[masked]']],
    ['JSON of clean columns', "select json_build_object('id', id, 'name', name) from customers where id = 1", ['[object Object]']],
    ['VALUES', 'select v.a, c.email from (values (1), (2)) v(a) join customers c on c.id = v.a order by 1', ['1|[masked]', '2|[masked]']],
  ])('%s', async (_, text, expected) => {
    expect(await rowsOf(text)).toEqual(expected)
  })
})

describe('what carries a masked value is masked', () => {
  test.each([
    ['an expression', 'select upper(email) from customers where id = 1', ['[masked]']],
    ['its length', 'select length(email) from customers where id = 1', ['NULL']],
    ['an aggregate', 'select max(email), count(*) from customers', ['[masked]|50']],
    ['a concatenation with a clean column', "select name || email from customers where id = 1", ['[masked]']],
    ['a whole row', 'select c from customers c where id = 1', ['NULL']],
    ['a row as text', 'select c::text, c.id from customers c where id = 1', ['[masked]|1']],
    ['JSON of the row', 'select row_to_json(c) from customers c where id = 1', ['[masked]']],
    ['a set operation with it on either side', "select name from customers where id = 1 union all select email from customers where id = 1", ['[masked]', '[masked]']],
    ['a correlated subquery', 'select id, (select d.email from customers d where d.id = c.id) from customers c where id = 1', ['1|[masked]']],
    ['a lateral join', 'select id, x.mail from customers c cross join lateral (select c.email as mail) x where id = 1', ['1|[masked]']],
    ['a recursive common table', "with recursive r(n, mail) as (select 1, email from customers where id = 1 union all select n + 1, mail from r where n < 2) select n, mail from r order by n", ['1|[masked]', '2|[masked]']],
    ['an array of it', 'select array_agg(email) from customers where id = 1', ['[masked]']],
    ['CASE with it in a condition', "select case when email > '1-' then 1 else 0 end, id from customers where id = 1", ['NULL|1']],
    ['a comparison', "select email = 'x', id from customers where id = 1", ['NULL|1']],
  ])('%s', async (_, text, expected) => {
    expect(await rowsOf(text)).toEqual(expected)
  })
})

describe('whichever way it is sent', () => {
  const text = 'select id, upper(name) as big, upper(email) as mail from customers where id = $1'

  test('prepared, with parameters, text and binary', async () => {
    expect(await rowsOf(text, [2])).toEqual(['2|NAME 2|[masked]'])
    const raw = await RawClient.signIn(gateway, await gateway.token({ sub: 'ana', groups: ['analysts'] }))
    const frames = await raw.ask([parse('s', text), bind('', 's', ['2']), execute(''), bind('', 's', ['3']), execute(''), sync])
    expect(frames.filter(({ type }) => type === 'D').map(({ body }) => valuesOf(body))).toEqual([['2', 'NAME 2', '[masked]'], ['3', 'NAME 3', '[masked]']])
    raw.end()
  })

  test('PREPARE and EXECUTE, DECLARE and FETCH', async () => {
    await ana.query(`prepare p(int) as ${text}`)
    expect(await rowsOf('execute p(5)')).toEqual(['5|NAME 5|[masked]'])
    await ana.query('begin')
    await ana.query('declare c cursor for select id, length(name), length(email) from customers order by id')
    expect(await rowsOf('fetch 1 from c')).toEqual(['1|6|NULL'])
    await ana.query('rollback; deallocate p')
  })

  test('several statements in one text, each by its own lineage', async () => {
    const raw = await RawClient.signIn(gateway, await gateway.token({ sub: 'ana', groups: ['analysts'] }))
    const frames = await raw.ask([query("select upper(name) from customers where id = 1; select upper(email) from customers where id = 1; select upper(name) from customers where id = 2")])
    expect(frames.filter(({ type }) => type === 'D').map(({ body }) => valuesOf(body))).toEqual([['NAME 1'], ['[masked]'], ['NAME 2']])
    raw.end()
  })

  test('a portal read in parts', async () => {
    const cursor = ana.query(new Cursor('select upper(name) as big, upper(email) as mail from customers order by id'))
    expect(await cursor.read(2)).toEqual([{ big: 'NAME 1', mail: '[masked]' }, { big: 'NAME 2', mail: '[masked]' }])
    expect(await cursor.read(1)).toEqual([{ big: 'NAME 3', mail: '[masked]' }])
    await cursor.close()
  })
})

test('a function written in SQL gives what its body selects; what it asks of masked columns, its caller asks', async () => {
  const own = await signedIn(['analysts'])
  expect((await own.query('select spent(1), spent(o.id) as other, leak() from orders o where o.id = 2')).rows).toEqual([{ spent: '750.00', other: '456.00', leak: '[masked]' }])
  await expect(own.query("select guess('m')")).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('public.customers.email') })
  await own.end()
})

test('after the search path was changed nothing of an unqualified name is believed, and qualified names are', async () => {
  const own = await signedIn(['analysts'])
  await own.query('set search_path = public')
  expect((await own.query('select upper(name) as big from customers limit 1')).rows).toEqual([{ big: '[masked]' }])
  await expect(own.query('select name from customers where id = 1')).rejects.toMatchObject({ message: expect.stringContaining('the session\'s search_path was changed') })
  expect((await own.query('select upper(name) as big from public.customers where id = 1')).rows).toEqual([{ big: 'NAME 1' }])
  await own.end()
})

test('a column added since the catalog was read is masked until it is known', async () => {
  const eli = await signedIn(['engineers'])
  await eli.query('alter table orders add column extra text')
  await eli.query("update orders set extra = 'fresh' where id = 1")
  expect((await eli.query('select extra, upper(extra) as big from orders where id = 1')).rows).toEqual([{ extra: 'fresh', big: 'FRESH' }])
  await eli.end()
})
