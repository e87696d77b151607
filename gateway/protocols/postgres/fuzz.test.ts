// Grammar fuzzing of a live gateway from both sides: whatever a client or a hostile server says, there is an answer or an end, no
// other session notices, no masked value is heard; and how bytes are cut on their way changes nothing.
import { connect, createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { array, assert, asyncProperty, constant, constantFrom, integer, oneof, record, string, tuple, uint8Array, type Arbitrary } from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { startPostgres, type RealPostgres } from '../../testing/real-postgres.ts'
import { createShop, sentinels, shopPolicy } from '../../testing/shop.ts'
import { bind, close, dataRow, describe, execute, frame, int16, int32, parse, query, rowDescription, startup, sync, text } from './testing/messages.ts'

/** Between the gateway and the database: lets everything pass, but may answer in the database's place, or cut what it says. */
interface Between { readonly port: number; attack: Buffer; cutAt: number; readonly server: Server }

let postgres: RealPostgres
let gateway: TestGateway
let between: Between
let bystander: RawClient

beforeAll(async () => {
  postgres = await startPostgres()
  const database = await postgres.database('shop')
  await createShop(database)
  between = await openBetween(database.port)
  gateway = await startTestGateway({ database: { ...database, port: between.port }, policies: { shop: shopPolicy }, seams: { handshakeMs: 500 } })
  bystander = await signedIn()
})
afterAll(async () => {
  bystander?.end()
  await gateway?.stop()
  between?.server.close()
  await postgres?.stop()
})

const marker = 'attack me'

async function openBetween(port: number): Promise<Between> {
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const [one, other] of [[near, far], [far, near]] as const) one.on('error', () => undefined).on('close', () => other.destroy())
    near.on('data', (chunk: Buffer) => void (chunk.includes(marker) ? near.write(state.attack) : far.write(chunk)))
    far.on('data', (chunk: Buffer) => {
      const at = Math.min(state.cutAt, chunk.length)
      near.write(chunk.subarray(0, at))
      if (at === chunk.length) return
      far.pause()
      setTimeout(() => { near.write(chunk.subarray(at)); far.resume() }, 1)
    })
  })
  await new Promise<void>((done) => { server.listen(0, '127.0.0.1', done) })
  const state = { port: (server.address() as { port: number }).port, attack: Buffer.alloc(0), cutAt: Infinity, server }
  return state
}

async function signedIn(groups = ['engineers']): Promise<RawClient> {
  return RawClient.signIn(gateway, await gateway.token({ sub: groups.join('-'), groups }))
}

async function expectUnharmed(): Promise<void> {
  expect((await bystander.ask([query('select 1')])).map(({ type }) => type).join('')).toBe('TDCZ')
}
function expectNoSentinel(client: RawClient): void {
  const heard = client.heard.toString('latin1').toLowerCase()
  for (const sentinel of [sentinels.email, sentinels.ssn]) expect(heard).not.toContain(sentinel.toLowerCase())
}

const name = constantFrom('', 's', 'p', 'x')
const sqlText = constantFrom('select 1', 'select upper(email) from customers', 'select id from orders', 'begin', 'commit', 'rollback', 'drop table orders', 'select 1/0', '', ';', 'copy orders (id, note) from stdin',
  'copy (select 1) to stdout', 'declare x cursor for select email from customers', 'fetch all from x', 'close x', 'prepare s as select max(ssn) from customers', 'execute s', 'deallocate all', 'select 1; select 2', 'nonsense')
const bytes = uint8Array({ maxLength: 40 }).map((some) => [...some])
const lyingLength = constantFrom(0, 3, 4, 5, 100, 65_536, 2_147_483_647, -1, -2_147_483_648)
const lyingCount = constantFrom(0, 1, 2, 255, 32_767, 65_535)

const whole: Arbitrary<Buffer> = oneof(
  sqlText.map(query), tuple(name, sqlText).map(([n, s]) => parse(n, s)), tuple(name, name).map(([p, s]) => bind(p, s)), name.map((n) => execute(n)),
  tuple(constantFrom('S' as const, 'P' as const), name).map(([kind, n]) => describe(kind, n)), tuple(constantFrom('S' as const, 'P' as const), name).map(([kind, n]) => close(kind, n)),
  constant(sync), constant(frame('H')), bytes.map((some) => frame('d', some)), constant(frame('c')), constant(frame('f', text('no'))),
)
const lying: Arbitrary<Buffer> = oneof(
  tuple(integer({ min: 0, max: 255 }), lyingLength, bytes).map(([type, length, body]) => Buffer.from([type, ...int32(length), ...body])),
  tuple(integer({ min: 0, max: 255 }), bytes).map(([type, body]) => frame(String.fromCharCode(type), body)),
  tuple(name, name, lyingCount, lyingCount, bytes).map(([p, s, formats, values, body]) => frame('B', text(p), text(s), int16(formats), int16(values), body)),
  tuple(name, sqlText, lyingCount, bytes).map(([n, s, types, body]) => frame('P', text(n), text(s), int16(types), body)),
  string({ maxLength: 20 }).map((s) => frame('Q', [...Buffer.from(s)])), tuple(name, bytes).map(([n, body]) => frame('E', text(n), body)),
  sqlText.map((s) => Buffer.concat([query(s).subarray(0, -1), sync])), bytes.map((body) => frame('F', body)), bytes.map((body) => frame('p', body)), constant(startup({ user: 'again' })),
)

test('a client of any messages is answered and, at the first that is none, sent away', async () => {
  await assert(asyncProperty(array(oneof({ weight: 4, arbitrary: whole }, { weight: 1, arbitrary: lying }), { minLength: 1, maxLength: 10 }), async (messages) => {
    const client = await signedIn()
    client.send(...messages)
    await sleep(40)
    // What waits for the rest of a message, or of a COPY, gets it; then comes what is no message, and that must be the end.
    client.send(frame('f', text('enough')), sync, query('select 1'), Buffer.alloc(70_000))
    await client.closed()
    client.end()
    expectNoSentinel(client)
    await expectUnharmed()
  }), { numRuns: 150 })
}, 60_000)

test('before sign-in, any bytes are answered or cut off', async () => {
  const packet = oneof(
    tuple(lyingLength, constantFrom(196_608, 196_610, 80_877_102, 80_877_103, 80_877_104, 131_072, 0), bytes).map(([length, code, body]) => Buffer.from([...int32(length), ...int32(code), ...body])),
    bytes.map((body) => Buffer.from([...int32(body.length + 8), ...int32(196_608), ...body])), bytes.map((body) => Buffer.from(body)), bytes.map((body) => Buffer.from([0x16, 3, 1, ...body])),
    constant(startup({ user: 'me', database: 'shop' })), constant(startup({ user: 'me', database: 'shop', _pq_: 'x', options: '-c role=postgres' })), bytes.map((body) => frame('p', body)),
  )
  await assert(asyncProperty(array(array(packet, { minLength: 1, maxLength: 3 }), { minLength: 20, maxLength: 20 }), async (strangers) => {
    const clients = await Promise.all(strangers.map(() => RawClient.open(gateway.host, gateway.port)))
    for (const [at, client] of clients.entries()) for (const message of strangers[at]!) client.send(message)
    await Promise.all(clients.map((client) => client.closed()))
    await expectUnharmed()
  }), { numRuns: 8 })
}, 60_000)

const secret = `1-${sentinels.email}`
const backendMessage: Arbitrary<Buffer> = oneof(
  record({ table: constantFrom(0, 16_384, 99_999), column: constantFrom(0, 1, 3), type: constantFrom(25, 23, 17, 600), format: constantFrom(0, 1, 2) }).map((field) => rowDescription([{ name: 'c', ...field }])),
  array(constantFrom(secret, null, 'x'), { maxLength: 4 }).map((values) => dataRow(values)),
  tuple(lyingCount, lyingLength).map(([count, length]) => frame('D', int16(count), int32(length), [...Buffer.from(secret)])),
  tuple(constantFrom(...'EN'), constantFrom(...'MDHWqs')).map(([type, field]) => frame(type, text('SERROR'), text('C42P01'), text(`${field}${secret}`), [0])),
  constant(frame('E', [...Buffer.from(`M${secret}`)])), constant(frame('A', int32(1), text('channel'), text(secret))), constant(frame('S', text('client_encoding'), text('LATIN1'))),
  tuple(integer({ min: 0, max: 255 }), lyingLength).map(([type, length]) => Buffer.from([type, ...int32(length), ...Buffer.from(secret)])),
  constantFrom(frame('Z', [73]), frame('Z', [0]), frame('Z', [69, 69]), frame('1'), frame('2'), frame('3'), frame('n'), frame('s'), frame('I'), frame('t', int16(1), int32(25)), frame('C', text('SELECT 1')), frame('C')),
  constantFrom(frame('G', [0], int16(0)), frame('H', [0], int16(0)), frame('W', [0], int16(0)), frame('d', [...Buffer.from(secret)]), frame('c'), frame('R', int32(0)), frame('R', int32(3)), frame('K', int32(1), int32(2)), frame('v', int32(0), int32(0)), frame('V', int32(1), [0])),
)

test.each(['simple', 'extended'])('a server of any messages tells a masked client nothing (%s)', async (protocol) => {
  const statement = `select upper(email) from customers /* ${marker} */`
  const asked = protocol === 'simple' ? [query(statement)] : [parse('', statement), bind('', ''), describe('P', ''), execute(''), sync]
  await assert(asyncProperty(array(backendMessage, { minLength: 1, maxLength: 8 }), async (answer) => {
    const client = await signedIn()
    between.attack = Buffer.concat(protocol === 'simple' ? answer : [frame('1'), frame('2'), ...answer])
    client.send(...asked)
    await sleep(25)
    client.end()
    expectNoSentinel(client)
    await expectUnharmed()
  }), { numRuns: 150 })
}, 60_000)

test.each<[string, readonly Buffer[]]>([
  ['rows without a description', [dataRow([secret])]],
  ['a row with more fields than described', [rowDescription([{ name: 'c' }]), dataRow(['x', secret])]],
  ['a row with a field longer than itself', [rowDescription([{ name: 'c' }]), frame('D', int16(1), int32(1_000), [...Buffer.from(secret)])]],
  ['a second answer', [frame('C', text('SELECT 0')), frame('Z', [73]), rowDescription([{ name: 'c' }]), dataRow([secret])]],
  ['ready before it has answered', [frame('Z', [73])]],
  ['COPY that nobody asked for', [frame('G', [0], int16(0))]],
  ['a password asked for again', [frame('R', int32(3))]],
  ['a length of 2^31-1', [Buffer.from([0x44, ...int32(2_147_483_647)])]],
  ['a length of 3', [Buffer.from([0x44, ...int32(3)])]],
])('a server that sends %s ends the session', async (_, answer) => {
  const client = await signedIn()
  between.attack = Buffer.concat(answer)
  client.send(query(`select upper(email) from customers /* ${marker} */`))
  await client.closed()
  expectNoSentinel(client)
  await expectUnharmed()
})

test('rows after NoData end the session', async () => {
  const client = await signedIn()
  between.attack = Buffer.concat([frame('1'), frame('2'), frame('n'), dataRow([secret]), rowDescription([{ name: 'c' }])])
  client.send(parse('', `select upper(email) from customers /* ${marker} */`), bind('', ''), describe('P', ''), execute(''), sync)
  await client.closed()
  expectNoSentinel(client)
  await expectUnharmed()
})

test('bytes cut at any place, on either side, mean the same', async () => {
  const conversation = Buffer.concat([query('select id, email from customers where id = 1'), query('drop table orders'), parse('s', 'select upper(email), 7 from customers where id < $1'), bind('', 's', ['3']),
    describe('P', ''), execute('', 1), close('S', 's'), sync, query('select 1/0'), query('select pg_notify(\'c\', email) from customers limit 1')])
  const client = await signedIn(['analysts'])
  const readies = () => client.frames().filter(({ type }) => type === 'Z').length
  const run = async (at: number) => {
    await client.ask([conversation.subarray(0, at)], 0)
    if (at < conversation.length) await sleep(1)
    client.send(conversation.subarray(at))
    await client.until(() => readies() === 5)
    return client.heard.toString('latin1')
  }
  const expected = await run(conversation.length)
  for (let at = 1; at < conversation.length; at++) expect(await run(at), `the client's bytes cut at ${at}`).toBe(expected)
  for (between.cutAt = 1; between.cutAt < 200; between.cutAt += 3) expect(await run(conversation.length), `the server's bytes cut at ${between.cutAt}`).toBe(expected)
  between.cutAt = Infinity
  expectNoSentinel(client)
  client.end()
}, 60_000)
