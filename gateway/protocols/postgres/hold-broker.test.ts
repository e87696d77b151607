// Two people and a live session, with the gateway's own broker: who asks waits in PostgreSQL's tongue, who decides speaks to the API.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { callApi } from '../../testing/api.ts'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { startPostgres, type DatabaseAddress, type RealPostgres } from '../../testing/real-postgres.ts'
import { createShop } from '../../testing/shop.ts'
import { bind, execute, parse, query, reportOf, sync } from './testing/messages.ts'

const policy = (more = '') => `
policy: shop
connections: [shop]
rules:
  - { id: engineers, who: { groups: [engineers, on-call] }, allow: { sql: [select], on: ["public.*"] } }
  - { id: ask, who: { groups: [engineers, on-call] }, approve: { sql: [update], on: ["public.orders"] }, by: { groups: [on-call], count: 1 }, within: 15m }
  - { id: ask-quickly, who: { groups: [engineers] }, approve: { sql: [delete], on: ["public.orders"] }, by: { groups: [on-call], count: 1 }, within: 1s }
${more}`

let postgres: RealPostgres
let database: DatabaseAddress
let gateway: TestGateway
let direct: Client

beforeAll(async () => {
  postgres = await startPostgres()
  database = await postgres.database('shop')
  await createShop(database)
  direct = new Client({ ...database })
  await direct.connect()
  gateway = await startTestGateway({ database, policies: { shop: policy() } })
})
afterEach(async () => { await direct.query('update orders set total = id * 1.5') })
afterAll(async () => {
  await direct?.end()
  await gateway?.stop()
  await postgres?.stop()
})

const eli = () => gateway.token({ sub: 'eli', groups: ['engineers'] })
const otto = () => gateway.token({ sub: 'otto', groups: ['on-call'] })
const update = (id: number) => `update orders set total = 0 where id = ${id}`
const totalOf = async (id: number) => Number((await direct.query('select total from orders where id = $1', [id])).rows[0]?.total)
const errorOf = (frames: readonly { type: string; body: Buffer }[]) => reportOf(frames.find(({ type }) => type === 'E')?.body ?? Buffer.alloc(0))
const types = (frames: readonly { type: string }[]) => frames.map(({ type }) => type).join('')

async function openOnes(): Promise<{ readonly id: string; readonly held: readonly unknown[] }[]> {
  return (await callApi(gateway, 'GET', '/v1/approvals', await otto())).json['approvals'] as { id: string; held: unknown[] }[]
}

/** The one approval that is open, once it is. */
async function asked(): Promise<string> {
  await expect.poll(async () => (await openOnes()).length, { timeout: 10_000, interval: 20 }).toBe(1)
  return (await openOnes())[0]!.id
}

const decide = async (id: string, body: Record<string, unknown>, token: Promise<string> = otto()) => callApi(gateway, 'POST', `/v1/approvals/${id}/decision`, await token, body)

test("an engineer's psql waits, on-call approves through the API, the row count lands", async () => {
  const child = spawn('psql', ['-h', gateway.host, '-p', String(gateway.port), '-d', 'shop', '-U', 'me', '-c', update(30)], {
    env: { ...process.env, PGPASSWORD: await eli(), PGSSLMODE: 'disable', PSQLRC: '/dev/null' },
  })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString() })
  const id = await asked()
  const shown = (await callApi(gateway, 'GET', `/v1/approvals/${id}`, await otto())).json
  expect(shown).toMatchObject({
    state: 'open', requester: { id: 'test:eli' }, connection: { name: 'shop' }, rule: { policy: 'shop', rule: 'ask' },
    exact: { text: update(30), parameters: [], risk: { kinds: ['update'], estimatedRows: 1 } },
  })
  expect(await totalOf(30)).toBe(45)
  expect((await decide(id, { decision: 'approve' })).status).toBe(200)
  await once(child, 'close')
  expect([out, child.exitCode]).toEqual(['UPDATE 1\n', 0])
  expect((await callApi(gateway, 'GET', `/v1/approvals/${id}`, await otto())).json).toMatchObject({ state: 'used' })
})

test('nobody approves their own, on call or not; another on call does, and a denial says who and why', async () => {
  const client = await RawClient.signIn(gateway, await otto())
  const answered = client.ask([query(update(31))])
  const olga = gateway.token({ sub: 'olga', groups: ['on-call'] })
  await expect.poll(async () => (await callApi(gateway, 'GET', '/v1/approvals?filter=mine', await otto())).json['approvals'], { timeout: 10_000 }).toMatchObject([{ state: 'open' }])
  const { id } = ((await callApi(gateway, 'GET', '/v1/approvals?filter=mine', await otto())).json['approvals'] as { id: string }[])[0]!
  expect((await decide(id, { decision: 'approve' })).status).toBe(403)
  expect((await decide(id, { decision: 'approve' }, eli())).status).toBeGreaterThanOrEqual(403)
  expect((await decide(id, { decision: 'deny', reason: 'wait for the release' }, olga)).status).toBe(200)
  expect(errorOf(await answered)).toMatchObject({ C: '42501', M: expect.stringMatching(/denied by .*olga.*wait for the release/) })
  expect(await totalOf(31)).toBe(46.5)
  client.end()
})

test('two sessions that ask for the same join one approval, and exactly one of them runs', async () => {
  const clients = [await RawClient.signIn(gateway, await eli()), await RawClient.signIn(gateway, await eli())]
  const answers = clients.map((client) => client.ask([query('update orders set total = total + 1 where id = 40')]))
  await expect.poll(async () => (await openOnes())[0]?.held.length, { timeout: 10_000 }).toBe(2)
  await decide(await asked(), { decision: 'approve' })
  const answered = await Promise.all(answers)
  expect(answered.map((frames) => types(frames)).toSorted()).toEqual(['NCZ', 'NEZ'])
  expect(errorOf(answered.find((frames) => types(frames) === 'NEZ')!)['M']).toContain('runs one command once')
  expect(await totalOf(40)).toBe(61)
  for (const client of clients) client.end()
})

test('who goes away withdraws; who comes back asks anew', async () => {
  const client = await RawClient.signIn(gateway, await eli())
  client.send(query(update(41)))
  const id = await asked()
  client.end()
  await expect.poll(async () => (await callApi(gateway, 'GET', `/v1/approvals/${id}`, await otto())).json['state'], { timeout: 10_000 }).toBe('withdrawn')
  expect((await decide(id, { decision: 'approve' })).status).toBe(409)
  const again = await RawClient.signIn(gateway, await eli())
  const answered = again.ask([query(update(41))])
  const next = await asked()
  expect(next).not.toBe(id)
  await decide(next, { decision: 'approve' })
  expect(types(await answered)).toBe('NCZ')
  again.end()
})

test('silence is denial', async () => {
  const client = await RawClient.signIn(gateway, await eli())
  expect(errorOf(await client.ask([query('delete from orders where id = 50')]))).toMatchObject({ C: '42501', M: expect.stringContaining('has expired') })
  expect(await totalOf(50)).toBe(75)
  client.end()
})

test('what was granted for a time is not asked about again, and a revocation ends the session', async () => {
  const wanted = { connection: 'shop', kinds: ['update'], on: ['public.orders'], minutes: 5, purpose: 'INC-42' }
  const { id } = (await callApi(gateway, 'POST', '/v1/grants', await eli(), wanted)).json as { id: string }
  const client = await RawClient.signIn(gateway, await eli())
  await decide(id, { decision: 'approve' })
  const preflight = async () => (await callApi(gateway, 'POST', '/v1/connections/shop/preflight', await eli(), { text: update(61) })).json['statements']
  await expect.poll(preflight, { timeout: 10_000 }).toMatchObject([{ verdict: { kind: 'allowed' } }])
  expect(types(await client.ask([query(update(61))]))).toBe('CZ')
  expect(types(await client.ask([parse('', 'update orders set total = $1 where id = $2'), bind('', '', ['1', '62']), execute(''), sync]))).toBe('12CZ')
  const waits = client.ask([query('delete from orders where id = 62')])
  expect(errorOf(await waits)['M']).toContain('has expired')
  const [grant] = (await callApi(gateway, 'GET', '/v1/grants', await otto())).json['grants'] as { id: string }[]
  await callApi(gateway, 'POST', `/v1/grants/${grant!.id}/revoke`, await otto(), {})
  await client.closed()
  expect(reportOf(client.frames().findLast(({ type }) => type === 'E')!.body)).toMatchObject({ C: '57P01', M: expect.stringContaining('revoked') })
})

test('a stricter policy withdraws what waits, without any decision', async () => {
  const client = await RawClient.signIn(gateway, await eli())
  const answered = client.ask([query(update(60))])
  const id = await asked()
  gateway.writePolicy('shop', policy('  - { id: frozen, who: everyone, deny: { sql: [update] } }'))
  expect(errorOf(await answered)).toMatchObject({ C: '42501', M: expect.stringContaining('withdrawn') })
  await expect.poll(async () => (await callApi(gateway, 'GET', `/v1/approvals/${id}`, await eli())).json['state']).toBe('withdrawn')
  client.end()
})
