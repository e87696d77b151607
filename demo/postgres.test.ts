// The embedded PostgreSQL as people treat it: stopped, killed, started twice, interrupted. And the sample data, the same each time.
import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startPostgres } from './postgres.ts'
import { placeFor } from './postgres-place.ts'
import { keptSecret } from './secrets.ts'
import { ensureShop } from './shop/load.ts'
import { startTestPostgres, type TestPostgres } from './testing/postgres.ts'

async function ask<T extends object>(url: string, sql: string): Promise<T> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<T>(sql)).rows[0]!
  } finally {
    await client.end()
  }
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function untilGone(pid: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < 10_000 && isAlive(pid); waitedMs += 50) await sleep(50)
  return !isAlive(pid)
}

const pidIn = (cluster: string) => Number(readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0])

describe('the server', () => {
  let data: string
  let cluster: string

  beforeEach(() => {
    data = join(tmpdir(), `gatehouse-pgtest-${randomUUID()}`)
    mkdirSync(data, { mode: 0o755 })
    cluster = placeFor(data).cluster
  })
  afterEach(() => { for (const folder of [data, join(cluster, '..')]) rmSync(folder, { recursive: true, force: true }) })

  test('keeps its data and its password from one start to the next', async () => {
    const first = await startPostgres({ data })
    await ask(first.superuserUrl, 'create table kept as select 41 + 1 as answer')
    await first.stop()
    const second = await startPostgres({ data })
    try {
      expect(await ask(second.superuserUrl, 'select answer from kept')).toEqual({ answer: 42 })
      expect(new URL(second.superuserUrl).password).toBe(new URL(first.superuserUrl).password)
    } finally {
      await second.stop()
    }
  })

  test('is gone after stop, and takes no password but its own', async () => {
    const server = await startPostgres({ data })
    const pid = pidIn(cluster)
    const wrong = new URL(server.superuserUrl)
    wrong.password = 'another'
    await expect(ask(wrong.href, 'select 1')).rejects.toThrow('password authentication failed')
    await server.stop()
    expect(isAlive(pid)).toBe(false)
    expect(existsSync(join(cluster, 'postmaster.pid'))).toBe(false)
  })

  test('does not outlive a demo that was killed outright', async () => {
    const parent = startInChild(data)
    const url = await lineOf(parent)
    const pid = pidIn(cluster)
    expect(await ask(url, 'select 1 as one')).toEqual({ one: 1 })
    parent.kill('SIGKILL')
    expect(await untilGone(pid)).toBe(true)
  })

  test('starts again after parent and guard were killed together, by stopping what they left behind', async () => {
    const parent = startInChild(data)
    await lineOf(parent)
    const pid = pidIn(cluster)
    const guard = guardOf(pid)
    parent.kill('SIGSTOP')
    process.kill(guard, 'SIGKILL')
    parent.kill('SIGKILL')
    expect(isAlive(pid)).toBe(true)
    const server = await startPostgres({ data })
    expect(pidIn(cluster)).not.toBe(pid)
    await server.stop()
    expect(await untilGone(pid)).toBe(true)
  })

  test('starts although postmaster.pid names a stranger: pids come round again', async () => {
    await (await startPostgres({ data })).stop()
    writeFileSync(join(cluster, 'postmaster.pid'), `${process.pid}\n${cluster}\n`)
    const server = await startPostgres({ data })
    await server.stop()
    expect(isAlive(process.pid)).toBe(true)
  })

  test('an initdb that was interrupted leaves nothing that the next start would take for a cluster', async () => {
    mkdirSync(`${cluster}.new`, { recursive: true })
    writeFileSync(join(`${cluster}.new`, 'PG_VERSION'), '18\n')
    keptSecret(data, 'postgres-superuser')
    const server = await startPostgres({ data })
    await server.stop()
    expect(readdirSync(join(cluster, '..')).sort()).toEqual(['cluster', 'postgres.log'])
  })

  test.runIf(process.getuid?.() === 0)('as root, below a folder that PostgreSQL’s user cannot pass, the cluster lives elsewhere and is cleared away when that folder is gone', async () => {
    const closed = join(data, 'closed')
    mkdirSync(closed, { mode: 0o700 })
    const server = await startPostgres({ data: closed })
    expect(await ask(server.superuserUrl, 'select 1 as one')).toEqual({ one: 1 })
    await server.stop()
    expect(statSync(closed).mode & 0o777).toBe(0o700)
    const elsewhere = placeFor(closed).cluster
    expect(elsewhere.startsWith(closed)).toBe(false)
    rmSync(closed, { recursive: true })
    const other = join(data, 'other')
    mkdirSync(other, { mode: 0o700 })
    const home = join(placeFor(other).cluster, '..')
    expect(existsSync(elsewhere)).toBe(false)
    rmSync(home, { recursive: true })
  })

  test('a taken port is one line that names it', async () => {
    const server = await startPostgres({ data })
    const other = join(tmpdir(), `gatehouse-pgtest-${randomUUID()}`)
    mkdirSync(other, { mode: 0o755 })
    try {
      await expect(startPostgres({ data: other, port: server.port })).rejects.toThrow(/PostgreSQL ended at once: .*could not create any TCP\/IP sockets/)
    } finally {
      await server.stop()
      rmSync(other, { recursive: true, force: true })
    }
  })
})

/** The server under a parent of its own, which can be killed. */
function startInChild(data: string): ChildProcess {
  const source = `import { startPostgres } from ${JSON.stringify(join(import.meta.dirname, 'postgres.ts'))}
const server = await startPostgres({ data: ${JSON.stringify(data)} })
console.log(server.superuserUrl)
setInterval(() => {}, 1000)`
  return spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] })
}

function lineOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout!.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()))
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)))
  })
}

/** The parent of a process, by /proc. */
const guardOf = (pid: number) => Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[1])

describe('the sample database', () => {
  let server: TestPostgres
  let url: string

  beforeAll(async () => {
    server = await startTestPostgres()
    url = (await server.shop()).url
  })
  afterAll(() => server.stop())

  test('is the same each time it is made', async () => {
    await ensureShop({ superuserUrl: server.superuserUrl, password: 'sample-password', database: 'shop2' })
    const checksum = checksumOf(['customers', 'addresses', 'categories', 'products', 'employees', 'orders', 'order_items', 'payments', 'support_tickets', 'events', 'monthly_revenue'])
    expect(await ask(url.replace(/shop$/, 'shop2'), checksum)).toEqual(await ask(url, checksum))
  })

  test('is not made again where it is', async () => {
    expect(await ensureShop({ superuserUrl: server.superuserUrl, password: 'sample-password' })).toEqual({ loaded: false, isCurrent: true })
  })

  test('has some 100,000 rows', async () => {
    const { rows } = await ask<{ rows: number }>(url, `select sum((xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %I', relname), false, true, '')))[1]::text::int)::int as rows
      from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition`)
    expect(rows).toBeGreaterThan(100_000)
    expect(rows).toBeLessThan(130_000)
  })

  test('belongs to a plain role, the one the gateway signs in as', async () => {
    expect(await ask(url, 'select rolname, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls from pg_roles where rolname = current_user'))
      .toEqual({ rolname: 'gatehouse', rolsuper: false, rolcreaterole: false, rolcreatedb: false, rolbypassrls: false })
    expect(await ask(url, `select count(*)::int as others from pg_class where relnamespace = 'public'::regnamespace and pg_get_userbyid(relowner) <> 'gatehouse'`)).toEqual({ others: 0 })
  })

  test('adds up: orders are the sum of their items, card numbers pass Luhn', async () => {
    expect(await ask(url, `select count(*)::int as wrong from orders o where total <> (select sum(round(unit_price * quantity * (1 - discount), 2)) from order_items where order_id = o.id)`)).toEqual({ wrong: 0 })
    expect(await ask(url, `select count(*)::int as wrong from payments where card_number is not null and (select sum(case when i % 2 = 1 then d * 2 - case when d > 4 then 9 else 0 end else d end) % 10
      from generate_series(1, 16) i, lateral (select substr(card_number, i, 1)::int d)) <> 0`)).toEqual({ wrong: 0 })
  })

  test('has tickets with every kind of secret', async () => {
    const kinds = await ask<Record<string, number>>(url, `select count(*) filter (where body ~ 'AKIA[A-Z2-7]{16}')::int as aws, count(*) filter (where body ~ 'BEGIN PRIVATE KEY')::int as key,
      count(*) filter (where body ~ 'eyJ[A-Za-z0-9]+[.]ey')::int as jwt, count(*) filter (where body ~ '4242 [0-9]{4} ')::int as card,
      count(*) filter (where body ~ '[0-9]{3}-[0-9]{2}-[0-9]{4}')::int as ssn, count(*) filter (where body ~ '@')::int as email from support_tickets`)
    for (const count of Object.values(kinds)) expect(count).toBeGreaterThan(20)
  })

  test('holds social security numbers of areas that were not given out when its people were born', async () => {
    expect(await ask(url, `select count(*)::int as issued from customers where left(ssn, 3)::int not between 773 and 899 or birth_date > '2010-12-31'`)).toEqual({ issued: 0 })
  })
})

const checksumOf = (tables: readonly string[]) => `select ${tables.map((name) => `(select md5(string_agg(t::text, e'\\n' order by t::text collate "C")) from ${name} t) as ${name}`).join(', ')}`
