// Attacks on what waits for humans: one's own yes, another request in the place of the approved one, twice for once, and whatever changes
// while it waits. Nothing runs but what was agreed to, once, under what is in force when it runs.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ApprovalSummary } from '../../../shared/approval.ts'
import { found, startAttackWorld, type Answer, type Ask, type AttackWorld } from './testing/attack-world.ts'
import { json } from './testing/fake-api.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

const policy = `
policy: cluster
connections: [cluster]
rules:
  - { id: read, who: { groups: [engineers] }, allow: { kubernetes: [get, list, watch], resources: ["*"] } }
  - { id: changes, who: { groups: [engineers] }, approve: { kubernetes: [patch, create, update, delete, exec], resources: ["*"] }, by: { groups: [on-call, engineers] }, within: 1m }
  - { id: quick, who: { groups: [engineers] }, approve: { kubernetes: [deletecollection], resources: ["*"] }, by: { groups: [on-call] }, within: 2s }
  - { id: clean, who: { groups: [cleaners] }, approve: { kubernetes: [delete], resources: [pods] }, by: { groups: [on-call] }, within: 1m }
  - { id: not-many, who: { groups: [cleaners] }, deny: { kubernetes: [mass-delete], deletes: { over: 3, within: 1m } } }
masks:
  - { id: secrets, resources: [secrets], fields: [/data/*, /stringData/*], as: redact }
  - { id: env, resources: [deployments], fields: ["/spec/template/spec/containers/*/env/*/value"], as: redact }
`
let world: AttackWorld
let live = { uid: 'u1', generation: 1, value: 'live-value-4711' }
const merge = 'application/merge-patch+json'
const sentinels = ['live-value-4711', 'new-value-0815', 'in-the-dry-run-1234']

beforeAll(async () => { world = await startAttackWorld({ policies: { cluster: policy } }) })
afterAll(() => world?.stop())
beforeEach(() => {
  world.api.forget()
  live = { uid: 'u1', generation: 1, value: 'live-value-4711' }
  world.api.answer(({ response, method, url }) => json(response, 200, deployment(method === 'GET' ? live.value : url.includes('dryRun') ? 'in-the-dry-run-1234' : 'new-value-0815')))
})

const deployment = (value: string) => ({ kind: 'Deployment', apiVersion: 'apps/v1', metadata: { name: 'web', namespace: 'shop', uid: live.uid, generation: live.generation }, spec: { template: { spec: { containers: [{ name: 'a', env: [{ name: 'X', value }] }] } } } })
const path = (name: string) => `/apis/apps/v1/namespaces/shop/deployments/${name}`
const body = (replicas: number) => ({ spec: { replicas } })
const change = (name: string, how: Partial<Ask> = {}): Promise<Answer> => world.ask(path(name), { method: 'PATCH', type: merge, body: body(0), ...how })
const decide = (who: string, { id }: Pick<ApprovalSummary, 'id'>, decision = 'approve') => world.call(who, 'POST', `/v1/approvals/${id}/decision`, { decision, reason: 'x' })
/** What changed something. */
const written = (): readonly string[] => world.api.lines().filter((line) => !line.startsWith('GET') && !line.includes('dryRun=All'))

describe('who agrees', () => {
  test('the requester does not, in whatever group, by whatever token', async () => {
    const running = change('own', { who: 'bo' })
    const asked = await world.opened('deployments/own')
    const other = await world.join('bo', ['engineers', 'on-call'])
    for (const who of ['bo', other]) expect((await decide(who, asked)).status).toBe(403)
    for (const who of ['rita', 'pia']) expect((await decide(who, asked)).status).toBeGreaterThanOrEqual(403)
    expect(written()).toEqual([])
    expect((await decide('eli', asked)).status).toBe(200)
    expect((await running).status).toBe(200)
    expect(written()).toHaveLength(1)
  })

  test('nobody twice, nobody after a denial, nobody without a group any more', async () => {
    const running = change('twice')
    const asked = await world.opened('deployments/twice')
    const answers = await Promise.all([decide('otto', asked, 'deny'), decide('bo', asked), decide('bo', asked), decide('otto', asked)])
    const { status } = await running
    expect(answers.filter((answer) => answer.status === 200).length).toBeGreaterThanOrEqual(1)
    expect(written()).toHaveLength(status === 200 ? 1 : 0)
    expect((await decide('bo', asked)).status).toBeGreaterThanOrEqual(400)
    await sleep(100)
    expect(written().length).toBeLessThanOrEqual(1)
  })

  test('the whole of it is read by who may decide, and by nobody else', async () => {
    const running = world.ask('/api/v1/namespaces/shop/secrets', { method: 'POST', body: { kind: 'Secret', metadata: { name: 'held' }, stringData: { a: 'new-value-0815' } } })
    const { id } = await world.opened('/secrets')
    for (const who of ['rita', 'pia']) expect((await world.call(who, 'GET', `/v1/approvals/${id}`)).status).toBeGreaterThanOrEqual(403)
    const whole = JSON.stringify((await world.call('otto', 'GET', `/v1/approvals/${id}`)).json)
    expect(whole).toContain('new-value-0815')
    await decide('otto', { id }, 'deny')
    await running
  })
})

describe('what was agreed to', () => {
  test('another body, query, content type or person is another question', async () => {
    const running = change('one')
    const asked = await world.opened('deployments/one')
    const others = [change('one', { body: body(1) }), world.ask(`${path('one')}?force=true`, { method: 'PATCH', type: merge, body: body(0) }), change('one', { type: 'application/strategic-merge-patch+json' }), change('one', { who: 'bo' }), change('one', { body: { spec: { replicas: 0, paused: true } } })]
    await vi.waitFor(async () => expect(((await world.call('otto', 'GET', '/v1/approvals?filter=open')).json['approvals'] as { subject: { recorded: string } }[]).filter(({ subject }) => subject.recorded.includes('deployments/one'))).toHaveLength(6), { timeout: 5_000 })
    await decide('otto', asked)
    expect((await running).status).toBe(200)
    await sleep(200)
    expect(world.api.seen.filter(({ method, url }) => method === 'PATCH' && !url.includes('dryRun')).map(({ body: sent }) => sent)).toEqual([JSON.stringify(body(0))])
    for (const open of (await world.call('otto', 'GET', '/v1/approvals?filter=open')).json['approvals'] as ApprovalSummary[]) await decide('otto', open, 'deny')
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual([403, 403, 403, 403, 403])
  })

  test('is done once, however many wait for it', async () => {
    const running = Array.from({ length: 5 }, () => change('raced'))
    const asked = await world.opened('deployments/raced')
    await sleep(300)
    await Promise.all([decide('otto', asked), decide('bo', asked)])
    await vi.waitFor(() => expect(written()).toHaveLength(1))
    await sleep(300)
    expect(written()).toHaveLength(1)
    for (let round = 0; round < 5; round++) {
      for (const open of (await world.call('otto', 'GET', '/v1/approvals?filter=open')).json['approvals'] as ApprovalSummary[]) await decide('otto', open, 'deny')
      await sleep(100)
    }
    expect((await Promise.all(running)).filter(({ status }) => status === 200)).toHaveLength(1)
  })

  test('many that are held at once are many all the same', async () => {
    await world.join('cleo', ['cleaners'])
    const running = Array.from({ length: 6 }, (_, i) => world.ask(`/api/v1/namespaces/shop/pods/held-${i}`, { who: 'cleo', method: 'DELETE' }))
    const asked = await Promise.all(running.map((_, i) => world.opened(`pods/held-${i}`)))
    for (const one of asked) {
      await decide('otto', one)
      await sleep(50)
    }
    expect((await Promise.all(running)).filter(({ status }) => status === 200)).toHaveLength(3)
    expect(written()).toHaveLength(3)
  })

  test.each<readonly [string, () => void]>([
    ['another object of that name', () => { live = { ...live, uid: 'u2' } }], ['the same with another spec', () => { live = { ...live, generation: 2 } }],
    ['none', () => world.api.answer(({ response, method }) => json(response, method === 'GET' ? 404 : 200, { kind: 'Status', code: 404 }))], ['an answer that is none', () => world.api.answer(({ response, method }) => { if (method === 'GET') response.socket!.destroy(); else json(response, 200, {}) })],
  ])('is not done to %s', async (what, swap) => {
    const name = `swapped-${what.length}`
    const running = change(name)
    const asked = await world.opened(`deployments/${name}`)
    swap()
    await decide('otto', asked)
    expect((await running).status).toBe(403)
    expect(written()).toEqual([])
  })

  test('the dry run for approvers is no write, and is asked for no twice', async () => {
    const running = change('dry', { body: body(3) })
    const asked = await world.opened('deployments/dry')
    expect(world.api.lines()).toEqual([`GET ${path('dry')}`, `PATCH ${path('dry')}?dryRun=All`])
    await decide('otto', asked, 'deny')
    await running
    world.api.forget()
    const custom = world.ask('/apis/example.com/v1/namespaces/shop/widgets/x', { method: 'PUT', body: { kind: 'Widget' } })
    await decide('otto', await world.opened('widgets/x'), 'deny')
    await custom
    expect(world.api.lines()).toEqual(['GET /apis/example.com/v1/namespaces/shop/widgets/x'])
  })

  test.each([['pods/web/eviction', 'POST'], ['pods/web/binding', 'POST'], ['bindings', 'POST'], ['serviceaccounts/a/token', 'POST'], ['localsubjectaccessreviews', 'POST']])('what happens by being asked is tried nowhere: %s', async (resource, method) => {
    const gone = new AbortController()
    const running = world.ask(`/api/v1/namespaces/shop/${resource}`, { method, body: { metadata: {} }, signal: gone.signal }).catch(() => null)
    const answer = await Promise.race([running, world.opened(resource)])
    gone.abort()
    await running
    expect(answer).not.toBeNull()
    expect(world.api.lines().filter((line) => line.startsWith('POST'))).toEqual([])
  })
})

describe('what changes while it waits', () => {
  test('silence is denial, also where the approver is a moment late', async () => {
    const running = world.ask('/api/v1/namespaces/shop/pods?labelSelector=a%3Db', { method: 'DELETE' })
    const asked = await world.opened('pods?labelSelector')
    expect((await running).status).toBe(403)
    expect((await decide('otto', asked)).status).toBeGreaterThanOrEqual(400)
    expect(written()).toEqual([])
  })

  test('it expires while the API server takes its time over the fresh look', async () => {
    let slow = false
    world.api.answer(({ response, method }) => {
      if (method === 'GET' && slow) setTimeout(() => json(response, 200, deployment('x')), 2_500)
      else json(response, 200, deployment('x'))
    })
    const running = world.ask(`${path('late')}?timeout=2s`, { method: 'PATCH', type: merge, body: body(9) })
    const asked = await world.opened('deployments/late')
    slow = true
    await decide('otto', asked)
    await running
    expect(written()).toEqual([])
  })

  test('a token that is revoked takes its question with it', async () => {
    await world.join('rob', ['engineers'])
    const running = change('revoked', { who: 'rob' })
    const asked = await world.opened('deployments/revoked')
    expect((await world.call('rob', 'DELETE', '/v1/tokens/current')).status).toBeLessThan(300)
    expect((await running).status).toBeGreaterThanOrEqual(401)
    await decide('otto', asked)
    await sleep(100)
    expect(written()).toEqual([])
  })

  test('a token that ends takes its question with it', async () => {
    await world.join('tom', ['engineers'], 3)
    const running = change('ended', { who: 'tom' })
    const asked = await world.opened('deployments/ended')
    expect((await running).status).toBeGreaterThanOrEqual(401)
    await decide('otto', asked)
    await sleep(100)
    expect(written()).toEqual([])
  })

  test('a client that goes takes it back, held plain or as a stream', async () => {
    const gone = new AbortController()
    const running = change('left', { signal: gone.signal }).catch(() => null)
    const plain = await world.opened('deployments/left')
    const socket = await world.socket()
    socket.write(`GET /k8s/cluster/api/v1/namespaces/shop/pods/web/exec?command=left HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.token('eli')}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n`)
    const stream = await world.opened('command=left')
    gone.abort()
    socket.destroy()
    await running
    for (const { id } of [plain, stream]) await vi.waitFor(async () => expect((await world.call('otto', 'GET', `/v1/approvals/${id}`)).json).toMatchObject({ state: 'withdrawn' }), { timeout: 3_000 })
    for (const asked of [plain, stream]) expect((await decide('otto', asked)).status).toBeGreaterThanOrEqual(400)
    expect(written()).toEqual([])
  })

  test('a stricter policy, and masks that now forbid it, end the wait', async () => {
    const denied = change('denied')
    await world.opened('deployments/denied')
    world.gateway.writePolicy('cluster', policy.replace('rules:\n', 'rules:\n  - { id: freeze, who: everyone, deny: { kubernetes: [patch], resources: [deployments] } }\n'))
    expect((await denied).status).toBe(403)
    const masked = world.ask('/api/v1/namespaces/shop/configmaps/m', { method: 'PATCH', type: 'application/json-patch+json', body: [{ op: 'test', path: '/data/a', value: 'x' }] })
    const asked = await world.opened('configmaps/m')
    world.gateway.writePolicy('cluster', `${policy}  - { id: config, resources: [configmaps], fields: [/data/a], as: redact }\n`)
    await sleep(700)
    await decide('otto', asked)
    expect((await masked).status).toBe(403)
    expect(written()).toEqual([])
    world.gateway.writePolicy('cluster', policy)
  })
})

test('lists, notifications, events, record and store hold no value; only who decides reads one', async () => {
  const lists = await Promise.all(['otto', 'eli', 'bo'].flatMap((who) => ['/v1/approvals', '/v1/approvals?filter=open', '/v1/notifications', '/v1/sessions'].map((route) => world.call(who, 'GET', route))))
  for (const value of sentinels) {
    expect(found(value, Buffer.from(JSON.stringify(lists)))).toBeNull()
    // What approvers are to read is sealed in the store.
    expect(found(value, world.kept())).toBeNull()
    expect(found(value, Buffer.from(await world.recordOf('eli')))).toBeNull()
  }
})
