import { connect } from 'node:tls'
import { once } from 'node:events'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { problem } from '../../shared/api.ts'
import { GatehouseError } from '../../shared/errors.ts'
import { tunnelControlBytesMax } from '../../shared/limits.ts'
import { startApi, type Fixture } from './testing/api-fixture.ts'
import type { Tunnel } from './tunnel.ts'

let fixture: Fixture
let ada: string
const shop = '/v1/connections/shop/tunnel'

beforeAll(async () => {
  fixture = await startApi()
  ada = (await fixture.identity.exchange(await fixture.signer.sign())).token
})
afterAll(() => fixture.close())
beforeEach(() => {
  fixture.tunnels.length = 0
  fixture.broken.open = null
})

async function opened(token = ada, path = shop): Promise<{ ws: WebSocket; tunnel: Tunnel; said: string[]; closed: Promise<number> }> {
  const ws = fixture.tunnel(path, { token })
  const said: string[] = []
  ws.on('message', (data: Buffer, isBinary) => { if (!isBinary) said.push(data.toString()) })
  const closed = new Promise<number>((done) => { ws.once('close', done) })
  await once(ws, 'open')
  await vi.waitFor(() => { expect(fixture.tunnels).toHaveLength(1) })
  return { ws, tunnel: fixture.tunnels[0]!, said, closed }
}

describe('before the upgrade', () => {
  test.each([
    ['no token', shop, {}, 401, 'token_missing'],
    ['an unknown token', shop, { token: `gh_${'x'.repeat(43)}` }, 401, 'token_invalid'],
    ['the token in the query', `${shop}?token=ADA`, {}, 404, 'not_found'],
    ['an unknown connection', '/v1/connections/nope/tunnel', { token: 'ADA' }, 404, 'connection_unknown'],
    ['a connection without a rule', '/v1/connections/hidden/tunnel', { token: 'ADA' }, 404, 'connection_unknown'],
    ['a name that does not decode', '/v1/connections/%ff/tunnel', { token: 'ADA' }, 404, 'connection_unknown'],
    ['another path', '/v1/whoami', { token: 'ADA' }, 404, 'not_found'],
    ['a path that goes up', '/v1/connections/hidden/../shop/tunnel/x', { token: 'ADA' }, 404, 'not_found'],
    ['a page in a browser', shop, { token: 'ADA', headers: { origin: 'https://localhost' } }, 403, 'forbidden'],
    ['no subprotocol', shop, { token: 'ADA', protocol: null }, 400, 'input_invalid'],
    ['another subprotocol', shop, { token: 'ADA', protocol: 'gatehouse.tunnel.v2' }, 400, 'input_invalid'],
  ])('%s is refused with a problem', async (_, path, options, status, code) => {
    const own = 'token' in options && options.token === 'ADA' ? { ...options, token: ada } : options
    const answer = await fixture.refused(path.replace('ADA', ada), own)
    expect([answer.status, problem.parse(answer.json).code]).toEqual([status, code])
    if (status === 401) expect(answer.headers['www-authenticate']).toContain('Bearer')
    expect(fixture.tunnels).toHaveLength(0)
  })

  test('unknown and not allowed answer alike', async () => {
    const [unknown, hidden] = [await fixture.refused('/v1/connections/nope/tunnel', { token: ada }), await fixture.refused('/v1/connections/hidden/tunnel', { token: ada })]
    expect(unknown.text).toBe(hidden.text)
  })

  test('a refused token is audited, without the token', async () => {
    fixture.audited.length = 0
    const bad = await fixture.signer.sign({ aud: 'grafana' })
    await fixture.refused(shop, { token: bad })
    expect(fixture.audited).toEqual([expect.objectContaining({ kind: 'login-failed', principal: null, detail: expect.objectContaining({ code: 'token_invalid' }) as object })])
    expect(JSON.stringify(fixture.audited)).not.toContain(bad)
  })

  test('no session begins while the recorder has failed', async () => {
    fixture.broken.open = new GatehouseError('recorder_failed', 'the recording cannot be written')
    expect((await fixture.refused(shop, { token: ada })).status).toBe(503)
  })

  test('an upgrade that is no WebSocket is refused, and its lease ends with its socket', async () => {
    const socket = connect({ port: fixture.port, host: '127.0.0.1', ca: fixture.ca })
    socket.write(`GET ${shop} HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\nSec-WebSocket-Protocol: gatehouse.tunnel.v1\r\nAuthorization: Bearer ${ada}\r\n\r\n`)
    let text = ''
    socket.on('data', (data) => { text += data.toString() })
    await once(socket, 'close')
    expect(text).toMatch(/^HTTP\/1\.1 400/)
    expect(fixture.tunnels).toHaveLength(0)
  })
})

test('bytes go both ways, with who is calling, for which connection, from where', async () => {
  const { ws, tunnel } = await opened()
  expect(tunnel).toMatchObject({ connection: 'shop', lease: { principal: { id: 'corp:ada' } } })
  expect(tunnel.peer).toMatch(/^127\.0\.0\.1:\d+$/)
  expect(ws.protocol).toBe('gatehouse.tunnel.v1')
  expect(ws.extensions).toBe('')
  ws.send(Buffer.from('ping'))
  expect((await once(tunnel.stream, 'data'))[0]).toEqual(Buffer.from('ping'))
  const answer = once(ws, 'message')
  tunnel.stream.write('pong')
  expect((await answer)[0]).toEqual(Buffer.from('pong'))
  ws.terminate()
})

test('a name may hold spaces and slashes, encoded', async () => {
  const { ws, tunnel } = await opened(ada, '/v1/connections/sch%20%C3%B6n%2F1/tunnel')
  expect(tunnel.connection).toBe('sch ön/1')
  ws.terminate()
})

test('bytes sent in the same breath as the upgrade are not lost', async () => {
  const socket = connect({ port: fixture.port, host: '127.0.0.1', ca: fixture.ca })
  const upgrade = `GET ${shop} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n`
    + `Sec-WebSocket-Key: ${Buffer.alloc(16, 1).toString('base64')}\r\nSec-WebSocket-Protocol: gatehouse.tunnel.v1\r\nAuthorization: Bearer ${ada}\r\n\r\n`
  // RFC 6455 5.2: one whole binary frame of five bytes, masked with zeros.
  socket.write(Buffer.concat([Buffer.from(upgrade), Buffer.of(0x82, 0x85, 0, 0, 0, 0), Buffer.from('early')]))
  await vi.waitFor(() => { expect(fixture.tunnels).toHaveLength(1) })
  expect((await once(fixture.tunnels[0]!.stream, 'data'))[0]).toEqual(Buffer.from('early'))
  socket.destroy()
})

test('a fresh token of the same principal renews the lease, and the client hears until when', async () => {
  const { ws, tunnel, said } = await opened()
  const before = tunnel.lease.expiresAt
  await new Promise((done) => { setTimeout(done, 20) })
  const { token, expiresAt } = await fixture.identity.exchange(await fixture.signer.sign({ exp: Date.now() / 1000 + 7200 }))
  ws.send(JSON.stringify({ type: 'renew', token }))
  await vi.waitFor(() => { expect(said).toHaveLength(1) })
  expect(JSON.parse(said[0]!)).toEqual({ type: 'renewed', expiresAt: new Date(expiresAt).toISOString() })
  expect(tunnel.lease.expiresAt).toBeGreaterThan(before)
  ws.terminate()
})

describe('ends, with a reason', () => {
  test.each([
    ['a token of another principal', async () => (await fixture.identity.exchange(await fixture.signer.sign({ sub: 'eve' }))).token, /another principal/],
    ['a token that is none', async () => 'gh_nonsense', /not know|malformed/],
  ])('on a renewal with %s', async (_, token, says) => {
    const { ws, said, closed, tunnel } = await opened()
    tunnel.stream.resume()
    ws.send(JSON.stringify({ type: 'renew', token: await token() }))
    await closed
    expect(JSON.parse(said[0]!)).toMatchObject({ type: 'close', reason: expect.stringMatching(says) as string })
    expect(tunnel.lease.principal.id).toBe('corp:ada')
  })

  test.each([
    ['no JSON', 'hello'], ['another type', '{"type":"sudo"}'], ['more keys than ours', '{"type":"close","reason":"x","extra":1}'],
    ['our own answer', '{"type":"renewed","expiresAt":"x"}'], ['too long', JSON.stringify({ type: 'close', reason: 'x'.repeat(tunnelControlBytesMax) })],
  ])('on a control frame that is %s', async (_, text) => {
    const { ws, said, closed, tunnel } = await opened()
    tunnel.stream.resume()
    ws.send(text)
    await closed
    expect(JSON.parse(said[0]!)).toMatchObject({ type: 'close' })
  })

  test('when its token is revoked: within a second, even if the protocol does nothing', async () => {
    const { token } = await fixture.identity.exchange(await fixture.signer.sign())
    const { closed, tunnel } = await opened(token)
    const heard = vi.fn()
    tunnel.lease.onEnd(heard)
    const at = Date.now()
    await fixture.identity.revoke(token)
    await closed
    expect(heard).toHaveBeenCalledExactlyOnceWith('the token was revoked')
    expect(Date.now() - at).toBeLessThan(5000)
  })

  test('when its token expires: within a second, and the protocol’s own last words arrive first', async () => {
    const exp = Math.ceil(Date.now() / 1000) + 1
    const { token } = await fixture.identity.exchange(await fixture.signer.sign({ exp }))
    const { closed, tunnel, ws, said } = await opened(token)
    tunnel.stream.resume()
    tunnel.lease.onEnd(() => tunnel.stream.end('ErrorResponse'))
    const bytes: string[] = []
    ws.on('message', (data: Buffer, isBinary) => { if (isBinary) bytes.push(data.toString()) })
    await closed
    expect(Date.now() - exp * 1000).toBeLessThan(5000)
    expect(bytes).toEqual(['ErrorResponse'])
    expect(JSON.parse(said[0]!)).toMatchObject({ type: 'close', reason: expect.stringContaining('expired') as string })
  })

  test('when the gateway stops', async () => {
    const { closed, said, tunnel } = await opened()
    tunnel.stream.resume()
    fixture.api.tunnels.close('the gateway is stopping')
    await closed
    expect(said.map((text) => JSON.parse(text) as unknown)).toEqual([{ type: 'close', reason: 'the gateway is stopping' }])
    expect(fixture.api.tunnels.open).toBe(0)
  })
})

test('a client that says close ends the stream; one that vanishes breaks it; both give the lease back', async () => {
  for (const leave of [(ws: WebSocket) => ws.send('{"type":"close","reason":"done"}'), (ws: WebSocket) => ws.terminate()]) {
    fixture.tunnels.length = 0
    const { ws, tunnel, closed } = await opened()
    tunnel.stream.resume()
    const over = once(tunnel.stream, 'close').catch(() => undefined)
    leave(ws)
    await Promise.all([over, closed])
    await vi.waitFor(async () => { expect(await tunnel.lease.renew(ada)).toMatchObject({ ok: false }) })
  }
})
