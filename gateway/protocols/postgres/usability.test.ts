// Ordinary work under masks: each statement goes to the database directly and through the gateway, as somebody for whom four columns
// are masked. It must work, and every column that carries none of their values must come as it is.
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, type QueryArrayResult } from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { startPostgres, type DatabaseAddress, type RealPostgres } from '../../testing/real-postgres.ts'
import { analysts } from './testing/usability/analysts.ts'
import type { UsabilityCase } from './testing/usability/case.ts'
import { engineers } from './testing/usability/engineers.ts'
import { orms } from './testing/usability/orms.ts'
import { psqlCommands } from './testing/usability/psql.ts'
import { policy, schema } from './testing/usability/schema.ts'
import { rightlyRefused, tools } from './testing/usability/tools.ts'

let postgres: RealPostgres
let database: DatabaseAddress
let gateway: TestGateway
const clients: Client[] = []
let direct: Client
let through: { readonly analyst: Client; readonly engineer: Client }

/** Values as the server writes them: no driver's idea of types between. */
const types = { getTypeParser: () => (value: unknown) => (value instanceof Buffer ? value.toString() : value) }

async function signedIn(address: Partial<DatabaseAddress>): Promise<Client> {
  const client = new Client({ ...address, types } as never)
  client.on('error', () => undefined)
  await client.connect()
  clients.push(client)
  return client
}

const asMe = async (group: string) => signedIn({ host: gateway.host, port: gateway.port, database: 'shop', user: 'me', password: await gateway.token({ sub: group, groups: [group] }) })

beforeAll(async () => {
  postgres = await startPostgres()
  database = await postgres.database('shop')
  direct = await signedIn({ ...database })
  await direct.query(schema)
  gateway = await startTestGateway({ database, policies: { shop: policy } })
  through = { analyst: await asMe('analysts'), engineer: await asMe('engineers') }
})
afterAll(async () => {
  for (const client of clients) await client.end().catch(() => undefined)
  await gateway?.stop()
  await postgres?.stop()
})

interface Answer { readonly names: readonly string[]; readonly rows: readonly (readonly unknown[])[] }

async function answersOf(client: Client, { sql, parameters }: UsabilityCase): Promise<readonly Answer[]> {
  if (/^copy .* to stdout$/i.test(sql)) {
    const chunks: Buffer[] = []
    for await (const chunk of client.query(copyTo(sql)) as AsyncIterable<Buffer>) chunks.push(chunk)
    return [{ names: [], rows: [[Buffer.concat(chunks).toString()]] }]
  }
  const given = await client.query({ text: sql, rowMode: 'array', ...(parameters !== undefined && { values: [...parameters] }) }) as unknown as QueryArrayResult | QueryArrayResult[]
  return (Array.isArray(given) ? given : [given]).map(({ fields, rows }) => ({ names: (fields ?? []).map(({ name }) => name), rows: rows as unknown[][] }))
}

/** `begin` may not stand around what cannot run in a transaction, and is not needed for what reads. */
async function tried(client: Client, one: UsabilityCase, isUndone: boolean): Promise<readonly Answer[]> {
  if (!isUndone) return answersOf(client, one)
  await client.query('begin')
  try {
    return await answersOf(client, one)
  } finally {
    await client.query('rollback')
  }
}

async function expectUsable(client: Client, one: UsabilityCase, isUndone = false): Promise<void> {
  const expected = await tried(direct, one, isUndone)
  const given = await tried(client, one, isUndone)
  expect(given.map(({ names, rows }) => ({ names, rows: rows.length }))).toEqual(expected.map(({ names, rows }) => ({ names, rows: rows.length })))
  for (const [at, { names, rows }] of given.entries()) {
    const columns = names.length === 0 ? rows.slice(0, 1).flatMap((row) => row.map((_, index) => index)) : names.map((_, index) => index)
    for (const index of columns) {
      const [seen, wanted] = [rows.map((row) => row[index]), expected[at]!.rows.map((row) => row[index])]
      const name = names[index] ?? '?'
      if (one.masked?.includes(name)) expect(seen, `${name} is masked`).toEqual(wanted.map((value) => (value === null ? null : maskedForm(value, seen))))
      else if (one.varies === 'all' || one.varies?.includes(name)) expect(seen.filter((value) => value === '[masked]'), `${name} is clear`).toEqual([])
      else expect(seen, `${name} is clear`).toEqual(wanted)
    }
  }
}

/** Texts become `[masked]`, numbers NULL. */
const maskedForm = (value: unknown, seen: readonly unknown[]): unknown => (/^[\d.]+$/.test(String(value)) && !seen.includes('[masked]') ? null : '[masked]')

const named = (cases: readonly UsabilityCase[]) => cases.map((one) => [one.sql.replaceAll(/\s+/g, ' ').slice(0, 140), one] as const)

describe('an analyst', () => {
  test.each(named(analysts))('%s', async (_, one) => {
    await expectUsable(through.analyst, one)
  })
})

describe('an engineer', () => {
  test.each(named(engineers))('%s', async (_, one) => {
    await expectUsable(through.engineer, one, true)
  })

  test('COPY FROM STDIN', async () => {
    const stream = through.engineer.query(copyFrom('copy spare from stdin (format csv)'))
    await new Promise((done, failed) => { stream.once('finish', done).once('error', failed).end('77,in\n') })
    expect((await direct.query("delete from spare where id = 77 returning note")).rows).toEqual([{ note: 'in' }])
  })

  test('a transaction that fails, goes back to a savepoint and is committed', async () => {
    const client = through.engineer
    await client.query('begin isolation level repeatable read')
    await client.query("insert into spare values (88, 'kept')")
    await client.query('savepoint one')
    await expect(client.query('insert into orders (id, customer_id) values (1, 1)')).rejects.toMatchObject({ code: '23505' })
    await client.query('rollback to savepoint one')
    await client.query('commit')
    expect((await direct.query('delete from spare where id = 88 returning note')).rows).toEqual([{ note: 'kept' }])
  })
})

describe.each(Object.entries(orms))('%s', (_name, cases) => {
  test.each(named(cases))('%s', async (_, one) => {
    await expectUsable(through.engineer, one, !/^(?:discard|close)/i.test(one.sql))
  })
})

describe.each(Object.entries(tools))('%s', (_name, cases) => {
  test.each(named(cases))('%s', async (_, one) => {
    await expectUsable(through.analyst, one)
  })

  test('so do engineers', async () => {
    for (const one of cases) await expectUsable(through.engineer, one)
  })
})

test.each(rightlyRefused)('is refused, and says why: %s', async (sql) => {
  for (const client of [through.analyst, through.engineer]) await expect(client.query(sql)).rejects.toMatchObject({ code: '42501', message: expect.stringMatching(/^(?:denied by|no rule allows)/) })
})

describe('psql', () => {
  /** The arguments reach psql as they are: no shell between. */
  function psql(command: readonly string[], address: { readonly host: string; readonly port: number; readonly user: string; readonly password: string }, folder = tmpdir()): Promise<{ readonly code: number; readonly output: string; readonly errors: string }> {
    return new Promise((done) => {
      execFile('psql', ['-X', '--no-password', ...command, `host=${address.host} port=${address.port} dbname=shop user=${address.user}`],
        { cwd: folder, env: { ...process.env, PGPASSWORD: address.password, PAGER: '' } },
        (error, output, errors) => done({ code: error === null ? 0 : Number(error.code ?? 1), output, errors }))
    })
  }
  const mine = async () => ({ host: gateway.host, port: gateway.port, user: 'me', password: await gateway.token({ sub: 'pat', groups: ['analysts'] }) })
  const hasPsql = new Promise<boolean>((done) => { execFile('psql', ['--version'], (error) => done(error === null)) })

  test.each(psqlCommands)('%s shows what it shows on the database itself', async (command) => {
    if (!await hasPsql) return expect.unreachable('psql is not installed: apt-get install postgresql-client')
    const [expected, given] = await Promise.all([psql(['-c', command], database), psql(['-c', command], await mine())])
    expect(given.output).toBe(expected.output)
    expect(given.code).toBe(expected.code)
  })

  test('\\watch asks again and again', async () => {
    const { host, port, password } = await mine()
    const child = spawn('psql', ['-X', '--no-password', '-At', `host=${host} port=${port} dbname=shop user=me`], { env: { ...process.env, PGPASSWORD: password, PAGER: '', PSQL_WATCH_PAGER: '' }, stdio: ['pipe', 'pipe', 'ignore'] })
    child.stdin.write(String.raw`select 'people ' || count(*) from customers \watch 0.1` + '\n')
    let heard = ''
    for await (const chunk of child.stdout) {
      heard += String(chunk)
      if (heard.split('people 60').length > 3) break
    }
    child.kill()
    expect(heard.match(/people 60/g)?.length).toBeGreaterThan(2)
  })

  test('\\copy, \\gset, \\gexec, \\crosstabview and FETCH_COUNT', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-usability-'))
    writeFileSync(join(folder, 'script.sql'), [
      String.raw`\copy (select id, email, city from customers order by id limit 2) to out.csv with (format csv, header)`,
      String.raw`\copy orders (id, total) to totals.csv csv`,
      String.raw`select count(*) as n from customers \gset`, String.raw`\echo people :n`,
      String.raw`select format('select %s as value', i) from generate_series(1, 2) i \gexec`,
      String.raw`select city, status, count(*) from orders join customers c on c.id = customer_id group by 1, 2 order by 1, 2 \crosstabview`,
      String.raw`\set FETCH_COUNT 50`, 'select id, total from orders order by id;', String.raw`select 1 as bound \bind \g`,
    ].join('\n'))
    const given = await psql(['-v', 'ON_ERROR_STOP=1', '-f', 'script.sql'], await mine(), folder)
    expect(given.output).toContain('people 60')
    expect(readFileSync(join(folder, 'out.csv'), 'utf8').split('\n').slice(0, 2)).toEqual(['id,email,city', '1,[masked],Lyon'])
    expect(readFileSync(join(folder, 'totals.csv'), 'utf8').split('\n')).toHaveLength(241)
    rmSync(folder, { recursive: true, force: true })
  })
})
