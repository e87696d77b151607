// An attacker with a right of their own and no manners: tables of tries to see what is masked, to run what is denied, to reach the
// upstream unrecorded. Every byte that is heard, and every file of the recording, is searched for what must not be there.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe as group, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { startPostgres, type RealPostgres } from '../../testing/real-postgres.ts'
import { createShop, sentinels, shopPolicy } from '../../testing/shop.ts'
import { attackSchema, copies, denied, reads } from './testing/attacks.ts'
import { bind, close, describe, execute, frame, int32, parse, query, reportOf, sync, text } from './testing/messages.ts'

const policy = shopPolicy
  .replaceAll('on: ["public.*"]', 'on: ["public.*", "archive.*", "pg_temp.*"]')
  .replace('public.staff.salary]', 'public.staff.salary, archive.orders.note]')
  .replace('  - { id: never', '  - { id: writers, who: { groups: [writers] }, allow: { sql: [select, insert, update, delete, lock, explain-analyze, listen, notify], on: ["public.*"] } }\n  - { id: never')

let postgres: RealPostgres
let gateway: TestGateway
let direct: Client
/** What the database logged: every statement that reached it. */
let log = ''
const open: RawClient[] = []

beforeAll(async () => {
  postgres = await startPostgres(['log_statement = all', "log_line_prefix = '<%a>'", 'max_prepared_transactions = 2'], (chunk) => { log += chunk })
  const database = await postgres.database('shop')
  await createShop(database)
  direct = new Client({ ...database, application_name: 'direct' })
  await direct.connect()
  await direct.query(`${attackSchema}; create table victim (id int); insert into victim values (1)`)
  gateway = await startTestGateway({ database, policies: { shop: policy } })
}, 120_000)
afterAll(async () => {
  for (const client of open) client.end()
  await direct?.end()
  await gateway?.stop()
  await postgres?.stop()
})

async function as(name: string): Promise<RawClient> {
  const client = await RawClient.signIn(gateway, await gateway.token({ sub: name, groups: [name] }), { application_name: 'attacker' })
  open.push(client)
  return client
}

/** As it is, reversed, in hexadecimal, in base64 at each of its three alignments; searched without regard to case. */
const forms = Object.values(sentinels).flatMap((value) => {
  const core = value.replace('@example.test', '')
  const base64 = [0, 1, 2].map((skip) => Buffer.from('x'.repeat(skip) + core).toString('base64').slice(Math.ceil(skip * 4 / 3), -4))
  return [core, [...core].toReversed().join(''), Buffer.from(core).toString('hex'), ...base64].map((form) => form.toLowerCase())
})

/** `from` as a client heard it or a disk keeps it. What the attacker said itself is taken out first: it may be said back. */
function expectNothingSeen(from: Buffer, said = ''): void {
  const seen = from.toString('latin1').toLowerCase().replaceAll(said.toLowerCase() || '\0\0', '')
  for (const form of forms) if (seen.includes(form)) throw new Error(`${form} got through: ${JSON.stringify(seen.slice(Math.max(0, seen.indexOf(form) - 120), seen.indexOf(form) + 60))}`)
}

async function tell(client: RawClient, messages: readonly Buffer[]): Promise<void> {
  if (client.isClosed) return
  await client.ask(messages, messages.filter((message) => message[0] === 0x51 || message[0] === 0x53).length)
  expectNothingSeen(client.heard)
}

/** Read as a message, a startup packet says of itself that it has half a megabyte. */
const padding = Buffer.alloc(600_000)
const inBinary = frame('B', text(''), text(''), [0, 0, 0, 0], [0, 1, 0, 1])

/** One text by every way a statement goes: Query, Parse with rows in text and in binary, a named portal in two parts, PREPARE. */
async function everyWay(client: RawClient, sql: string): Promise<void> {
  await tell(client, [query(sql)])
  await tell(client, [query('rollback')])
  if (/;|^copy .* from/.test(sql)) return
  await tell(client, [parse('', sql), bind('', ''), execute(''), sync])
  await tell(client, [parse('', sql), inBinary, execute(''), sync])
  await tell(client, [parse('n', sql), describe('S', 'n'), bind('p', 'n'), describe('P', 'p'), execute('p', 1), execute('p'), close('S', 'n'), sync])
  await tell(client, [query(`prepare w as ${sql}`), query('execute w'), query('deallocate w')])
  await tell(client, [query('begin'), query(`declare w cursor for ${sql}`), query('fetch 3 from w'), query('rollback')])
}

group('no masked value is seen', () => {
  test.each(['analysts', 'writers', 'engineers'])('by %s, in any of the tries', async (name) => {
    let client = await as(name)
    for (const sql of reads) {
      if (client.isClosed) client = await as(name)
      await everyWay(client, sql).catch((error: unknown) => { throw new Error(`${sql}: ${String(error)}`) })
    }
  }, 240_000)

  test.each(copies)('by copying it: %s', async (sql) => {
    for (const name of ['engineers', 'writers']) {
      const client = await as(name)
      await tell(client, [query(sql)])
      await tell(client, [query('rollback')])
      for (const look of ['select upper(note) from orders', 'select note from spare', 'table open_t', 'select reverse(note) from open_t', 'table open_v', 'select open_mail()', 'select open_mail from customers', 'select name from customers', 'table archive.customers', 'table open_customers']) {
        await tell(client, [query(look)])
      }
      client.end()
      const { rows } = await direct.query("select note from (select note from orders union all select note from spare union all select name from customers) x where note ~ 'sentinel|078-05'")
      expect(rows).toEqual([])
    }
  })
})

group('where operators and casts run bodies nobody sees', () => {
  test.each(['select 1 ~+~ 2', 'select 1 operator(public.~+~) 2', "select row('a')::comp::text", "select upper(row('a')::comp)", 'insert into orders (id, note) values (9100, 1 ~+~ 2) returning upper(note)'])('%s', async (sql) => {
    const database = await postgres.database(`unseen${String(Math.random()).slice(2)}`)
    await createShop(database)
    const owner = new Client({ ...database })
    await owner.connect()
    await owner.query(`create function plus(int, int) returns text language sql as 'select email from customers limit 1'; create operator public.~+~ (leftarg = int, rightarg = int, function = plus);
      create type comp as (x text); create function said(comp) returns text language sql as 'select email from customers limit 1'; create cast (comp as text) with function said(comp) as implicit`)
    await owner.end()
    const own = await startTestGateway({ database, policies: { shop: policy } })
    const client = await RawClient.signIn(own, await own.token({ sub: 'eve', groups: ['engineers'] }))
    await everyWay(client, sql)
    await tell(client, [query('select upper(note) from orders where id = 9100'), query('rollback')])
    client.end()
    await own.stop()
  })
})

group('names that mean something else than the gateway thinks', () => {
  const long = (end: string) => 'a'.repeat(63) + end
  const run = (sql: string) => [parse('', sql), bind('', ''), execute(''), sync]
  const tainted = 'select upper(email) from customers'
  const sequences: Readonly<Record<string, readonly (readonly Buffer[])[]>> = {
    'names that differ behind byte 63': [[parse(long('2'), 'select note from orders'), sync], [close('S', long('1')), parse(long('1'), tainted), sync], [bind('', long('2')), execute(''), sync]],
    'a PREPARE that fails and a Bind behind it': [[query(`prepare p as ${tainted}`)], [query('prepare p as select note from orders'), bind('', 'p'), execute(''), sync]],
    'PREPARE by Execute': [[query('prepare p as select note from orders')], run('deallocate p'), run(`prepare p as ${tainted}`), [query('execute p')], run('execute p')],
    'PREPARE by Execute, in one batch': [[query('prepare p as select note from orders')], [parse('', 'deallocate p'), bind('', ''), execute(''), parse('', `prepare p as ${tainted}`), bind('', ''), execute(''), bind('', 'p'), execute(''), sync]],
    'Parse over a PREPARE': [[query('prepare p as select note from orders')], [close('S', 'p'), parse('p', tainted), sync], [query('execute p')]],
    'EXECUTE bound before its name was redefined': [[query('begin')], [parse('p', 'select note from orders'), parse('e', 'execute p'), bind('x', 'e'), describe('P', 'x'), sync], [close('S', 'p'), parse('p', tainted), sync], [execute('x'), sync]],
    'DECLARE by Execute': [[query('begin')], [query('declare c cursor for select note from orders')], run('close c'), run(`declare c cursor for ${tainted}`), [query('fetch 2 from c')], run('fetch 2 from c')],
    'a portal in the place of a cursor': [[query('begin')], [query('declare c cursor for select note from orders')], [close('P', 'c'), parse('s', tainted), bind('c', 's'), sync], [query('fetch 3 from c')]],
    'a portal in the place of a cursor, in one batch': [[query('begin')], [query('declare c cursor for select note from orders')], [close('P', 'c'), parse('s', tainted), bind('c', 's'), parse('', 'fetch 3 from c'), bind('', ''), execute(''), sync]],
    'a cursor in the place of a portal': [[query('begin')], [parse('s', 'select note from orders'), bind('c', 's'), execute('c', 1), sync], [query('close c')], [query(`declare c cursor for ${tainted}`)], [execute('c', 3), sync]],
    'a cursor that a rollback took': [[query('begin')], [query('declare c cursor for select note from orders')], [query('rollback')], [query('begin')], [parse('s', tainted), bind('c', 's'), sync], [query('fetch 3 from c')]],
    'a FETCH bound before its cursor was replaced': [[query('begin')], [query('declare c cursor for select note from orders')], [parse('f', 'fetch 2 from c'), bind('x', 'f'), describe('P', 'x'), sync], [query('close c')], [query(`declare c cursor for ${tainted}`)], [execute('x'), sync]],
    'a description from before the search path was set': [[parse('s', 'select note from orders'), sync], [describe('S', 's'), parse('', 'set search_path = archive'), bind('', ''), execute(''), bind('p', 's'), execute('p'), sync]],
    'a description of another batch': [[parse('s', 'select note from orders'), describe('S', 's'), sync], [query('set search_path = archive')], [bind('', 's'), execute(''), sync]],
    'a statement redefined behind an error': [[parse('s', tainted), sync], [bind('', 'nothing'), close('S', 's'), parse('s', 'select note from orders'), sync, bind('', 's'), execute('', 1), sync]],
    'DISCARD ALL, then the old name': [[query(`prepare p as ${tainted}`)], [query('discard all'), query('execute p')], [parse('p', tainted), sync], [query('discard all')], [parse('p', 'select note from orders'), bind('', 'p'), execute(''), sync]],
    'the name of our own failing statement': [[parse('gatehouse_refused', tainted), sync], [bind('', 'gatehouse_refused'), execute(''), sync]],
    'a text and a statement at once': [[query(`select 1; ${tainted}; select note from orders`)], [query(`select note from orders; ${tainted}`)]],
    'COPY data where none is asked for': [[frame('d', text('x')), frame('c'), query(tainted)], [frame('f', text('x')), query(tainted)]],
    'Sync upon Sync': [[sync, sync, sync, parse('', tainted), bind('', ''), execute(''), sync, sync]],
  }
  test.each(Object.entries(sequences))('%s', async (_, steps) => {
    for (const name of ['analysts', 'engineers']) {
      const client = await as(name)
      for (const step of steps) await tell(client, step)
    }
  })

  test('a Sync that COPY swallows does not shift the answers', async () => {
    const client = await as('engineers')
    client.send(parse('', 'copy spare from stdin'), bind('', ''), execute(''), sync, frame('c'), sync)
    client.send(query('select 1 / (select 0)'), query(tainted), query(tainted))
    await client.until(() => client.frames().filter(({ type }) => type === 'Z').length >= 4)
    expectNothingSeen(client.heard)
  })
})

group('what is denied does not run', () => {
  test.each(denied)('%s', async (sql) => {
    const client = await as('analysts')
    for (const messages of [[query(sql)], [parse('', sql), bind('', ''), execute(''), sync], [query('select 1'), query(sql)], [query('begin'), query(sql), query('commit')]]) {
      if (client.isClosed) break
      const frames = await client.ask(messages, messages.filter((message) => message[0] === 0x51 || message[0] === 0x53).length)
      expect(frames.some(({ type }) => type === 'E')).toBe(true)
      await client.ask([query('rollback')])
    }
    client.end()
    expect((await direct.query('select id from victim')).rows).toEqual([{ id: 1 }])
  })

  test.each([
    'drop table victim', 'select 1; truncate victim', 'delete from victim', 'delete from victim where true', 'update victim set id = 2 where 1 = 1', 'update victim set id = 2 where id = id', 'with x as (delete from victim returning 1) select 1',
    'explain analyze delete from victim', 'prepare d as delete from victim; execute d', 'merge into victim v using (select 1) s on true when matched then delete', "do $$ begin execute 'drop table victim'; end $$",
    "set standard_conforming_strings = off", "select set_config('standard_conforming_strings', 'off', false)", "select set_config('standard_' || 'conforming_strings', 'off', false)", "update pg_settings set setting = 'off' where name = 'standard_conforming_strings'", "set client_encoding = 'SJIS'",
  ])('nor by who may nearly everything: %s', async (sql) => {
    const client = await as('engineers')
    // In one write: with strings read the other way, the second text drops the table.
    const frames = await client.ask([query(sql), query("select '\\'';drop table victim;--'"), parse('', sql), bind('', ''), execute(''), sync, query("select '\\'';drop table victim;--'")], 4)
    expect(frames.filter(({ type }) => type === 'E').map(({ body }) => reportOf(body)['C'])).toEqual(['42501', '42501'])
    expect((await direct.query('select id from victim')).rows).toEqual([{ id: 1 }])
  })

  test('nor is what ran before a refusal in the same batch kept, however long ago it was answered', async () => {
    const client = await as('engineers')
    client.send(parse('', "update orders set note = 'half' where id = 3"), bind('', ''), execute(''), frame('H'))
    await client.until(() => client.frames().some(({ type }) => type === 'C'))
    const frames = await client.ask([parse('', 'drop table victim'), bind('', ''), execute(''), sync])
    expect(frames.map(({ type }) => type).join('')).toBe('EZ')
    await client.ask([query('select 1')])
    expect((await direct.query("select count(*)::int as n from orders where note = 'half'")).rows).toEqual([{ n: 0 }])
    expect((await direct.query("select count(*)::int as n from pg_locks l join pg_stat_activity using (pid) where application_name = 'attacker' and mode = 'RowExclusiveLock'")).rows).toEqual([{ n: 0 }])
  })

  test('a setting whose name is a parameter may be any', async () => {
    const client = await as('engineers')
    const setting = parse('', 'select set_config($1, $2, false)')
    const frames = await client.ask([setting, bind('', '', ['standard_conforming_strings', 'off']), execute(''), sync])
    expect(reportOf(frames.find(({ type }) => type === 'E')!.body)).toMatchObject({ C: '42501' })
  })

  test.each([
    ['a second startup', Buffer.concat([Buffer.from([...int32(8), ...int32(196_608)]), padding])], ['an SSLRequest', Buffer.concat([Buffer.from([...int32(8), ...int32(80_877_103)]), padding])], ['a password', frame('p', text('x'))], ['FunctionCall', frame('F', int32(1), [0, 0, 0, 0, 0, 0])],
    ['a Query with a second one inside', frame('Q', text('select 1\0Q\0\0\0\x20drop table victim'))], ['a Query that is overlong UTF-8', frame('Q', [...Buffer.from("select '"), 0xc0, 0xa7, ...Buffer.from(';drop table victim'), 0])],
    ['a Query cut short by its length', Buffer.from([0x51, ...int32(12), ...Buffer.from('select 1;drop table victim\0')])], ['a Parse whose types lie', frame('P', text(''), text('select 1'), [0, 9])], ['a Parse with bytes behind it', frame('P', text(''), text('select 1'), [0, 0, 1])],
    ['a Bind with bytes behind it', frame('B', text(''), text(''), [0, 0], [0, 0], [0, 0], [1])], ['a name without end', frame('C', [0x53], [0x61])], ['a length of 0', Buffer.from([0x53, 0, 0, 0, 0])], ['a negative length', Buffer.from([0x51, 0xff, 0xff, 0xff, 0xff])],
    ['a message of a server', frame('Z', [0x49])], ['CopyBoth', frame('W', [0])], ['a name of 64 bytes', frame('D', [0x53], text('a'.repeat(64)))],
  ])('%s, and drop table behind it', async (_, bytes) => {
    const client = await as('analysts')
    client.send(bytes, query('drop table victim'), sync)
    await client.until(() => client.frames().some(({ type }) => type === 'E'))
    const other = await as('analysts')
    expect((await other.ask([query('select 1')])).map(({ type }) => type).join('')).toBe('TDCZ')
    expect((await direct.query('select id from victim')).rows).toEqual([{ id: 1 }])
  })
})

group('other people', () => {
  test('sessions and recordings of others are not there; a cancel key of another does nothing', async () => {
    const [mine, theirs] = [await gateway.token({ sub: 'mallory', groups: ['analysts'] }), await gateway.token({ sub: 'victor', groups: ['analysts'] })]
    await RawClient.signIn(gateway, theirs).then((client) => open.push(client))
    const { sessions } = JSON.parse((await get('/v1/sessions', theirs)).body) as { sessions: { id: string }[] }
    expect(sessions.length).toBeGreaterThan(0)
    for (const path of sessions.flatMap(({ id }) => ['', '/frames', '/verify', '/frames?after=-1', '/../' + id].map((end) => `/v1/sessions/${id}${end}`))) {
      expect((await get(path, mine)).status).toBe(404)
    }
    expect(JSON.parse((await get('/v1/sessions?limit=100', mine)).body)).toMatchObject({ sessions: [] })
    for (const path of ['/v1/sessions/..%2f..%2fstore', '/v1/sessions/%00', '/v1/sessions?principal=test:victor', '/v1/sessions/se_']) expect((await get(path, mine)).body).not.toContain(sessions[0]!.id)
    expect((await get('/v1/sessions', 'gh_guess')).status).toBe(401)
  })
})

// Last: it looks at all that was done above.
group('the record', () => {
  test('holds no masked value, in any form', () => {
    for (const file of filesBelow(gateway.folder)) expectNothingSeen(readFileSync(file))
  })

  test('holds the hash of every statement that the database logged of ours', () => {
    const ran = [...log.matchAll(/^<attacker>LOG: {2}(?:statement|execute [^:]*): (.*)$/gm)].map(([, sql]) => sql!)
    expect(ran.length).toBeGreaterThan(1000)
    const record = filesBelow(join(gateway.folder, 'data')).map((file) => readFileSync(file).toString('latin1')).join('')
    const unrecorded = [...new Set(ran)].filter((sql) => !record.includes(createHash('sha256').update(sql).digest('hex')))
    expect(unrecorded).toEqual([])
  })
})

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)).filter((file) => statSync(file).isFile())
}

function get(path: string, token: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((done, failed) => {
    const sent = request(new URL(gateway.api).origin, { path, ca: readFileSync(gateway.ca), agent: false, headers: { authorization: `Bearer ${token}` } }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => { body += chunk.toString() })
      response.on('end', () => done({ status: response.statusCode ?? 0, body }))
    })
    sent.on('error', failed)
    sent.end()
  })
}
