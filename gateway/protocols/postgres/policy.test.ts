// Rules over columns, functions, estimated rows and time, and rules in shadow, as a client meets them: a whole gateway on a real PostgreSQL.
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { framesOf } from '../../recording/format.ts'
import { walkJournal } from '../../recording/walk.ts'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { startPostgres, type RealPostgres } from '../../testing/real-postgres.ts'

const policy = `
policy: guarded
connections: [shop]
rules:
  - { id: read, who: { groups: [readers] }, allow: { sql: select, on: public.customers, columns: [id, name] } }
  - { id: write, who: { groups: [writers] }, allow: { sql: "*", on: "public.*" } }
  - { id: no-sleep, who: { groups: [writers] }, deny: { functions: [pg_sleep] } }
  - { id: not-many, who: { groups: [writers] }, deny: { sql: [select, delete], on: "public.*" }, rows-over: 100 }
  - { id: ask-for-many, who: { groups: [writers] }, approve: { sql: update, on: "public.*" }, rows-over: 100, by: { groups: [dba] } }
  - { id: never-open, who: { groups: [late] }, allow: { sql: select }, when: 'now < timestamp("2020-01-01T00:00:00Z")' }
  - { id: would-deny, who: { groups: [writers] }, deny: { sql: insert }, mode: shadow }
  - { id: would-allow, who: { groups: [readers] }, allow: { sql: select, on: public.orders }, mode: shadow }
`

let postgres: RealPostgres
let gateway: TestGateway
let direct: Client

beforeAll(async () => {
  postgres = await startPostgres()
  const database = await postgres.database('shop')
  direct = new Client({ ...database })
  await direct.connect()
  await direct.query(`create table customers (id int primary key, name text, ssn text); insert into customers values (1, 'ann', '1'), (2, 'bob', '2');
    create table orders (id int primary key, note text); insert into orders select n, 'note' from generate_series(1, 2000) n; analyze`)
  gateway = await startTestGateway({ database, policies: { guarded: policy } })
}, 90_000)
afterAll(async () => {
  await gateway?.stop()
  await direct?.end()
  await postgres?.stop()
})

async function as<T>(group: string, use: (client: Client) => Promise<T>): Promise<T> {
  const password = await gateway.token({ sub: group, groups: [group] })
  const client = new Client({ host: gateway.host, port: gateway.port, user: 'x', database: 'shop', password, ssl: false })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

/** `ok`, or the message of the refusal. */
const tried = (client: Client, text: string, values: readonly unknown[] = []): Promise<string> =>
  client.query(text, [...values]).then(() => 'ok', (error: unknown) => (error as Error).message)

test('an allow with columns gives these columns only', async () => {
  await as('readers', async (client) => {
    expect(await tried(client, 'select c.id, upper(c.name) as n from customers c order by n')).toBe('ok')
    expect(await tried(client, 'select ssn from customers')).toContain('no rule allows select on public.customers (column ssn)')
    expect(await tried(client, 'select * from customers')).toContain('(all columns)')
    expect(await tried(client, 'select c.row_to_json from customers c')).toContain('no rule allows')
    expect(await tried(client, 'select id from customers where ssn = $1', ['1'])).toContain('(column ssn)')
  })
})

test('a function that is denied is not called in any form', async () => {
  await as('writers', async (client) => {
    for (const text of ['select pg_sleep(0)', 'select pg_catalog.pg_sleep(0)', 'select (0).pg_sleep', 'do $$ begin perform 1; end $$']) {
      expect([text, await tried(client, text)]).toEqual([text, expect.stringContaining('denied by rule no-sleep')])
    }
    expect(await tried(client, 'select lower(note) from orders limit 1')).toBe('ok')
  })
})

describe('rows-over', () => {
  test('is decided by what PostgreSQL\'s planner estimates, with the values that are bound', async () => {
    await as('writers', async (client) => {
      expect(await tried(client, 'select * from orders')).toContain('denied by rule not-many (policy guarded): select is not allowed on public.orders of what may be more than 100 rows')
      expect(await tried(client, 'select * from orders limit 5')).toBe('ok')
      expect(await tried(client, 'select * from orders where id = $1', [7])).toBe('ok')
      expect(await tried(client, 'select * from orders where id < $1', [20])).toBe('ok')
      expect(await tried(client, 'select * from orders where id < $1', [1_900])).toContain('not-many')
      expect(await tried(client, 'delete from orders where id > 1000')).toContain('not-many')
    })
    expect((await direct.query('select 1 from orders')).rowCount).toBe(2_000)
  })

  test('asks for a prepared statement each time it is bound', async () => {
    await as('writers', async (client) => {
      const named = (limit: number) => client.query({ name: 'mine', text: 'select * from orders where id < $1', values: [limit] }).then(({ rowCount }) => rowCount, (error: unknown) => (error as Error).message)
      expect(await named(10)).toBe(9)
      expect(await named(1_500)).toContain('not-many')
      expect(await named(20)).toBe(19)
    })
  })

  test('counts what cannot be estimated as more', async () => {
    await as('writers', async (client) => {
      for (const text of ['select 1 from orders limit 1; select 1 from orders limit 1', 'prepare p as select * from orders limit 1', 'explain analyze select * from orders limit 1']) {
        expect([text, await tried(client, text)]).toEqual([text, expect.stringContaining('not-many')])
      }
      await client.query('begin')
      await client.query('create table made (id int)')
      expect(await tried(client, 'select * from made')).toContain('not-many')
      await client.query('rollback')
      await client.query('set search_path = public')
      expect(await tried(client, 'select * from orders limit 1')).toContain('not-many')
    })
  })

  test('of an approve lets few rows pass without asking', async () => {
    await as('writers', async (client) => {
      expect(await tried(client, 'update orders set note = \'x\' where id = 3')).toBe('ok')
    })
    const password = await gateway.token({ sub: 'writers', groups: ['writers'] })
    const held = new Client({ host: gateway.host, port: gateway.port, user: 'x', database: 'shop', password, ssl: false })
    held.on('error', () => undefined)
    await held.connect()
    const said = new Promise<string>((resolve) => held.once('notice', ({ message }) => resolve(message ?? '')))
    const outcome = tried(held, 'update orders set note = \'held\' where id > 3')
    expect(await said).toMatch(/waiting for approval .* by dba/)
    await held.end()
    expect(await outcome).not.toBe('ok')
    expect((await direct.query('select 1 from orders where note = \'held\'')).rowCount).toBe(0)
  })
})

test('an allow outside its time allows nothing', async () => {
  await as('late', async (client) => expect(await tried(client, 'select 1')).toContain('no rule allows select'))
})

test('a rule in shadow is recorded with what it would have done, and does nothing', async () => {
  await as('writers', async (client) => expect(await tried(client, 'insert into orders values (5000, \'shadowed\')')).toBe('ok'))
  await as('readers', async (client) => expect(await tried(client, 'select note as unlisted from orders')).toContain('no rule allows select'))
  expect((await direct.query('delete from orders where id = 5000')).rowCount).toBe(1)
  const shadows = (await verdicts()).flatMap(({ shadow, effect }) => (shadow === undefined ? [] : [{ shadow, effect }]))
  expect(shadows).toContainEqual({ effect: 'allow', shadow: [{ policy: 'guarded', rule: 'would-deny', effect: 'deny' }] })
  expect(shadows).toContainEqual({ effect: 'deny', shadow: [{ policy: 'guarded', rule: 'would-allow', effect: 'allow' }] })
})

async function verdicts(): Promise<readonly Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = []
  for await (const event of walkJournal(join(gateway.folder, 'data', 'recordings'))) {
    if (event.kind !== 'batch') continue
    for (const section of event.batch.sections) {
      for (const frame of framesOf(section)) if (frame.kind === 'verdict' && frame.data.type === 'json') found.push(frame.data.value)
    }
  }
  return found
}
