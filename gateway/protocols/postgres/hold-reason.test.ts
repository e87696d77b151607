// A rule that wants to be told what a command is for: asked of nobody without, by any client; said once, and remembered by its retry.
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { approvalWhole, type ApprovalWhole } from '../../../shared/approval.ts'
import { callApi } from '../../testing/api.ts'
import { startTestGateway, type TestGateway } from '../../testing/gateway.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { startPostgres, type RealPostgres } from '../../testing/real-postgres.ts'
import { createShop } from '../../testing/shop.ts'
import { query, reportOf } from './testing/messages.ts'

const policy = `
policy: shop
connections: [shop]
rules:
  - { id: read, who: { groups: [engineers] }, allow: { sql: [select], on: ["public.*"] } }
  - { id: ask, who: { groups: [engineers] }, approve: { sql: [update], on: ["public.orders"] }, by: { groups: [on-call] }, reason: required }
  - { id: ask-freely, who: { groups: [engineers] }, approve: { sql: [delete], on: ["public.orders"] }, by: { groups: [on-call] }, reason: optional }
`
let postgres: RealPostgres
let gateway: TestGateway
let direct: Client

beforeAll(async () => {
  postgres = await startPostgres()
  const database = await postgres.database('shop')
  await createShop(database)
  direct = new Client({ ...database })
  await direct.connect()
  gateway = await startTestGateway({ database, policies: { shop: policy } })
})
afterEach(async () => {
  await direct.query('update orders set total = id * 1.5')
  for (const { id } of await listed('open')) await decide(id, 'deny')
})
afterAll(async () => {
  await direct?.end()
  await gateway?.stop()
  await postgres?.stop()
})

const eli = () => gateway.token({ sub: 'eli', groups: ['engineers'] })
const otto = () => gateway.token({ sub: 'otto', groups: ['on-call'] })
const raw = async (parameters: Record<string, string> = {}) => RawClient.signIn(gateway, await eli(), parameters)
const update = (id: number) => `update orders set total = 0 where id = ${id}`
const errorOf = (frames: readonly { type: string; body: Buffer }[]) => reportOf(frames.find(({ type }) => type === 'E')?.body ?? Buffer.alloc(0))
const listed = async (filter: string) => (await callApi(gateway, 'GET', `/v1/approvals?filter=${filter}`, await otto())).json['approvals'] as ApprovalWhole[]
const decide = async (id: string, decision: string) => callApi(gateway, 'POST', `/v1/approvals/${id}/decision`, await otto(), { decision })
async function asked(): Promise<ApprovalWhole> {
  await expect.poll(async () => (await listed('open')).length, { timeout: 10_000, interval: 20 }).toBe(1)
  return approvalWhole.parse((await callApi(gateway, 'GET', `/v1/approvals/${(await listed('open'))[0]!.id}`, await otto())).json)
}

test('without one nobody is asked: the refusal says how to say it, and the session goes on', async () => {
  const client = await raw()
  const error = errorOf(await client.ask([query(update(7))]))
  expect(error).toMatchObject({ C: '42501', M: expect.stringMatching(/needs approval; nobody was asked, for the rule wants a reason with it/), H: expect.stringContaining("SET gatehouse.reason = 'INC-42: …'") })
  expect(await listed('open')).toEqual([])
  expect((await client.ask([query('select 1')])).map(({ type }) => type).join('')).toBe('TDCZ')
  client.end()
})

test.each([
  ["set gatehouse.reason = 'INC-42: the customer''s parcel'", "INC-42: the customer's parcel"],
  ["SET LOCAL gatehouse.reason TO E'INC-42\\\\ \\'x\\''", "INC-42\\ 'x'"],
  ["set gatehouse.purpose = 'by its older name'", 'by its older name'],
])('%s needs no rule and reaches who decides', async (statement, said) => {
  const client = await raw()
  expect((await client.ask([query(statement)])).map(({ type }) => type).join('')).toMatch(/^N?CZ$/)
  const answered = client.ask([query(update(7))])
  const { id, purpose } = await asked()
  expect(purpose).toBe(said)
  await decide(id, 'approve')
  expect((await answered).find(({ type }) => type === 'C')?.body.toString()).toContain('UPDATE 1')
  client.end()
})

test('said in the same text, or by the startup packet, and taken back by RESET and DISCARD ALL', async () => {
  const client = await raw()
  const answered = client.ask([query(`set gatehouse.reason = 'INC-7'; ${update(8)}`)])
  const first = await asked()
  expect(first.purpose).toBe('INC-7')
  await decide(first.id, 'deny')
  await answered
  // It was denied, and so was never said.
  expect(errorOf(await client.ask([query(update(8))]))['M']).toContain('wants a reason')
  for (const back of ['reset gatehouse.reason', 'discard all', 'reset all']) {
    await client.ask([query("set gatehouse.reason = 'INC-8'")])
    await client.ask([query(back)])
    expect(errorOf(await client.ask([query(update(8))]))['M']).toContain('wants a reason')
  }
  client.end()
  const brought = await raw({ options: '-c gatehouse.reason=INC-9' })
  const running = brought.ask([query(update(9))])
  const second = await asked()
  expect(second.purpose).toBe('INC-9')
  await decide(second.id, 'deny')
  await running
  brought.end()
})

test.each(["set gatehouse.reason = ''", "set gatehouse.reason = '   '", "set gatehouse.reason = '\u200b\u2060'"])('%s is none', async (statement) => {
  const client = await raw()
  await client.ask([query(statement)])
  expect(errorOf(await client.ask([query(update(8))]))['M']).toContain('wants a reason')
  client.end()
})

test('a retry in another session says it in other words, and joins what is open', async () => {
  const [one, two] = [await raw({ options: '-c gatehouse.reason=first' }), await raw()]
  const first = one.ask([query(update(11))])
  const { id } = await asked()
  await two.ask([query("set gatehouse.reason = 'once more'")])
  const second = two.ask([query(update(11))])
  await expect.poll(async () => (await asked()).held.length).toBe(2)
  expect(await asked()).toMatchObject({ id, purpose: 'first' })
  await decide(id, 'deny')
  await Promise.all([first, second])
  one.end()
  two.end()
})

test('where a reason is optional nobody must', async () => {
  const client = await raw()
  const answered = client.ask([query('delete from orders where id = 12')])
  const { id, purpose } = await asked()
  expect(purpose).toBeNull()
  await decide(id, 'deny')
  await answered
  client.end()
})

test('a session that is open is listed with what it has done until now', async () => {
  const client = await raw()
  await client.ask([query('select 1')])
  await client.ask([query('drop table orders')])
  const { sessions } = (await callApi(gateway, 'GET', '/v1/sessions?limit=1', await eli())).json as { sessions: { id: string; state: string; commands: number; refusals: number }[] }
  expect(sessions[0]).toMatchObject({ state: 'open', commands: 2, refusals: 1 })
  expect((await callApi(gateway, 'GET', `/v1/sessions/${sessions[0]!.id}`, await eli())).json).toMatchObject({ commands: 2, refusals: 1 })
  client.end()
})

test('pre-flight says that one is wanted', async () => {
  const { json } = await callApi(gateway, 'POST', '/v1/connections/shop/preflight', await eli(), { text: `${update(1)}; delete from orders where id = 1` })
  expect((json['statements'] as { verdict: unknown }[]).map(({ verdict }) => verdict)).toMatchObject([{ kind: 'approval', wantsReason: true }, { kind: 'approval' }])
  expect((json['statements'] as { verdict: object }[])[1]!.verdict).not.toHaveProperty('wantsReason')
})
