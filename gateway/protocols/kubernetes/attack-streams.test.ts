// Attacks by streams: upgrades that fail, or that are answered with something else, and what is sent on all the same; secrets in pieces;
// and exec, watch and log going on after what allowed them is gone.
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { dataFrameOf, SpdyHeaderWriter, SpdyParser } from './codec/spdy.ts'
import { found, startAttackWorld, type AttackWorld } from './testing/attack-world.ts'
import { json } from './testing/fake-api.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

const policy = `
policy: cluster
connections: [cluster]
rules:
  - { id: read, who: { groups: [engineers, short] }, allow: { kubernetes: [get, list, watch, exec, attach], resources: ["*"] } }
  - { id: web, who: { groups: [engineers] }, allow: { kubernetes: [portforward], resources: [pods/portforward] }, when: '!has(facts.ports) || facts.ports.all(p, p == 80)' }
masks:
  - { id: env, resources: [pods], fields: ["/spec/containers/*/env/*/value"], as: redact }
  - { id: keys, detect: [aws-access-key, jwt, private-key], as: redact }
`
const key = 'AKIAIOSFODNN7EXAMPLE'
const later = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789'
const jwt = `eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.${Buffer.from('{"iss":"kubernetes/serviceaccount","sub":"system:serviceaccount:shop:default"}').toString('base64url')}.${Buffer.from('a signature of some length, so that it is one').toString('base64url')}`

let world: AttackWorld
beforeAll(async () => { world = await startAttackWorld({ policies: { cluster: policy } }) })
afterAll(() => world?.stop())
beforeEach(() => {
  world.api.forget()
  world.api.answer(({ response }) => json(response, 200, { kind: 'PodList', items: [] }))
})

const exec = '/api/v1/namespaces/shop/pods/web/exec?command=sh&stdout=true&stdin=true'
const nonce = 'dGhlIHNhbXBsZSBub25jZQ=='
const accept = createHash('sha1').update(`${nonce}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
const webSocket = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${nonce}\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n`
const spdy = 'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n'
const request = (headers: string, path = exec, method = 'GET') => `${method} /k8s/cluster${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n${headers}\r\n`

/** Every upgrade that reaches the API server is answered so; what comes on its connection afterwards. */
function upgrades(answer: (socket: Socket, message: IncomingMessage) => void): { readonly afterwards: () => string; readonly sockets: readonly Socket[] } {
  const chunks: Buffer[] = []
  const sockets: Socket[] = []
  world.api.onUpgrade((message, socket) => {
    sockets.push(socket)
    socket.on('data', (chunk: Buffer) => void chunks.push(chunk)).on('error', () => undefined)
    answer(socket, message)
  })
  return { sockets, afterwards: () => Buffer.concat(chunks).toString('latin1') }
}

describe('an upgrade that was not made carries nothing more', () => {
  const status = JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message: `pods "web" not found: ${key}`, code: 404 })
  const hidden = JSON.stringify({ kind: 'Pod', apiVersion: 'v1', spec: { containers: [{ env: [{ name: 'X', value: 'sentinel-in-env' }] }] } })
  const plain = (code: string, body: string, headers = '') => `HTTP/1.1 ${code}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n${headers}\r\n${body}`
  const switching = (headers: string) => `HTTP/1.1 101 Switching Protocols\r\n${headers}\r\n`
  test.each<readonly [string, string]>([
    ['a refusal on a connection that stays', plain('404 Not Found', status, 'connection: keep-alive\r\n')], ['a refusal in chunks', `HTTP/1.1 403 Forbidden\r\ntransfer-encoding: chunked\r\n\r\n${status.length.toString(16)}\r\n${status}\r\n0\r\n\r\n`], ['an object', plain('200 OK', hidden)], ['an object with an error', plain('500 Internal Server Error', hidden)], ['text', `HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: ${key.length}\r\n\r\n${key}`],
    ['a redirect', plain('302 Found', '', 'location: https://elsewhere.example/\r\n')], ['401', plain('401 Unauthorized', status, 'www-authenticate: Bearer\r\n')], ['100 and nothing', 'HTTP/1.1 100 Continue\r\n\r\n'], ['no HTTP', `${key}\r\n\r\n`], ['another version', 'HTTP/1.0 101 Switching Protocols\r\n\r\n'], ['a body without end', `HTTP/1.1 403 Forbidden\r\ncontent-length: 999999999\r\n\r\n${key}`],
    ['101 without a word', switching('')], ['101 to something else', switching('Connection: Upgrade\r\nUpgrade: h2c\r\n')], ['101 with a wrong key', switching('Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n')], ['101 without a protocol', switching(`Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n`)],
    ['101 with a protocol nobody offered', switching(`Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: base64.channel.k8s.io\r\n`)], ['101 with compression', switching(`Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\nSec-WebSocket-Extensions: permessage-deflate\r\n`)], ['101 with a length', switching(`Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\nContent-Length: 5\r\n`)],
  ])('%s', async (_, answer) => {
    const { sockets, afterwards } = upgrades((socket) => socket.write(answer))
    const smuggled = 'GET /api/v1/namespaces/shop/secrets HTTP/1.1\r\nHost: x\r\n\r\n'
    const socket = await world.socket()
    let heard = ''
    socket.on('data', (chunk: Buffer) => { heard += chunk.toString('latin1') })
    const closed = new Promise<void>((done) => { socket.once('close', done) })
    socket.write(request(webSocket).replace('{token}', world.token('eli')) + smuggled)
    await vi.waitFor(() => expect(heard).toContain('\r\n\r\n'), { timeout: 5_000 })
    socket.write(smuggled)
    await Promise.race([closed, sleep(1_500)])
    socket.destroy()
    expect(heard).toMatch(/^HTTP\/1\.1 [45]\d\d/)
    expect(heard).not.toMatch(/101 Switching|AKIA|sentinel-in-env|elsewhere/)
    await vi.waitFor(() => expect(sockets.every(({ destroyed }) => destroyed)).toBe(true))
    expect([afterwards(), world.api.lines()]).toEqual(['', []])
  })

  test.each([['SPDY', spdy, 'POST'], ['SPDY by GET', spdy, 'GET']])('a 101 of the other protocol (%s)', async (_, headers, method) => {
    const { afterwards } = upgrades((socket) => socket.write(switching(`Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n`)))
    expect(await world.raw(request(headers, exec, method), { quietMs: 50 })).toMatch(/^HTTP\/1\.1 [45]\d\d/)
    expect(afterwards()).toBe('')
  })

  test.each([
    ['a token as a subprotocol', webSocket.replace('v5.channel', `base64url.bearer.authorization.k8s.io.${Buffer.from('upstream-token').toString('base64url')}, v5.channel`)], ['extensions are not offered on', `${webSocket}Sec-WebSocket-Extensions: permessage-deflate\r\n`], ['an old protocol', webSocket.replace('v5.channel', 'v1.channel')], ['a bad key', webSocket.replace(nonce, 'x')], ['a body', `${webSocket}Content-Length: 3\r\n`], ['somebody else', `${webSocket}Impersonate-User: root\r\n`],
  ])('%s', async (what, headers) => {
    const seen: IncomingMessage[] = []
    upgrades((socket, message) => { seen.push(message); socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n') })
    await world.raw(request(headers), { quietMs: 50 })
    if (what !== 'extensions are not offered on') return expect(seen).toEqual([])
    expect(seen).toHaveLength(1)
    expect(Object.keys(seen[0]!.headers).toSorted()).toEqual(['accept', 'accept-encoding', 'authorization', 'connection', 'host', 'sec-websocket-key', 'sec-websocket-protocol', 'sec-websocket-version', 'upgrade'])
    expect(seen[0]!.headers.authorization).toBe('Bearer upstream-token')
  })
})

const streams = new WebSocketServer({ noServer: true, perMessageDeflate: false, handleProtocols: () => 'v5.channel.k8s.io' })

/** The API server runs the command as `run` says: `send(1, …)` is its standard output. */
function runs(run: (send: (channel: number, data: string | Buffer) => void, socket: WebSocket) => void): void {
  world.api.onUpgrade((message, socket) => streams.handleUpgrade(message, socket, Buffer.alloc(0), (ws) => {
    ws.on('error', () => undefined)
    run((channel, data) => ws.send(Buffer.concat([Buffer.from([channel]), Buffer.from(data)])), ws)
  }))
}

interface Client { readonly ws: WebSocket; text(): string; readonly closed: Promise<void> }
async function client(path = exec, who = 'eli'): Promise<Client> {
  const ws = new WebSocket(`${world.gateway.api.replace('https', 'wss')}/k8s/cluster${path}`, 'v5.channel.k8s.io', { ca: world.gateway.ca, headers: { authorization: `Bearer ${world.token(who)}` }, perMessageDeflate: false })
  const chunks: Buffer[] = []
  ws.on('message', (data: Buffer) => void chunks.push(data.subarray(1))).on('error', () => undefined)
  const closed = new Promise<void>((done) => { ws.once('close', () => done()) })
  await new Promise<void>((done, failed) => { ws.once('open', done); ws.once('error', failed) })
  return { ws, closed, text: () => Buffer.concat(chunks).toString('latin1') }
}

describe('secrets in pieces', () => {
  test.each<readonly [string, string, readonly (readonly [number, string])[]]>([
    ['a letter a message', key, [...`the key ${key} and\n`].map((letter) => [1, letter] as const)], ['over two streams', key, [[2, `x ${key.slice(0, 9)}`], [1, 'out\n'], [2, `${key.slice(9)} y\n`]]], ['in colours', key, [[1, `a \u001b[1m${key.slice(0, 5)}`], [1, `\u001b[0;32m${key.slice(5, 12)}\u001b[`], [1, `0m${key.slice(12)}\u001b[K\n`]]],
    ['in base64', key, [[1, Buffer.from(`aws_access_key_id = ${key}\n`).toString('base64')], [1, '\n']]], ['a service account\'s token', jwt, [[1, jwt.slice(0, 30)], [1, jwt.slice(30, 100)], [1, jwt.slice(100)]]], ['in the error', key, [[3, JSON.stringify({ kind: 'Status', status: 'Failure', message: `exec failed: ${key} not found` })]]], ['behind a long line', key, [[1, `${'x '.repeat(20_000)}${key.slice(0, 10)}`], [1, `${key.slice(10)}\n`]]], ['with a window title around', key, [[1, `\u001b]0;${key}\u0007`], [1, '\n']]],
  ])('%s', async (_, value, messages) => {
    runs((send, ws) => {
      for (const [channel, data] of messages) send(channel, data)
      if (messages.every(([channel]) => channel !== 3)) send(3, '{"kind":"Status","status":"Success"}')
      setTimeout(() => ws.close(), 20)
    })
    const one = await client(exec.replace('command=sh', 'command=cat&command=/var/run/secrets/kubernetes.io/serviceaccount/token'))
    await one.closed
    const plain = one.text().replaceAll(/\[[0-9;]*[mK]/g, '').replaceAll('\u001b', '')
    expect(found(value, Buffer.from(plain))).toBeNull()
    expect(one.text()).toContain('masked')
  })
})

describe('what goes on ends with what allowed it', () => {
  const endless = () => {
    runs((send, ws) => { const timer = setInterval(() => send(1, 'tick\n'), 20); ws.on('close', () => clearInterval(timer)) })
    world.api.answer(({ response, url }) => {
      if (!/watch|follow/.test(url)) return json(response, 200, {})
      response.writeHead(200, { 'content-type': url.includes('follow') ? 'text/plain' : 'application/json' })
      const timer = setInterval(() => { response.write(url.includes('follow') ? 'tick\n' : '{"type":"MODIFIED","object":{"kind":"Pod"}}\n') }, 20)
      response.on('close', () => clearInterval(timer))
    })
  }
  interface Ongoing { readonly what: string; ticks(): number; isOver(): boolean; last(): string }
  async function ongoing(who: string): Promise<readonly Ongoing[]> {
    endless()
    const stream = await client(exec, who)
    let isClosed = false
    void stream.closed.then(() => { isClosed = true })
    const plains = await Promise.all(['/api/v1/namespaces/shop/pods?watch=1', '/api/v1/watch/namespaces/shop/pods', '/api/v1/namespaces/shop/pods/web/log?follow=true'].map(async (path) => {
      const response = await world.open(path, { who })
      let [text, isOver] = ['', false]
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk }).on('close', () => { isOver = true }).on('error', () => { isOver = true })
      response.resume()
      return { what: path, ticks: () => text.split('\n').length, isOver: () => isOver, last: () => text.trim().split('\n').at(-1)! }
    }))
    const all = [{ what: 'exec', ticks: () => stream.text().split('\n').length, isOver: () => isClosed, last: () => stream.text() }, ...plains]
    await vi.waitFor(() => { for (const one of all) expect([one.what, one.ticks() > 2]).toEqual([one.what, true]) }, { timeout: 5_000 })
    return all
  }
  const expectOver = (all: readonly Ongoing[], withinMs: number) => vi.waitFor(() => { for (const one of all) expect([one.what, one.isOver()]).toEqual([one.what, true]) }, { timeout: withinMs, interval: 20 })

  test('a revoked token', async () => {
    await world.join('rex', ['engineers'])
    const all = await ongoing('rex')
    await world.call('rex', 'DELETE', '/v1/tokens/current')
    await expectOver(all, 2_000)
    expect(all[1]!.last()).toMatch(/"type":"ERROR".*"code":401/)
    expect(all[0]!.last()).toMatch(/"status":"Failure".*session was ended/)
  })

  test('a token that ends', async () => {
    await world.join('tim', ['engineers'], 4)
    const all = await ongoing('tim')
    await expectOver(all, 6_000)
  })

  test('a policy that denies it now', async () => {
    const all = await ongoing('eli')
    world.gateway.writePolicy('cluster', policy.replace('rules:\n', 'rules:\n  - { id: stop, who: everyone, deny: { kubernetes: [exec, watch], resources: ["*"] } }\n  - { id: stop-logs, who: everyone, deny: { kubernetes: [get], resources: [pods/log] } }\n'))
    await expectOver(all, 4_000)
    expect(all[1]!.last()).toMatch(/"type":"ERROR".*denied by rule stop/)
    world.gateway.writePolicy('cluster', policy)
    await vi.waitFor(async () => expect((await world.ask('/api/v1/namespaces/shop/pods/web/log')).status).toBe(200), { timeout: 4_000 })
  })

  test('masks that see more now: of a watch in the next event, of text at once', async () => {
    runs((send, ws) => { const timer = setInterval(() => send(1, `${later}\n`), 20); ws.on('close', () => clearInterval(timer)) })
    world.api.answer(({ response, url }) => {
      response.writeHead(200, { 'content-type': url.includes('follow') ? 'text/plain' : 'application/json' })
      const timer = setInterval(() => { response.write(url.includes('follow') ? `${later}\n` : `${JSON.stringify({ type: 'MODIFIED', object: { kind: 'Event', message: later } })}\n`) }, 20)
      response.on('close', () => clearInterval(timer))
    })
    const stream = await client()
    const [watch, log] = await Promise.all(['/api/v1/namespaces/shop/events?watch=1', '/api/v1/namespaces/shop/pods/web/log?follow=true'].map(async (path) => {
      const response = await world.open(path)
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk }).on('error', () => undefined)
      response.resume()
      return { last: () => text.trim().split('\n').at(-1)!, isOver: () => response.closed, response }
    }))
    await vi.waitFor(() => { expect(watch!.last()).toContain(later); expect(log!.last()).toContain(later); expect(stream.text()).toContain(later) })
    world.gateway.writePolicy('cluster', policy.replace('[aws-access-key, jwt, private-key]', '[aws-access-key, jwt, private-key, github-token]'))
    await vi.waitFor(() => { expect(watch!.last()).not.toContain(later); expect([log!.isOver(), stream.ws.readyState]).toEqual([true, WebSocket.CLOSED]) }, { timeout: 4_000 })
    watch!.response.destroy()
    world.gateway.writePolicy('cluster', policy)
  })
})

test('frames that are none end the streams, and nobody else\'s', async () => {
  runs((send) => send(1, 'ready\n'))
  const other = await client()
  for (const bytes of ['ffffffffffffffffff', '8200', '82ff7fffffffffffffff00000000', 'c180000000000a', '8a80', '018100000000', '828100000000ff', '82810000000005', `82${'fe7fff'}00000000`, '00810000000000']) {
    const socket = await world.socket()
    socket.write(request(webSocket).replace('{token}', world.token('eli')))
    await new Promise<void>((done) => { socket.once('data', () => done()) })
    socket.write(Buffer.from(bytes, 'hex'))
    await Promise.race([new Promise<void>((done) => { socket.once('close', done) }), sleep(100)])
    socket.destroy()
  }
  expect(other.ws.readyState).toBe(WebSocket.OPEN)
  expect((await world.ask('/api/v1/namespaces/shop/pods')).status).toBe(200)
  other.ws.terminate()
})

describe('port-forward', () => {
  const forward = '/api/v1/namespaces/shop/pods/web/portforward'
  const tunnel = webSocket.replace('v5.channel.k8s.io', 'SPDY/3.1+portforward.k8s.io')
  test.each([`${forward}?ports=5432`, `${forward}?ports=80&ports=5432`, `${forward}?ports=080`, `${forward}?ports=0x50`, `${forward}?ports=80,5432`, `${forward}?ports=`, `${forward}?ports=65616`, '/api/v1/namespaces/shop/pods/web:5432/proxy', '/api/v1/namespaces/shop/services/db/portforward', '/api/v1/namespaces/shop/services/db:5432/proxy/'])('%s does not begin', async (path) => {
    const { sockets } = upgrades((socket) => socket.destroy())
    for (const headers of [tunnel, webSocket, spdy.replace('v4.channel.k8s.io', 'portforward.k8s.io')]) expect(await world.raw(request(headers, path), { quietMs: 50 })).toMatch(/^HTTP\/1\.1 4\d\d/)
    expect([sockets, world.api.lines()]).toEqual([[], []])
  })

  test('a port that only the streams name is judged as if the request had named it; a policy that comes later too', async () => {
    const { afterwards } = upgrades((socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: portforward.k8s.io\r\n\r\n'))
    const socket = await world.socket()
    const came: Buffer[] = []
    socket.write(request(spdy.replace('v4.channel.k8s.io', 'portforward.k8s.io'), forward, 'POST').replace('{token}', world.token('eli')))
    expect(await new Promise<string>((done) => { socket.once('data', (chunk: Buffer) => done(chunk.toString())) })).toMatch(/^HTTP\/1\.1 101/)
    socket.on('data', (chunk: Buffer) => void came.push(chunk))
    const writer = new SpdyHeaderWriter()
    const ask = (stream: number, port: string) => {
      for (const [at, type] of [[stream, 'error'], [stream + 2, 'data']] as const) socket.write(writer.synStream(at, new Map([['streamtype', type], ['port', port], ['requestid', String(stream)]])))
      socket.write(dataFrameOf(stream + 2, Buffer.from('select * from customers'), false))
    }
    const asked = () => new SpdyParser().push(Buffer.from(afterwards(), 'latin1')).flatMap((frame) => (frame.kind === 'syn-stream' ? [frame.headers.get('port')] : []))
    ask(1, '5432')
    ask(5, '80')
    await vi.waitFor(() => expect(asked()).toEqual(['80', '80']))
    const told = new SpdyParser().push(Buffer.concat(came)).flatMap((frame) => (frame.kind === 'data' && frame.stream === 1 ? [frame.data.toString()] : [])).join('')
    expect(told).toMatch(/port 5432 was not forwarded: no rule allows portforward/)
    world.gateway.writePolicy('cluster', policy.replace('p == 80', 'p == 81'))
    await sleep(700)
    ask(9, '80')
    await sleep(100)
    expect(asked()).toEqual(['80', '80'])
    expect(afterwards().split('select * from customers').length - 1).toBe(1)
    socket.destroy()
    world.gateway.writePolicy('cluster', policy)
  })
})

test('the record of all of that holds none of it', async () => {
  await sleep(300)
  for (const value of [key, jwt]) expect(found(value, world.kept())).toBeNull()
})
