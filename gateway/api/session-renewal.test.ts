import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { problem, routes } from '../../shared/api.ts'
import type { Lease } from '../identity/authenticate.ts'
import type { LiveSession } from '../pipeline/registry.ts'
import { startApi, summary, type Fixture } from './testing/api-fixture.ts'

let fixture: Fixture
const live = new Map<string, LiveSession>()
const leases: Lease[] = []

beforeAll(async () => {
  fixture = await startApi({ liveSession: (id) => live.get(id) })
})
afterAll(() => fixture.close())
beforeEach(() => {
  live.clear()
  for (const lease of leases.splice(0)) lease.dispose()
})

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds
const token = (seconds: number, claims: Readonly<Record<string, unknown>> = {}) => fixture.signer.sign({ exp: inSeconds(seconds), ...claims })

/** A session of Ada's that lives for so long. */
async function open(id: string, seconds: number): Promise<Lease> {
  const lease = await fixture.identity.authenticate(await token(seconds))
  leases.push(lease)
  live.set(id, { summary: summary({ id, state: 'open' }), renewable: lease, end: () => lease.dispose() })
  return lease
}
const renew = (id: string, bearer: string) => fixture.call('POST', `/v1/sessions/${id}/renewal`, { token: bearer })
const secondsOf = (ms: number) => Math.round((ms - Date.now()) / 1000)

test('a newer token of the same principal moves the session on, and its groups hold', async () => {
  const lease = await open('se_1', 60)
  const { status, json } = await renew('se_1', await token(600, { groups: ['interns'] }))
  expect(status).toBe(200)
  expect(secondsOf(Date.parse(routes.renewSession.output.parse(json).expiresAt))).toBeGreaterThan(590)
  expect(lease).toMatchObject({ expiresAt: Date.parse((json as { expiresAt: string }).expiresAt), principal: { groups: ['interns'] } })
})

test('a token that ends earlier changes nothing, and is told when the session ends', async () => {
  const lease = await open('se_1', 600)
  const { expiresAt, key } = lease
  const { status, json } = await renew('se_1', await token(60, { groups: ['interns'] }))
  expect([status, Date.parse((json as { expiresAt: string }).expiresAt)]).toEqual([200, expiresAt])
  expect([lease.expiresAt, lease.key]).toEqual([expiresAt, key])
})

test('unknown, another person\'s, ended, or not to be renewed: the same answer, and nothing happens', async () => {
  const lease = await open('se_1', 60)
  const { expiresAt } = lease
  const ended = await open('se_2', 60)
  ended.dispose()
  live.set('se_3', { summary: summary({ id: 'se_3', state: 'open' }), end: () => undefined })
  const ada = await token(600)
  const answers = [
    await renew('se_0', ada), await renew('se_2', ada), await renew('se_3', ada), await renew('%2e%2e', ada),
    await renew('se_1', await token(600, { sub: 'eve' })), await renew('se_1', await token(600, { sub: 'rita' })),
  ]
  for (const { status, json } of answers) expect([status, problem.parse(json).code]).toEqual([404, 'session_unknown'])
  expect(new Set(answers.map(({ json }) => problem.parse(json).detail)).size).toBe(1)
  expect(lease.expiresAt).toBe(expiresAt)
})

test('a token that was revoked renews nothing', async () => {
  const lease = await open('se_1', 60)
  const { expiresAt } = lease
  const exchanged = (await fixture.call('POST', '/v1/tokens', { token: await token(600) })).json as { token: string }
  expect((await fixture.call('DELETE', '/v1/tokens/current', { token: exchanged.token })).status).toBe(200)
  expect((await renew('se_1', exchanged.token)).status).toBe(401)
  expect(lease.expiresAt).toBe(expiresAt)
})
