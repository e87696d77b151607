// The second attack suite: two copies of a database that differ in masked values alone, each behind a gateway. Whatever is tried,
// every byte that comes back is the same from both, and neither it nor the recording holds a value, in plain or in disguise.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { startPostgres, type DatabaseAddress, type RealPostgres } from '../../testing/real-postgres.ts'
import { copies, deciders, effects, errors, returned, rewrites, values, ways } from './testing/attacks-second.ts'
import { bind, describe as describeMessage, execute, frame, int16, int32, parse, query, reportOf, sync, text } from './testing/messages.ts'
import { extensions, policy, rows, tables, variants } from './testing/second-world.ts'

type Role = 'analysts' | 'engineers'

let postgres: RealPostgres
let gateways: readonly TestGateway[]
const open: RawClient[] = []

beforeAll(async () => {
  postgres = await startPostgres(['autovacuum = off'])
  const one = await postgres.database('one')
  const two = { ...one, database: 'two' }
  await run(one, `${extensions.map((name) => `create extension ${name};`).join(' ')} ${tables}`)
  // A copy has the same oids, which stand in every description; rows are put in alike, so that they lie in the same places.
  await run({ ...one, database: 'postgres' }, 'create database two template one')
  await run(one, rows(variants.one))
  await run(two, rows(variants.two))
  gateways = await Promise.all([one, two].map((database) => startTestGateway({ database, policies: { shop: policy } })))
}, 180_000)

afterEach(() => {
  for (const client of open.splice(0)) client.end()
})

afterAll(async () => {
  await Promise.all((gateways ?? []).map((gateway) => gateway.stop()))
  await postgres?.stop()
})

async function run(database: DatabaseAddress, sql: string): Promise<void> {
  const client = new Client({ ...database })
  await client.connect()
  await client.query(sql)
  await client.end()
}

/** The same person at both gateways. Who asks is somebody new each time, with a whole budget. */
let people = 0
async function pair(role: Role): Promise<readonly RawClient[]> {
  const sub = `${role}-${people++}`
  const clients = await Promise.all(gateways.map(async (gateway) => RawClient.signIn(gateway, await gateway.token({ sub, groups: [role] }))))
  open.push(...clients)
  return clients
}

/** As it is, reversed, in hexadecimal, in base64 at each of its three alignments; searched without regard to case. */
const forms = Object.values(variants).flatMap(({ mail, ssn, number, word }) => [mail.split('@')[0]!, ssn, String(number).slice(0, 7), word]).flatMap((value) => {
  const base64 = [0, 1, 2].map((skip) => Buffer.from('x'.repeat(skip) + value).toString('base64').slice(Math.ceil(skip * 4 / 3), -4))
  return [value, [...value].toReversed().join(''), Buffer.from(value).toString('hex'), ...base64].map((form) => form.toLowerCase())
})

function expectNothingSeen(from: Buffer, said: string): void {
  const seen = from.toString('latin1').toLowerCase()
  for (const form of forms) if (seen.includes(form) && !said.toLowerCase().includes(form)) throw new Error(`${form} got through`)
}

/** What was heard from the first, after it was found to be the same from the second. */
async function askBoth(clients: readonly RawClient[], messages: readonly Buffer[], said: string): Promise<readonly { readonly type: string; readonly body: Buffer }[]> {
  const heard = await Promise.all(clients.map(async (client) => client.ask(messages)))
  const [first, second] = heard.map((frames) => frames.map(({ type, body }) => `${type} ${body.toString('latin1')}`))
  expect(second, said).toEqual(first)
  expect(heard[0]!.at(-1)?.type, 'the session goes on').toBe('Z')
  for (const frames of heard) expectNothingSeen(Buffer.concat(frames.map(({ body }) => body)), said)
  return heard[0]!
}

/** Text for every parameter, all results in binary. */
const bindBinary = frame('B', text(''), text(''), int16(0), int16(0), int16(1), int16(1))
const extended = (sql: string): readonly Buffer[] => [parse('', sql), bindBinary, describeMessage('P', ''), execute(''), sync]

async function expectSameAlone(role: Role, sql: string): Promise<void> {
  const clients = await pair(role)
  await askBoth(clients, [query(sql)], sql)
  await askBoth(clients, extended(sql), sql)
}

async function expectSameInOrder(steps: readonly string[]): Promise<void> {
  const clients = await pair('engineers')
  for (const step of steps) await askBoth(clients, [query(step)], step)
}

describe('errors answer nothing', () => {
  test.each(errors)('%s', (sql) => expectSameAlone('analysts', sql))
})

describe('values stay', () => {
  test.each(values)('%s', async (sql) => {
    const clients = await pair('analysts')
    const heard = await askBoth(clients, [query(sql)], sql)
    // Else the equality would be that of two refusals.
    expect(heard.map(({ type, body }) => (type === 'E' ? reportOf(body)['M'] : type))).toContain('D')
    await askBoth(clients, extended(sql), sql)
  })
})

describe('masked values decide nothing', () => {
  test.each(deciders)('%s', (sql) => expectSameAlone('analysts', sql))
})

describe.each([['effects', effects], ['rewrites', rewrites], ['copies', copies], ['what is returned', returned]] as const)('%s', (_, sequences) => {
  test.each(sequences.map((steps) => [steps.join('; '), steps] as const))('%s', (__, steps) => expectSameInOrder(steps))
})

describe('ways around', () => {
  test.each(ways)('%s', (sql) => expectSameAlone('engineers', sql))
})

describe('the budget of equality', () => {
  const many = `{${Array.from({ length: 2500 }, (_, at) => at).join(',')}}`
  const asked = 'select id from customers where email = any($1)'
  const overBudget = async (client: RawClient, messages: readonly Buffer[]): Promise<void> =>
    expect((await client.ask(messages)).filter(({ type }) => type === 'E').map(({ body }) => reportOf(body)['C'])).toEqual(['54000'])

  test('counts the elements of a parameter', async () => {
    const [client] = await pair('analysts')
    await overBudget(client!, [parse('', asked), bind('', '', [many]), execute(''), sync])
  })

  test.each([`execute p('${many}')`, 'execute p(array_fill(1, array[2500])::text[])', `execute p(string_to_array(repeat('a,', 2500), ','))`])('is not enough for arrays that EXECUTE computes: %.60s', async (sql) => {
    const [client] = await pair('analysts')
    await client!.ask([query(`prepare p(text[]) as ${asked}`)])
    await overBudget(client!, [query(sql)])
  })

  test('takes no parameter of the outer statement for that of the inner one', async () => {
    const [client] = await pair('analysts')
    await client!.ask([query(`prepare p(text[]) as ${asked}`)])
    const typed = frame('P', text(''), text(`execute p('${many}')`), int16(1), int32(25))
    await overBudget(client!, [typed, bind('', '', ['x']), execute(''), sync])
  })

  test.each(['', '(email)'])('counts rows that are tried ON CONFLICT %s', async (target) => {
    const [client] = await pair('engineers')
    const tried = Array.from({ length: 2500 }, (_, at) => `(${1000 + at}, 'guess ${at}')`).join(', ')
    await overBudget(client!, [query(`insert into customers (id, email) values ${tried} on conflict ${target} do nothing returning id`)])
  })
})

describe('the recording', () => {
  const guess = variants.one.mail
  test.each([
    `select id from customers where email = '${guess}'`, `select id from customers where email in ('x', '${guess}') -- and who?`, `update customers set email = '${guess}' where id = 1`, `select id from customers where email = E'${guess}'`,
    `select id from customers where email = $q$${guess}$q$`, `prepare g as select id from customers where email = '${guess}'`, `select id from customers where (email, id) = ('${guess}', 1)`, `merge into customers c using (values (1)) v(x) on c.email = '${guess}' when matched then update set name = 'x'`,
    `insert into customers (id, email) values (1, '${guess}') on conflict (id) do update set email = excluded.email`, `select id from customers where email = any('{${guess}}')`,
  ])('hides what is compared with or written to a masked column: %.70s', async (sql) => {
    const [client] = await pair('engineers')
    await client!.ask([query('begin')])
    await client!.ask([query(sql)])
    await client!.ask([query('rollback')])
    expectNothingSeen(recorded(), '')
  })

  test('hides parameters, in text', async () => {
    const [client] = await pair('analysts')
    await client!.ask([parse('', 'select id from customers where email = $1'), bind('', '', [guess]), execute(''), sync])
    expectNothingSeen(recorded(), '')
  })

  test('holds no masked value of all that was asked', () => expectNothingSeen(recorded(), ''))
})

/** Every file of the recordings of both gateways. */
function recorded(): Buffer {
  const read = (path: string): Buffer[] => statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => read(join(path, name))) : [readFileSync(path)]
  return Buffer.concat(gateways.flatMap(({ folder }) => read(join(folder, 'data', 'recordings'))))
}
