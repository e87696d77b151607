// The whole way through a real gateway to a real PostgreSQL, message by message.
import { Client } from 'pg'
import Cursor from 'pg-cursor'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe as group, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { startPostgres, type DatabaseAddress, type RealPostgres } from '../../testing/real-postgres.ts'
import { createShop, sentinels, shopPolicy } from '../../testing/shop.ts'
import { bind, close, describe, execute, frame, int32, parse, query, reportOf, sync, text, valuesOf } from './testing/messages.ts'

let postgres: RealPostgres
let database: DatabaseAddress
let gateway: TestGateway
const open: Client[] = []

beforeAll(async () => {
  postgres = await startPostgres()
  database = await postgres.database('shop')
  await createShop(database)
  gateway = await startTestGateway({ database, policies: { shop: shopPolicy } })
})
afterAll(async () => {
  await Promise.all(open.map((client) => client.end().catch(() => undefined)))
  await gateway?.stop()
  await postgres?.stop()
})

async function signedIn(groups: string[], sub = groups.join('-')): Promise<Client> {
  const client = new Client({ host: gateway.host, port: gateway.port, database: 'shop', user: 'me', password: await gateway.token({ sub, groups }) })
  client.on('error', () => undefined)
  open.push(client)
  await client.connect()
  return client
}

async function raw(groups: string[], parameters: Record<string, string> = {}): Promise<RawClient> {
  return RawClient.signIn(gateway, await gateway.token({ sub: groups.join('-'), groups }), parameters)
}

const errorOf = (frames: readonly { type: string; body: Buffer }[]) => reportOf(frames.find(({ type }) => type === 'E')?.body ?? Buffer.alloc(0))
const types = (frames: readonly { type: string }[]) => frames.map(({ type }) => type).join('')

function expectNoSentinel(bytes: Buffer | string): void {
  const heard = bytes.toString('latin1').toLowerCase()
  for (const sentinel of Object.values(sentinels)) {
    expect(heard).not.toContain(sentinel)
    expect(heard).not.toContain(Buffer.from(sentinel).toString('hex'))
    expect(heard).not.toContain([...sentinel].toReversed().join(''))
  }
}

group('decisions', () => {
  test('an analyst reads, masked; a privacy officer reads the same, clear', async () => {
    const ana = await signedIn(['analysts'])
    const { rows } = await ana.query('select id, name, email, ssn from customers order by id limit 2')
    expect(rows).toEqual([{ id: 1, name: 'name 1', email: '[masked]', ssn: '[masked]' }, { id: 2, name: 'name 2', email: '[masked]', ssn: '[masked]' }])
    const pia = await signedIn(['privacy'])
    expect((await pia.query('select email from customers where id = 1')).rows).toEqual([{ email: `1-${sentinels.email}` }])
  })

  test('a denied statement is refused with rule and reason, and the session goes on', async () => {
    const ana = await signedIn(['analysts'])
    await expect(ana.query('drop table customers')).rejects.toMatchObject({ code: '42501', message: expect.stringMatching(/denied by rule never \(policy shop\).*drop/) })
    await expect(ana.query('update orders set total = 0 where id = 1')).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('public.orders') })
    expect((await ana.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    const direct = new Client({ ...database })
    await direct.connect()
    expect((await direct.query('select count(*)::int as n from customers')).rows).toEqual([{ n: 50 }])
    await direct.end()
  })

  test('a nested write counts as itself, and one bad statement refuses the whole text', async () => {
    const ana = await signedIn(['analysts'])
    await expect(ana.query('with gone as (delete from orders where id = 1 returning *) select * from gone')).rejects.toMatchObject({ code: '42501' })
    await expect(ana.query('select 1; delete from orders where id = 1')).rejects.toMatchObject({ code: '42501' })
    const eli = await signedIn(['engineers'])
    await expect(eli.query('delete from orders')).rejects.toMatchObject({ message: expect.stringContaining('never') })
    await expect(eli.query('update orders set total = 1 where true')).rejects.toMatchObject({ message: expect.stringContaining('never') })
    expect((await eli.query('update orders set total = 7 where id = 7')).rowCount).toBe(1)
  })

  test('an engineer with masks changes rows of a table that has masked columns, and gets them back masked', async () => {
    const eli = await signedIn(['engineers'])
    expect((await eli.query("update customers set name = 'new' where id = 7 returning *")).rows).toMatchObject([{ id: 7, name: 'new', email: '[masked]' }])
    expect((await eli.query("insert into customers (id, name, email) values (500, 'x', 'x@example.test') returning id, email")).rows).toEqual([{ id: 500, email: '[masked]' }])
    expect((await eli.query('delete from customers where id = 500 returning id')).rows).toEqual([{ id: 500 }])
    await expect(eli.query('update orders set note = leak() where id = 1')).rejects.toMatchObject({ message: expect.stringContaining('denied by masking') })
    await expect(eli.query('insert into orders (id, note) select 2000, name from customer_list limit 1')).rejects.toMatchObject({ message: expect.stringContaining('customer_list') })
    await expect(eli.query("with x as (update customers set name = 'n' where id = 1 returning email as note) insert into orders (id, note) select 2001, note from x")).rejects.toMatchObject({ code: '42501' })
  })

  test('a principal without any rule does not learn that the connection exists', async () => {
    await expect(signedIn(['nobody'])).rejects.toMatchObject({ code: '3D000' })
  })

  test('a refusal inside a transaction aborts it, as any error does', async () => {
    const eli = await signedIn(['engineers'])
    await eli.query('begin')
    await eli.query("update orders set note = 'changed' where id = 10")
    await expect(eli.query('drop table orders')).rejects.toMatchObject({ code: '42501' })
    await expect(eli.query('select 1')).rejects.toMatchObject({ code: '25P02' })
    await eli.query('rollback')
    expect((await eli.query('select note from orders where id = 10')).rows).toEqual([{ note: 'note 10' }])
  })

  test('syntax errors come with their position, unknown statements are refused', async () => {
    const ana = await signedIn(['analysts'])
    await expect(ana.query('selekt 1')).rejects.toMatchObject({ code: '42601', position: '1' })
    await expect(ana.query("select 'ü', from x")).rejects.toMatchObject({ code: '42601', position: '13' })
    await expect(ana.query('do $$ begin end $$')).rejects.toMatchObject({ code: '42501' })
  })

  test('limits of rows and seconds are errors, and the next command runs', async () => {
    const few = await signedIn(['few'])
    await expect(few.query('select * from orders')).rejects.toMatchObject({ code: '54000', message: expect.stringContaining('10 rows') })
    expect((await few.query('select id from orders limit 3')).rows).toHaveLength(3)
    await expect(few.query('select pg_sleep(20)')).rejects.toMatchObject({ code: '54000', message: expect.stringContaining('1 s') })
    await expect(few.query({ text: 'select * from orders where id > $1', values: [0] })).rejects.toMatchObject({ code: '54000' })
    expect((await few.query('select 2 as two')).rows).toEqual([{ two: 2 }])
  })
})

group('no masked value leaves', () => {
  const attempts = [
    'select email from customers', 'select email as harmless from customers', 'select c.* from customers c', 'select * from customer_list', 'select c from customers c',
    'select upper(email) from customers', "select email || '' from customers", 'select row_to_json(c) from customers c', 'select array_agg(ssn) from customers', 'select max(email) from customers',
    'select (select email from customers limit 1)', 'with x as (select email e from customers) select e from x', 'select email from customers union select note from orders',
    'select leak()', 'select * from leak()', 'select shout()', 'select fall()', 'select email::int from customers', 'select cast(ssn as date) from customers', 'select salary + 0 from staff', 'select * from staff',
    'copy customers to stdout', 'copy (select email from customers) to stdout', 'copy customers to stdout (format binary)', 'explain analyze select * from customers where email is not null',
    "select query_to_xml('select * from customers', true, false, '')", "select set_config('application_name', email, false) from customers", "select pg_notify('c', email) from customers",
    'create table copy_of as select * from customers', 'select email into copy_of from customers', 'update customers set name = email where id = 1', "insert into orders (id, note) select 1000, email from customers limit 1",
    'select replace(email, $$a$$, $$b$$), split_part(ssn, $$-$$, 2), encode(email::bytea, $$base64$$), reverse(email) from customers',
    'prepare p as select email from customers; execute p', 'begin; declare c cursor for select upper(email) from customers; fetch all from c; commit', 'select json_agg(customers) from customers',
    'select (customers).email from customers', 'values ((select ssn from customers limit 1))', 'table customers', 'select * from customers natural join orders', 'select string_agg(email, $$,$$) over () from customers',
  ]
  test.each(attempts)('%s', async (sql) => {
    for (const groups of [['analysts'], ['engineers']]) {
      const client = await raw(groups)
      await client.ask([query('listen c')])
      const simple = await client.ask([query(sql)])
      expect(types(simple)).toMatch(/Z$/)
      expectNoSentinel(client.heard)
      await client.ask([query('rollback')])
      if (!sql.includes(';')) {
        await client.ask([parse('', sql), bind('', ''), execute(''), sync])
        expectNoSentinel(client.heard)
        await client.ask([parse('n', sql), describe('S', 'n'), bind('p', 'n'), describe('P', 'p'), execute('p', 1), execute('p'), close('S', 'n'), sync])
        expectNoSentinel(client.heard)
        // Binary results: one format code, 1, for all columns.
        await client.ask([parse('', sql), frame('B', text(''), text(''), [0, 0, 0, 0], [0, 1, 0, 1]), execute(''), sync])
        expectNoSentinel(client.heard)
      }
      client.end()
    }
  })

  test('a statement redefined behind an error does not lend its clean plan to the old one', async () => {
    const client = await raw(['analysts'])
    await client.ask([parse('s', "select email || '' from customers"), sync])
    const frames = await client.ask([
      bind('', 'no such statement'), close('S', 's'), parse('s', 'select note from orders'), sync,
      bind('', 's'), execute('', 1), sync,
    ], 2)
    expect(types(frames)).toContain('Z')
    expectNoSentinel(client.heard)
    client.end()
  })

  test('a function that redefines a prepared statement behind our back gives nothing away', async () => {
    const client = await raw(['analysts'])
    await client.ask([parse('s', 'select upper(note) from orders limit 1'), sync])
    await client.ask([query('select swap()')])
    await client.ask([bind('', 's'), execute(''), sync])
    expect(types(client.frames())).toMatch(/Z$/)
    expectNoSentinel(client.heard)
    client.end()
  })

  test('values of a masked column inside error messages are hidden, the code stays', async () => {
    const client = await raw(['engineers'])
    const error = errorOf(await client.ask([query(`insert into customers (id, email) values (999, '1-${sentinels.email}')`)]))
    expect(error).toMatchObject({ C: '23505' })
    expectNoSentinel(client.heard)
    client.end()
  })
})

group('the extended protocol', () => {
  test('parse, bind, describe, execute in one pipeline, parameters and binary included', async () => {
    const ana = await signedIn(['analysts'])
    expect((await ana.query({ text: 'select id, email from customers where id = $1', values: [3] })).rows).toEqual([{ id: 3, email: '[masked]' }])
    expect((await ana.query({ name: 'q', text: 'select id, email from customers where id = $1', values: [4] })).rows).toEqual([{ id: 4, email: '[masked]' }])
    expect((await ana.query({ name: 'q', text: 'select id, email from customers where id = $1', values: [5] })).rows).toEqual([{ id: 5, email: '[masked]' }])
  })

  test('a refusal in the middle of a pipeline comes in its place, the rest of the batch is skipped, the next batch runs', async () => {
    const client = await raw(['engineers'])
    const frames = await client.ask([
      parse('', 'select 1'), bind('', ''), execute(''), parse('', 'drop table orders'), bind('', ''), execute(''), parse('', 'select 3'), sync,
      parse('', 'select 4'), bind('', ''), execute(''), sync,
    ], 2)
    expect(types(frames)).toBe('12DCEZ12DCZ')
    expect(errorOf(frames)).toMatchObject({ C: '42501' })
    expect(frames.filter(({ type }) => type === 'D').map(({ body }) => valuesOf(body))).toEqual([['1'], ['4']])
    client.end()
  })

  test('an error that comes back while a later message of its batch is still being analysed skips that one too', async () => {
    const client = await raw(['engineers'])
    // Long texts take the parser a while; the server answers the failing Bind at once.
    const slow = `select ${Array.from({ length: 20_000 }, (_, i) => i).join(' + ')}`
    const frames = await client.ask([parse('', 'select 1'), bind('', '', ['too many']), parse('', slow), bind('', ''), execute(''), sync, query('select 4')], 2)
    expect(types(frames)).toBe('1EZTDCZ')
    client.end()
  })

  test('portals with row limits, cursors, COPY in and out, LISTEN, NOTICE work as ever', async () => {
    const eli = await signedIn(['engineers'])
    const cursor = eli.query(new Cursor<{ id: number }>('select id from orders order by id'))
    expect((await cursor.read(3)).map(({ id }) => id)).toEqual([1, 2, 3])
    expect((await cursor.read(2)).map(({ id }) => id)).toEqual([4, 5])
    await cursor.close()
    await eli.query('create table imported (id int, note text)')
    await pipeline(Readable.from(['1\tone\n', '2\ttwo\n']), eli.query(copyFrom('copy imported from stdin')))
    const chunks: Buffer[] = []
    const out = eli.query(copyTo('copy imported to stdout'))
    for await (const chunk of out) chunks.push(chunk as Buffer)
    expect(Buffer.concat(chunks).toString()).toBe('1\tone\n2\ttwo\n')
    await eli.query('listen news')
    const heard = new Promise((resolve) => eli.once('notification', resolve))
    await eli.query("notify news, 'x'")
    expect(await heard).toMatchObject({ channel: 'news', payload: '[masked]' })
    await eli.query('begin; declare c cursor for select id from orders order by id; fetch 2 from c; commit')
  })

  test('a cancel request with our key stops the query; a foreign key does nothing', async () => {
    const ana = await signedIn(['analysts'])
    const key = ana as unknown as { processID: number; secretKey: number }
    const foreign = await RawClient.open(gateway.host, gateway.port)
    foreign.send(Buffer.from([...int32(16), ...int32(80_877_102), ...int32(key.processID), ...int32(key.secretKey ^ 1)]))
    await foreign.closed()
    const slow = ana.query('select pg_sleep(30)')
    setTimeout(() => {
      void RawClient.open(gateway.host, gateway.port).then((other) => other.send(Buffer.from([...int32(16), ...int32(80_877_102), ...int32(key.processID), ...int32(key.secretKey)])))
    }, 200)
    await expect(slow).rejects.toMatchObject({ code: '57014' })
    expect((await ana.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })
})

test('a cancel that comes while the statement is still being analysed stops it all the same', async () => {
  const ana = await signedIn(['analysts'])
  const { processID, secretKey } = ana as unknown as { processID: number; secretKey: number }
  const other = await RawClient.open(gateway.host, gateway.port)
  const slow = ana.query(`select pg_sleep(30), array[${Array.from({ length: 40_000 }, (_, i) => i).join(',')}]`)
  slow.catch(() => undefined)
  await new Promise((resolve) => { setTimeout(resolve, 30) })
  other.send(Buffer.from([...int32(16), ...int32(80_877_102), ...int32(processID), ...int32(secretKey)]))
  await expect(slow).rejects.toMatchObject({ code: '57014' })
  expect((await ana.query('select 1 as one')).rows).toEqual([{ one: 1 }])
})

group('bad bytes', () => {
  test.each([
    ['FunctionCall', frame('F', int32(1), [0, 0, 0, 0, 0, 0]), '0A000'],
    ['an unknown message', frame('~', [1]), '08P01'],
    ['a Query without its zero', frame('Q', [...Buffer.from('select 1')]), '08P01'],
    ['a zero inside a Query', frame('Q', text('select 1\0drop table x')), '08P01'],
    ['a Query that is not UTF-8', frame('Q', [0x73, 0xff, 0xfe, 0]), '08P01'],
    ['a Bind whose field count lies', frame('B', text(''), text(''), [0, 0, 255, 255]), '08P01'],
    ['a Bind with a length of -2', frame('B', text(''), text(''), [0, 0, 0, 1], int32(-2), [0, 0]), '08P01'],
    ['a Describe of neither', frame('D', [0x58], text('')), '08P01'],
    ['a length of 3', Buffer.from([0x51, ...int32(3), 0, 0, 0]), '08P01'],
    ['a length of 2^31-1', Buffer.from([0x51, ...int32(2_147_483_647)]), '08P01'],
  ])('%s is refused', async (_, bytes, code) => {
    const client = await raw(['analysts'])
    client.send(bytes, sync)
    await client.until(() => client.frames().some(({ type }) => type === 'E'))
    expect(errorOf(client.frames())).toMatchObject({ C: code })
    client.end()
  })

  test('a client that sends garbage after startup, or nothing at all, costs nobody else anything', async () => {
    const client = await RawClient.open(gateway.host, gateway.port)
    client.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
    await client.closed()
    const silent = await Promise.all(Array.from({ length: 200 }, () => RawClient.open(gateway.host, gateway.port)))
    const ana = await signedIn(['analysts'])
    expect((await ana.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    for (const one of silent) one.end()
  })
})

group('the life of a session', () => {
  test('an expired token ends it within a second, in the middle of a query', async () => {
    const token = await gateway.token({ sub: 'short', groups: ['analysts'], expiresInSeconds: -57 })
    const client = await RawClient.signIn(gateway, token)
    const began = Date.now()
    client.send(query('select pg_sleep(30)'))
    await client.closed()
    expect(Date.now() - began).toBeLessThan(6_000)
    expect(errorOf(client.frames())['M']).toMatch(/expired/)
  })

  test('a stricter policy ends what it no longer allows', async () => {
    const own = await startTestGateway({ database, policies: { shop: shopPolicy } })
    const client = await RawClient.signIn(own, await own.token({ sub: 'a', groups: ['analysts'] }))
    client.send(query('select pg_sleep(30), count(*) from orders'))
    // Changed before it runs, the policy would refuse it.
    const direct = new Client({ ...database })
    await direct.connect()
    await expect.poll(async () => (await direct.query("select 1 from pg_stat_activity where state = 'active' and query like 'select pg_sleep(30), count%'")).rowCount, { timeout: 20_000 }).toBe(1)
    await direct.end()
    own.writePolicy('shop', shopPolicy.replace('on: ["public.*"]', 'on: ["public.customers"]'))
    await client.closed()
    expect(errorOf(client.frames())['M']).toMatch(/policy/)
    await own.stop()
  })

  test('where the record must be on the disk first, statements run all the same', async () => {
    const own = await startTestGateway({ database, policies: { shop: shopPolicy }, extra: 'recording: { mode: disk }' })
    const client = await RawClient.signIn(own, await own.token({ sub: 'a', groups: ['analysts'] }))
    expect(types(await client.ask([query('select note from orders where id = 2')]))).toBe('TDCZ')
    client.end()
    await own.stop()
  })

  test('a client that vanishes takes its upstream with it', async () => {
    const client = await raw(['analysts'])
    client.send(query('select pg_sleep(31)'))
    const direct = new Client({ ...database })
    await direct.connect()
    const running = async () => (await direct.query("select count(*)::int as n from pg_stat_activity where query like '%pg_sleep(31)%' and pid <> pg_backend_pid() and state = 'active'")).rows[0].n as number
    await expect.poll(running, { timeout: 5_000 }).toBe(1)
    client.end()
    await expect.poll(running, { timeout: 5_000 }).toBe(0)
    await direct.end()
  })
})
