// Approvals of a whole gateway: psql's protocol waits, a human decides over HTTPS, the exact command runs; the event stream tells.
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { routes } from '../shared/api.ts'
import { approvalEvent, approvalWhole, type ApprovalSummary } from '../shared/approval.ts'
import { callApi, exchanged, openEvents, type ApiAnswer } from './testing/api.ts'
import { startTestGateway, type TestGateway } from './testing/gateway.ts'
import { startPostgres, type DatabaseAddress, type RealPostgres } from './testing/real-postgres.ts'
import { createShop, shopPolicy } from './testing/shop.ts'

vi.setConfig({ testTimeout: 60_000 })

let postgres: RealPostgres
let database: DatabaseAddress
let gateway: TestGateway
const tokens = new Map<string, string>()
const groupsOf: Record<string, readonly string[]> = { eve: ['careful', 'analysts'], ada: ['on-call'], ben: ['on-call'], root: ['admins'] }

beforeAll(async () => {
  postgres = await startPostgres()
  database = await postgres.database('shop')
  await createShop(database)
  gateway = await startTestGateway({ database, policies: { shop: shopPolicy } })
  for (const [sub, groups] of Object.entries(groupsOf)) tokens.set(sub, await exchanged(gateway, await gateway.token({ sub, groups, email: `${sub}@example.com` })))
})
afterAll(async () => {
  await gateway?.stop()
  await postgres?.stop()
})

const call = (who: string, method: string, path: string, body?: unknown): Promise<ApiAnswer> => callApi(gateway, method, path, tokens.get(who)!, body)
async function session(who = 'eve'): Promise<Client> {
  const client = new Client({ host: gateway.host, port: gateway.port, user: 'me', password: tokens.get(who)!, database: 'shop', ssl: { rejectUnauthorized: false } })
  client.on('error', () => undefined)
  await client.connect()
  return client
}
async function opened(who = 'ada', part = ''): Promise<ApprovalSummary> {
  return vi.waitFor(async () => {
    const { approvals } = routes.approvals.output.parse((await call(who, 'GET', '/v1/approvals?filter=open')).json)
    const found = approvals.find(({ subject }) => subject.kind === 'grant' || subject.recorded.includes(part))
    if (found === undefined) throw new Error('nothing is open yet')
    return found
  }, { timeout: 20_000 })
}
/** A comment in the text keeps the approvals of tests apart. */
const marked = () => randomBytes(4).toString('hex')

test('a statement waits, a human approves what it says, and its row count lands', async () => {
  const client = await session()
  const mark = marked()
  const running = client.query(`delete from orders where id = 7 /* ${mark} */`)
  const approval = await opened('ada', mark)
  const shown = approvalWhole.parse((await call('ada', 'GET', `/v1/approvals/${approval.id}`)).json)
  expect(shown).toMatchObject({ exact: { text: expect.stringContaining('where id = 7') as string, risk: { kinds: ['delete'] } }, requester: { email: 'eve@example.com' }, permitted: { decide: null, isRequester: false } })
  expect((await call('eve', 'POST', `/v1/approvals/${approval.id}/decision`, { decision: 'approve' })).json).toMatchObject({ status: 403, code: 'forbidden' })
  expect((await call('root', 'POST', `/v1/approvals/${approval.id}/decision`, { decision: 'approve' })).json).toMatchObject({ status: 404, code: 'approval_unknown' })
  expect((await call('ada', 'POST', `/v1/approvals/${approval.id}/decision`, { decision: 'approve' })).json).toMatchObject({ state: 'approved' })
  expect((await running).rowCount).toBe(1)
  expect((await call('eve', 'GET', `/v1/approvals/${approval.id}`)).json).toMatchObject({ state: 'used', permitted: { isRequester: true } })
  expect((await call('ada', 'POST', `/v1/approvals/${approval.id}/decision`, { decision: 'approve' })).json).toMatchObject({ status: 409, code: 'already_decided' })
  await client.end()
})

test('a denial refuses it with the reason, and the session goes on', async () => {
  const client = await session()
  const mark = marked()
  const running = client.query(`delete from orders where id = 8 /* ${mark} */`).catch((error: Error) => error.message)
  const { id } = await opened('ada', mark)
  await call('ben', 'POST', `/v1/approvals/${id}/decision`, { decision: 'deny', reason: 'not on a Friday' })
  expect(await running).toMatch(/not on a Friday/)
  expect((await client.query('select count(*)::int as n from orders where id = 8')).rows).toEqual([{ n: 1 }])
  await client.end()
})

test('a client that leaves withdraws what it asked', async () => {
  const client = await session()
  const mark = marked()
  client.query(`delete from orders where id = 9 /* ${mark} */`).catch(() => undefined)
  const { id } = await opened('ada', mark)
  await client.end()
  await vi.waitFor(async () => expect((await call('eve', 'GET', `/v1/approvals/${id}`)).json).toMatchObject({ state: 'withdrawn' }), { timeout: 10_000 })
})

test('the stream tells deciders and the requester everything once, in order, and nobody else anything', async () => {
  const [ada, eve, root] = await Promise.all([openEvents(gateway, tokens.get('ada')!), openEvents(gateway, tokens.get('eve')!), openEvents(gateway, tokens.get('root')!)])
  await vi.waitFor(() => { for (const stream of [ada, eve, root]) expect(stream.messages[0]?.event).toBe('ready') })
  const client = await session()
  const mark = marked()
  const running = client.query(`delete from orders where id = 10 /* ${mark} */`)
  const { id } = await opened('ada', mark)
  await call('ada', 'POST', `/v1/approvals/${id}/view`, {})
  await vi.waitFor(() => expect(ada.messages.length).toBeGreaterThanOrEqual(3))
  ada.close()
  await call('ada', 'POST', `/v1/approvals/${id}/decision`, { decision: 'approve' })
  await running
  const resumed = await openEvents(gateway, tokens.get('ada')!, ada.messages.at(-1)!.id)
  const kinds = (messages: typeof eve.messages) => messages.filter(({ event }) => event === 'approval').map(({ data }) => approvalEvent.parse(data)).filter(({ approval }) => approval.id === id).map(({ kind }) => kind)
  await vi.waitFor(() => expect(kinds([...ada.messages, ...resumed.messages])).toEqual(['opened', 'viewed', 'decided', 'used']))
  await vi.waitFor(() => expect(kinds(eve.messages)).toEqual(['opened', 'viewed', 'decided', 'used']))
  expect(JSON.stringify([...ada.messages, ...eve.messages])).not.toContain('"exact"')
  expect(root.messages).toHaveLength(1)
  for (const stream of [eve, root, resumed]) stream.close()
  await client.end()
})

test('break-glass: a named group goes on at once, who is asked is told, and another human reviews it', async () => {
  gateway.writePolicy('ops', `
policy: ops
connections: [shop]
rules:
  - { id: fixes, who: { groups: [incident] }, approve: { sql: [update], on: ["public.*"] }, by: { groups: [on-call] }, break-glass: { groups: [incident] } }
`)
  tokens.set('ivy', await exchanged(gateway, await gateway.token({ sub: 'ivy', groups: ['incident'] })))
  const stream = await openEvents(gateway, tokens.get('ada')!)
  const client = await vi.waitFor(() => session('ivy'), { timeout: 20_000, interval: 200 })
  const mark = marked()
  const running = client.query(`update orders set note = 'x' where id = 20 /* ${mark} */`)
  const { id } = await opened('ada', mark)
  expect((await call('ivy', 'GET', `/v1/approvals/${id}`)).json).toMatchObject({ permitted: { breakGlass: null } })
  expect((await call('ivy', 'POST', `/v1/approvals/${id}/break-glass`, { reason: 'down' })).status).toBe(400)
  expect((await call('ivy', 'POST', `/v1/approvals/${id}/break-glass`, { reason: 'down', incident: 'INC-9' })).status).toBe(200)
  expect((await running).rowCount).toBe(1)
  await vi.waitFor(() => expect(stream.messages.filter(({ event }) => event === 'approval').map(({ data }) => data['kind'])).toContain('broke-glass'))
  expect(((await call('ada', 'GET', '/v1/approvals?filter=reviews')).json['approvals'] as { id: string }[]).map((each) => each.id)).toEqual([id])
  expect((await call('ivy', 'POST', `/v1/approvals/${id}/review`, { note: 'fine' })).status).toBe(403)
  expect((await call('ada', 'POST', `/v1/approvals/${id}/review`, { note: 'looked at it' })).json).toMatchObject({ state: 'used', brokenGlass: { incident: 'INC-9', review: { by: { id: 'test:ada' } } } })
  expect((await call('ada', 'GET', '/v1/approvals?filter=reviews')).json).toMatchObject({ approvals: [] })
  stream.close()
  await client.end()
})

test('a cursor that never was begins anew, and one that is none is refused', async () => {
  const stream = await openEvents(gateway, tokens.get('ada')!, '999999999')
  await vi.waitFor(() => expect(stream.messages[0]?.event).toBe('reset'))
  stream.close()
  await expect(openEvents(gateway, tokens.get('ada')!, 'x')).rejects.toThrow('400')
  await expect(openEvents(gateway, 'gh_wrong')).rejects.toThrow('401')
})

test('a stream ends with its token', async () => {
  const token = await exchanged(gateway, await gateway.token({ sub: 'zoe', groups: ['on-call'] }))
  const stream = await openEvents(gateway, token)
  expect((await callApi(gateway, 'DELETE', '/v1/tokens/current', token)).status).toBe(200)
  await vi.waitFor(() => expect(stream.isEnded()).toBe(true), { timeout: 10_000 })
})

test('a grant is asked for, shortened by its approver, and listed with its end; revoking it ends sessions', async () => {
  const asked = approvalWhole.parse((await call('eve', 'POST', '/v1/grants', { connection: 'shop', kinds: ['delete'], on: ['public.orders'], minutes: 60, purpose: 'INC-42' })).json)
  expect(asked).toMatchObject({ state: 'open', subject: { kind: 'grant', minutes: 60 }, purpose: 'INC-42', needs: [{ groups: ['on-call'], count: 1, have: 0 }] })
  expect((await call('ada', 'POST', `/v1/approvals/${asked.id}/decision`, { decision: 'approve', minutes: 90 })).json).toMatchObject({ status: 400 })
  expect((await call('ada', 'POST', `/v1/approvals/${asked.id}/decision`, { decision: 'approve', minutes: 5 })).json).toMatchObject({ state: 'used', grant: expect.stringMatching(/^gr_/) as string })
  const { grants } = routes.grants.output.parse((await call('eve', 'GET', '/v1/grants')).json)
  expect(grants).toMatchObject([{ state: 'active', connection: 'shop', approvedBy: [{ id: 'test:ada' }] }])
  expect(Date.parse(grants[0]!.expiresAt) - Date.parse(grants[0]!.openedAt)).toBe(5 * 60_000)
  expect((await call('root', 'GET', '/v1/grants')).json).toEqual({ grants: [] })
  expect((await call('root', 'POST', `/v1/grants/${grants[0]!.id}/revoke`, {})).status).toBe(404)
  const client = await session()
  const ended = new Promise<string>((resolve) => { client.once('error', (error) => resolve(error.message)) })
  expect((await call('ada', 'POST', `/v1/grants/${grants[0]!.id}/revoke`, { reason: 'done' })).json).toMatchObject({ state: 'revoked', revoked: { reason: 'done' } })
  expect(await ended).toMatch(/revoked|terminat/i)
  expect((await call('ada', 'POST', `/v1/grants/${grants[0]!.id}/revoke`, {})).json).toMatchObject({ status: 409 })
})

test('a grant that would open nothing is not asked for', async () => {
  const problems: readonly [unknown, string][] = [
    [{ connection: 'shop', kinds: ['select'], on: null, minutes: 5, purpose: 'x' }, 'no rule on shop asks'],
    [{ connection: 'shop', kinds: ['delte'], on: null, minutes: 5, purpose: 'x' }, 'did you mean'],
    [{ connection: 'shop', kinds: ['delete'], on: ['orders'], minutes: 5, purpose: 'x' }, 'schema.table'],
    [{ connection: 'shop', kinds: ['delete'], on: null, minutes: 5, purpose: ' ' }, 'reason'],
    [{ connection: 'shop', kinds: ['delete'], on: null, minutes: 100_000, purpose: 'x' }, 'minutes'],
    [{ connection: 'nope', kinds: ['delete'], on: null, minutes: 5, purpose: 'x' }, 'no such connection'],
  ]
  for (const [body, message] of problems) {
    const { status, json } = await call('eve', 'POST', '/v1/grants', body)
    expect([status >= 400, json['detail']]).toEqual([true, expect.stringContaining(message)])
  }
})

test('pre-flight tells each statement’s verdict, and nothing runs', async () => {
  const text = "select 1; select email from customers; delete from orders where id = 11; drop table orders; select * from nowhere; set search_path = x; select 2; /* ü */ select id from customers"
  const { json } = await call('eve', 'POST', '/v1/connections/shop/preflight', { text })
  const { statements, problem } = routes.preflight.output.parse(json)
  expect(problem).toBeNull()
  expect(statements.map(({ start, end, verdict }) => [text.slice(start, end).trim(), verdict.kind])).toEqual([
    ['select 1', 'allowed'], ['select email from customers', 'masked'], ['delete from orders where id = 11', 'approval'], ['drop table orders', 'blocked'],
    [expect.stringContaining('nowhere'), 'unknown'], [expect.stringContaining('search_path'), 'allowed'], [expect.anything(), 'unknown'], [expect.stringContaining('select id from customers'), 'unknown'],
  ])
  expect(statements[1]!.verdict).toMatchObject({ columns: ['email'] })
  expect(statements[2]!.verdict).toMatchObject({ by: ['on-call'] })
  expect((await call('eve', 'POST', '/v1/connections/shop/preflight', { text: 'selec 1' })).json).toMatchObject({ statements: [], problem: expect.stringContaining('syntax error') as string })
  expect((await call('root', 'POST', '/v1/connections/shop/preflight', { text: 'select 1' })).status).toBe(404)
  expect((await call('eve', 'GET', '/v1/connections/shop/masks')).json).toMatchObject({ columns: expect.arrayContaining(['public.customers.email', 'public.staff.salary']) as string[] })
})
