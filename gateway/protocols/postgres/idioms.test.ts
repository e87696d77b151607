// Drivers as their users use them, each against a masked-free principal of a real gateway: node-postgres, postgres.js, psql.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Pool, type PoolClient } from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import Cursor from 'pg-cursor'
import sqlOf, { type Sql } from 'postgres'
import { afterAll, beforeAll, describe as group, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { startPostgres, type RealPostgres } from '../../testing/real-postgres.ts'
import { createShop } from '../../testing/shop.ts'
import { bind, describe, execute, frame, parse, query, sync } from './testing/messages.ts'

const policy = `
policy: all
connections: [shop]
rules:
  - { id: all, who: everyone, allow: { sql: ["*"], on: ["*"] } }
`
let postgres: RealPostgres
let gateway: TestGateway
let pool: Pool
let sql: Sql

beforeAll(async () => {
  postgres = await startPostgres()
  const database = await postgres.database('shop')
  await createShop(database)
  gateway = await startTestGateway({ database, policies: { all: policy } })
  const address = { host: gateway.host, port: gateway.port, database: 'shop', user: 'me', password: await gateway.token({ sub: 'ada' }) }
  pool = new Pool({ ...address, max: 5 })
  sql = sqlOf({ ...address, max: 4, ssl: false, onnotice: () => undefined })
})
afterAll(async () => {
  await pool?.end()
  await sql?.end({ timeout: 2 })
  await gateway?.stop()
  await postgres?.stop()
})

async function withClient<T>(use: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    return await use(client)
  } finally {
    client.release()
  }
}
async function collected(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

group('node-postgres', () => {
  test('a pool: fifty queries over five connections', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => pool.query('select $1::int * 2 as n', [i])))
    expect(answers.map(({ rows }) => (rows[0] as { n: number }).n)).toEqual(Array.from({ length: 50 }, (_, i) => i * 2))
  })

  test('named statements, again and again, and binary results', async () => {
    await withClient(async (client) => {
      for (let i = 1; i <= 5; i++) expect((await client.query({ name: 'order', text: 'select id from orders where id = $1', values: [i] })).rows).toEqual([{ id: i }])
      const { rows } = await client.query({ text: "select 7::int4 as n, true as yes, 'x'::text as t", values: [], binary: true } as never) as { rows: unknown[] }
      expect(rows).toEqual([{ n: 7, yes: true, t: 'x' }])
    })
  })

  test('pg-cursor reads in steps, and is closed early', async () => {
    await withClient(async (client) => {
      const cursor = client.query(new Cursor<{ id: number }>('select id from orders order by id'))
      expect((await cursor.read(3)).map(({ id }) => id)).toEqual([1, 2, 3])
      expect((await cursor.read(2)).map(({ id }) => id)).toEqual([4, 5])
      await cursor.close()
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    })
  })

  test('COPY both ways, and a COPY that fails', async () => {
    await withClient(async (client) => {
      await client.query('create table copied (id int, note text)')
      await pipeline(Readable.from(Array.from({ length: 5_000 }, (_, i) => `${i}\tnote ${i}\n`)), client.query(copyFrom('copy copied from stdin')))
      expect((await client.query('select count(*)::int as n, max(id) as m from copied')).rows).toEqual([{ n: 5_000, m: 4_999 }])
      expect((await collected(client.query(copyTo('copy copied to stdout (format csv)')))).split('\n')).toHaveLength(5_001)
      await expect(pipeline(Readable.from(['not a number\tx\n']), client.query(copyFrom('copy copied from stdin')))).rejects.toMatchObject({ code: '22P02' })
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    })
  })

  test('transactions with savepoints', async () => {
    await withClient(async (client) => {
      await client.query('begin')
      await client.query("insert into orders (id, note) values (9001, 'kept')")
      await client.query('savepoint a')
      await expect(client.query("insert into orders (id, note) values (9001, 'twice')")).rejects.toMatchObject({ code: '23505', constraint: 'orders_pkey' })
      await expect(client.query('select 1')).rejects.toMatchObject({ code: '25P02' })
      await client.query('rollback to savepoint a')
      await client.query('commit')
      expect((await client.query('select note from orders where id = 9001')).rows).toEqual([{ note: 'kept' }])
    })
  })

  test('LISTEN and NOTIFY between two sessions', async () => {
    await withClient(async (listener) => {
      await listener.query('listen news')
      const heard = new Promise((done) => { listener.once('notification', done) })
      await pool.query("select pg_notify('news', 'hello ü')")
      expect(await heard).toMatchObject({ channel: 'news', payload: 'hello ü' })
    })
  })

  test('a cancel ends the statement and nothing else', async () => {
    await withClient(async (client) => {
      const slow = client.query('select pg_sleep(30)')
      setTimeout(() => {
        const { processID, secretKey } = client as unknown as { processID: number; secretKey: number }
        const request = Buffer.alloc(16)
        for (const [at, value] of [16, 80_877_102, processID, secretKey].entries()) request.writeInt32BE(value, at * 4)
        void RawClient.open(gateway.host, gateway.port).then((other) => other.send(request))
      }, 200)
      await expect(slow).rejects.toMatchObject({ code: '57014' })
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    })
  })
})

group('postgres.js', () => {
  test('pipelines on one connection, prepared statements, types', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => sql<{ n: number; t: string }[]>`select ${i}::int as n, ${`t${i}`}::text as t`))
    expect(answers.map(([row]) => row?.n)).toEqual(Array.from({ length: 100 }, (_, i) => i))
    expect(await sql`select ${sql.array([1, 2])}::int[] as a, ${sql.json({ k: 1 })}::jsonb as j, ${null}::text as z`).toEqual([{ a: [1, 2], j: { k: 1 }, z: null }])
    expect(await sql`select id from orders where id in ${sql([1, 2, 3])} order by id`).toHaveLength(3)
    expect(await sql`select 1 as a; select 2 as b`.simple()).toEqual([[{ a: 1 }], [{ b: 2 }]])
  })

  test('an error in a pipeline is its own, and the connection goes on', async () => {
    const results = await Promise.allSettled([sql`select 1 as a`, sql`select 1/0`, sql`select nothing_here`, sql`select 2 as b`])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
  })

  test('a cursor, as blocks and as an iterator', async () => {
    const blocks: number[] = []
    await sql`select x from generate_series(1, 25) x`.cursor(10, (rows) => { blocks.push(rows.length) })
    expect(blocks).toEqual([10, 10, 5])
    for await (const [row] of sql`select x from generate_series(1, 25) x`.cursor()) if ((row as { x: number }).x === 3) break
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }])
  })

  test('COPY streams both ways', async () => {
    await sql`create table streamed (id int, note text)`
    await pipeline(Readable.from(Array.from({ length: 1_000 }, (_, i) => `${i}\tn${i}\n`)), await sql`copy streamed from stdin`.writable())
    expect((await collected(await sql`copy streamed to stdout`.readable())).split('\n')).toHaveLength(1_001)
  })

  test('begin, savepoint, and an error that rolls back', async () => {
    await sql.begin(async (tx) => {
      await tx`insert into orders (id, note) values (9100, 'outer')`
      await tx.savepoint((inner) => inner`insert into orders (id, note) values (9100, 'again')`).catch(() => undefined)
      await tx`update orders set note = 'updated' where id = 9100`
    })
    expect(await sql`select note from orders where id = 9100`).toEqual([{ note: 'updated' }])
    await expect(sql.begin(async (tx) => { await tx`delete from orders where id = 9100`; throw new Error('changed my mind') })).rejects.toThrow('changed my mind')
    expect(await sql`select count(*)::int as n from orders where id = 9100`).toEqual([{ n: 1 }])
  })

  test('listen, notify and cancel', async () => {
    const heard = new Promise((done) => { void sql.listen('js', done, () => { void sql.notify('js', 'from postgres.js') }) })
    expect(await heard).toBe('from postgres.js')
    const slow = sql`select pg_sleep(30)`.execute()
    setTimeout(() => slow.cancel(), 300)
    await expect(slow).rejects.toMatchObject({ code: '57014' })
  })
})

test('a COPY by the extended protocol, as libpq sends it: Sync before the data, and after it', async () => {
  const client = await RawClient.signIn(gateway, await gateway.token({ sub: 'ada' }))
  await client.ask([query('create table by_libpq (id int)')])
  client.send(parse('', 'copy by_libpq from stdin'), bind('', ''), describe('P', ''), execute(''), sync)
  await client.until(() => client.frames().some(({ type }) => type === 'G'))
  const done = await client.ask([frame('d', [...Buffer.from('1\n2\n')]), frame('c'), sync])
  expect(done.map(({ type }) => type).join('')).toBe('CZ')
  expect((await client.ask([query('select count(*) from by_libpq')])).map(({ type }) => type).join('')).toBe('TDCZ')
  client.end()
})

const hasPsql = spawn('psql', ['--version'], { stdio: 'ignore' })
const psqlIsThere = new Promise<boolean>((done) => { hasPsql.once('error', () => done(false)).once('close', (code) => done(code === 0)) })

test.runIf(await psqlIsThere)('psql: \\copy both ways, \\d, variables and \\gset', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-psql-'))
  writeFileSync(join(folder, 'in.csv'), 'id,note\n1,"a,b"\n2,ü\n')
  const script = ['create table imported (id int, note text);', String.raw`\copy imported from in.csv with (format csv, header)`, String.raw`\copy (select * from imported order by id) to out.csv with (format csv, header)`,
    String.raw`\d imported`, String.raw`select count(*) as n from imported \gset`, String.raw`\echo rows :n`, String.raw`\set FETCH_COUNT 10`, 'select count(*) from (select * from orders) o;', 'select id from orders where id <= 25 order by id;'].join('\n')
  const psql = spawn('psql', ['-X', '-v', 'ON_ERROR_STOP=1', '-At', `host=${gateway.host} port=${gateway.port} dbname=shop user=me`], {
    cwd: folder, env: { ...process.env, PGPASSWORD: await gateway.token({ sub: 'ada' }) }, stdio: ['pipe', 'pipe', 'pipe'],
  })
  psql.stdin.end(script)
  const [output, errors, code] = await Promise.all([collected(psql.stdout), collected(psql.stderr), new Promise((done) => { psql.once('close', done) })])
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  expect(output).toContain('rows 2')
  expect(output.trimEnd().endsWith('24\n25')).toBe(true)
  expect(readFileSync(join(folder, 'out.csv'), 'utf8')).toBe('id,note\n1,"a,b"\n2,ü\n')
  rmSync(folder, { recursive: true, force: true })
})
