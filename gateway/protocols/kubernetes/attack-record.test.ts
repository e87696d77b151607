// Attacks on the record: to reach the cluster before, without or past it, and to make it tell what it must not hold.
import { setTimeout as sleep } from 'node:timers/promises'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { nodeFs } from '../../recording/segment-files.ts'
import { verifyJournal } from '../../recording/verify.ts'
import { found, startAttackWorld, type AttackWorld } from './testing/attack-world.ts'
import { json } from './testing/fake-api.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

const policy = `
policy: cluster
connections: [cluster]
rules:
  - { id: all, who: { groups: [engineers, privacy] }, allow: { kubernetes: [get, list, watch, create, update, connect, exec, attach, portforward], resources: ["*"] } }
  - { id: held, who: { groups: [engineers] }, approve: { kubernetes: [patch, delete], resources: ["*"] }, by: { groups: [on-call] }, within: 1m }
  - { id: told, who: { groups: [engineers] }, approve: { kubernetes: [deletecollection], resources: ["*"] }, by: { groups: [on-call] }, within: 1m, reason: required }
masks:
  - { id: secrets, resources: [secrets], fields: [/data/*, /stringData/*], as: redact, except: { groups: [privacy] } }
  - { id: keys, detect: [aws-access-key], as: redact }
`
const key = 'AKIAIOSFODNN7EXAMPLE'

let left = Infinity
const disk = { ...nodeFs, writeSync: (...given: Parameters<typeof nodeFs.writeSync>) => {
  if (--left < 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
  return nodeFs.writeSync(...given)
} }

let world: AttackWorld
beforeAll(async () => { world = await startAttackWorld({ policies: { cluster: policy }, seams: { journalFs: disk } }) })
afterAll(() => world?.stop())
beforeEach(() => {
  world.api.forget()
  world.api.answer(({ response }) => json(response, 200, { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'x', uid: 'u', generation: 1 } }))
})

const journal = (): string => {
  const folder = join(world.gateway.folder, 'data', 'recordings')
  return readdirSync(folder).filter((name) => name.endsWith('.ghj')).map((name) => readFileSync(join(folder, name), 'latin1')).join('')
}

describe('nothing reaches the cluster before its record is with the kernel', () => {
  test.each([
    ['a read', 'GET', '/api/v1/namespaces/shop/services/first', undefined],
    ['a read on a connection that is open already', 'GET', '/api/v1/namespaces/shop/services/second', undefined],
    ['a write', 'POST', '/api/v1/namespaces/shop/configmaps', { metadata: { name: 'third' } }],
    ['a proxied request', 'GET', '/api/v1/namespaces/shop/services/fourth/proxy/x', undefined],
    ['discovery', 'GET', '/apis/fifth.example.com/v1', undefined],
  ])('%s', async (_, method, path, body) => {
    const known: boolean[] = []
    world.api.answer(({ response, method, url }) => { known.push(journal().includes(`${method} ${url}`)); json(response, 200, {}) })
    expect((await world.ask(path, { method, body })).status).toBe(200)
    expect(known).toEqual([true])
  })

  test('what is read, and tried dry, for approvers', { retry: 0 }, async () => {
    await world.ask('/api/v1/namespaces/shop/services/warm')
    const known: (readonly [string, boolean])[] = []
    world.api.answer(({ response, method }) => {
      known.push([method, /was read, and a dry run asked for/.test(journal()) && journal().includes('PATCH /api/v1/namespaces/shop/configmaps/held')])
      json(response, 200, { kind: 'ConfigMap', metadata: { uid: 'u', generation: 1 } })
    })
    const gone = new AbortController()
    const running = world.ask('/api/v1/namespaces/shop/configmaps/held', { method: 'PATCH', type: 'application/merge-patch+json', body: { data: { a: 'b' } }, signal: gone.signal }).catch(() => 'gone')
    await world.opened('configmaps/held')
    gone.abort()
    await running
    expect(known).toEqual([['GET', true], ['PATCH', true]])
  })
})

test('what could not be read or was refused holds no finding in the record either', { retry: 0 }, async () => {
  const tries = [
    `/api/v1/namespaces/shop/pods/${key}//x`, `/api/v1/namespaces/shop/pods/${key}/..`, `/api/v1/namespaces/shop/pods/x?a=${key}&a=${key}`, `/api/v1/namespaces/shop/pods/x/exec?command=${key}`,
    `/nothing/${key}`, `/api/v1/namespaces/shop/pods/x/exec?command=echo&command=${key}&a;b`, `/api/v1/namespaces/shop/configmaps?fieldManager=${key}&dryRun=${key}`, `/api/v1/namespaces/shop/pods/x?labelSelector=${key}`,
  ]
  for (const path of tries) {
    await world.ask(path)
    await world.ask(path, { method: 'DELETE', headers: { 'impersonate-user': key } })
    await world.ask(path, { headers: { 'user-agent': `kubectl/${key}` } })
    await world.ask(path, { method: 'POST', body: '{"a":1,"a":2}' })
    await world.raw(`GET /k8s/cluster${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`, { quietMs: 20 })
  }
  await world.ask('/api/v1/namespaces/shop/configmaps', { method: 'POST', type: `application/${key}`, body: {} })
  await world.ask(`/api/v1/namespaces/shop/pods/${key}`, { who: 'pia', method: 'DELETE' })
  await world.ask(`/api/v1/namespaces/shop/serviceaccounts/${key}/token`, { method: 'POST', body: {} })
  await world.ask(`/logs/${key}`)
  await world.ask(`/api/v1/namespaces/shop/services/x/proxy/a%20${key}/b`)
  // Nobody is asked without a reason.
  await world.ask(`/api/v1/namespaces/shop/services?labelSelector=a%3D${key}`, { method: 'DELETE' })
  await world.ask('/api/v1/namespaces/shop/configmaps/x', { method: 'PUT', body: { data: { [key]: '[masked]' } } })
  await world.ask('/api/v1/namespaces/shop/configmaps/x', { method: 'PUT', body: { data: { note: key }, metadata: { name: key } } })
  await world.ask(`/api/v1/namespaces/shop/configmaps?fieldSelector=data.${key}%3Da`, { headers: { 'gatehouse-reason': key } })
  await world.ask('/api/v1/namespaces/shop/configmaps', { method: 'POST', body: `{"${key}":1,"${key}":2}` })
  expect(found(key, world.kept())).toBeNull()
})

describe('a record that cannot be written', () => {
  test('refuses, ends what runs within a second, and lets nothing go upstream', { retry: 0 }, async () => {
    let events = 0
    world.api.answer(({ response, url }) => {
      if (!url.includes('watch=')) return json(response, 200, {})
      response.writeHead(200, { 'content-type': 'application/json' })
      const timer = setInterval(() => { response.write(`${JSON.stringify({ type: 'MODIFIED', object: { kind: 'Pod', n: events++ } })}\n`) }, 50)
      response.on('close', () => clearInterval(timer))
    })
    const watch = await world.open('/api/v1/namespaces/shop/pods?watch=1')
    let isEnded = false
    watch.on('data', () => undefined).on('close', () => { isEnded = true }).on('error', () => { isEnded = true }).resume()
    await vi.waitFor(() => expect(events).toBeGreaterThan(2))
    const typed: string[] = []
    world.api.onUpgrade((message, socket) => new WebSocketServer({ noServer: true, handleProtocols: () => 'v5.channel.k8s.io' }).handleUpgrade(message, socket, Buffer.alloc(0), (ws) => {
      ws.on('message', (data: Buffer) => { typed.push(data.toString()) }).on('error', () => undefined)
    }))
    const exec = new WebSocket(`${world.gateway.api.replace('https', 'wss')}/k8s/cluster/api/v1/namespaces/shop/pods/web/exec?command=sh&stdin=true`, 'v5.channel.k8s.io', { ca: world.gateway.ca, headers: { authorization: `Bearer ${world.token('eli')}` } })
    exec.on('error', () => undefined)
    await new Promise<void>((done) => { exec.once('open', done) })
    exec.send(Buffer.from('\0before'))
    await vi.waitFor(() => expect(typed).toEqual(['\0before']))
    world.api.forget()
    left = 0
    const failedAt = Date.now()
    const answers = await Promise.all(['/api/v1/namespaces/shop/pods', '/api/v1/namespaces/shop/secrets/a', '/apis', '/api/v1/namespaces/shop/services/x/proxy/y'].map((path) => world.ask(path).catch(() => null)))
    const held = await world.ask('/api/v1/namespaces/shop/configmaps/held', { method: 'PATCH', type: 'application/merge-patch+json', body: { data: { a: 'b' } } }).catch(() => null)
    expect([401, 503]).toContain(held?.status ?? 503)
    // 401: its session had ended already, by the first of them.
    for (const answer of answers) expect([401, 503]).toContain(answer?.status ?? 503)
    exec.send(Buffer.from('\0after'), () => undefined)
    await vi.waitFor(() => expect([isEnded, exec.readyState]).toEqual([true, WebSocket.CLOSED]), { timeout: 2_000 })
    expect(typed).toEqual(['\0before'])
    expect(Date.now() - failedAt).toBeLessThan(2_000)
    await sleep(100)
    expect(world.api.lines()).toEqual([])
    expect((await verifyJournal(join(world.gateway.folder, 'data', 'recordings'))).ok).toBe(true)
  })
})
