import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Duplex } from 'node:stream'
import { startFakeGateway, type FakeGateway, type FakeTunnel } from '../testing/fake-gateway.ts'
import { openTunnel, type Tunnel } from './tunnel.ts'

let gateway: FakeGateway
let serve: (stream: Duplex, tunnel: FakeTunnel) => void

beforeEach(async () => {
  serve = (stream) => { stream.pipe(stream) }
  gateway = await startFakeGateway({ serve: (stream, tunnel) => { stream.on('error', () => undefined); serve(stream, tunnel) } })
  gateway.tokens.set('gh_good', { subject: 'ana', expiresAt: Date.now() + 60_000 })
})
afterEach(() => gateway.close())

const open = (token = 'gh_good', connection = 'shop', ca: string | null = gateway.ca) => openTunnel({ address: { url: gateway.url, ca }, token, connection })
const failure = async (tunnel: Tunnel) => (await once(tunnel, 'error') as [Error])[0]

test('carries bytes both ways, in frames of the agreed size, what was written before it opened too', async () => {
  const sizes: number[] = []
  serve = (stream, { socket }) => {
    socket.on('message', (data: Buffer, isBinary) => { if (isBinary) sizes.push(data.length) })
    stream.pipe(stream)
  }
  const tunnel = open()
  const sent = Buffer.alloc(1_000_000, 'abcdefg')
  tunnel.write(sent)
  let got = Buffer.alloc(0)
  while (got.length < sent.length) got = Buffer.concat([got, (await once(tunnel, 'data') as [Buffer])[0]])
  expect(got.equals(sent)).toBe(true)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(256 * 1024)
  tunnel.destroy()
})

test.each([
  ['a token the gateway does not know', 'gh_bad', 'shop', 'token_invalid'],
  ['a connection it does not have', 'gh_good', 'nope', 'connection_unknown'],
  ['a name that is a path', 'gh_good', '../../v1/whoami', 'connection_unknown'],
])('refuses as the gateway did: %s', async (_, token, connection, code) => {
  expect(await failure(open(token, connection))).toMatchObject({ code, message: `refused: ${code}` })
})

test('does not talk to a gateway whose certificate it does not trust', async () => {
  const error = await failure(open('gh_good', 'shop', null))
  expect(error).toMatchObject({ code: 'gateway_untrusted', message: expect.stringContaining('GATEHOUSE_CA') as string })
  expect(gateway.tunnels).toEqual([])
})

test('says so when nobody answers', async () => {
  await gateway.close()
  expect(await failure(open())).toMatchObject({ code: 'gateway_unreachable' })
  gateway = await startFakeGateway()
})

test('makes the gateway wait for a reader that is slow', async () => {
  let sent = 0
  serve = (stream) => {
    const chunk = Buffer.alloc(64 * 1024)
    const more = () => {
      if (sent >= 64 * 1024 * 1024) return
      sent += chunk.length
      stream.write(chunk, more)
    }
    more()
  }
  const tunnel = open()
  await once(tunnel, 'readable')
  await sleep(400)
  // Kernel buffers on loopback take some megabytes; the rest waits at the other end.
  expect(sent).toBeLessThan(24 * 1024 * 1024)
  expect(tunnel.readableLength).toBeLessThan(2 * 1024 * 1024)
  tunnel.resume()
  await expect.poll(() => sent, { timeout: 10_000 }).toBeGreaterThanOrEqual(64 * 1024 * 1024)
  tunnel.destroy()
})

test('makes a writer wait for a gateway that is slow', async () => {
  serve = (stream) => { stream.pause() }
  const tunnel = open()
  tunnel.setMaxListeners(0).on('error', () => undefined)
  let taken = 0
  const chunk = Buffer.alloc(256 * 1024)
  for (let turn = 0; turn < 400; turn++) {
    if (!tunnel.write(chunk, () => { taken += chunk.length })) await Promise.race([once(tunnel, 'drain'), sleep(50)])
    if (tunnel.writableLength > 8 * 1024 * 1024) break
  }
  expect(taken).toBeLessThan(64 * 1024 * 1024)
  tunnel.destroy()
})

test('ends with the gateway\'s reason when it gives one', async () => {
  const tunnel = open()
  await once(tunnel, 'connect')
  gateway.tunnels[0]!.socket.send(JSON.stringify({ type: 'close', reason: 'your token was revoked' }))
  gateway.tunnels[0]!.socket.close(1000)
  expect(await failure(tunnel)).toMatchObject({ code: 'upstream_lost', message: 'the gateway ended the session: your token was revoked' })
  expect(tunnel.closeReason).toBe('your token was revoked')
})

test('tells a plain end from a connection that was lost', async () => {
  const ended = open()
  ended.resume()
  await once(ended, 'connect')
  gateway.tunnels[0]!.socket.close(1000)
  await once(ended, 'end')
  const lost = open()
  await once(lost, 'connect')
  gateway.tunnels[1]!.socket.terminate()
  expect(await failure(lost)).toMatchObject({ code: 'gateway_unreachable' })
})

test.each(['not json', '{"type":"other"}', `{"type":"close","reason":"${'x'.repeat(5_000)}"}`])('ends on a control frame it does not know: %.20s', async (text) => {
  const tunnel = open()
  await once(tunnel, 'connect')
  gateway.tunnels[0]!.socket.send(text)
  expect(await failure(tunnel)).toMatchObject({ code: 'protocol_violation' })
})

test('ends on a frame larger than agreed', async () => {
  const tunnel = open()
  await once(tunnel, 'connect')
  gateway.tunnels[0]!.socket.send(Buffer.alloc(300 * 1024))
  expect(await failure(tunnel)).toMatchObject({ code: 'gateway_unreachable' })
})

test('sends a fresh token as a control frame, and never as data', async () => {
  const tunnel = open()
  await once(tunnel, 'connect')
  tunnel.renew('gh_fresh')
  await expect.poll(() => gateway.tunnels[0]!.controls).toEqual(['{"type":"renew","token":"gh_fresh"}'])
  expect(tunnel.readableLength).toBe(0)
  tunnel.destroy()
})

test('a tunnel that is destroyed in the middle of what it receives closes at once', async () => {
  serve = (stream) => {
    const timer = setInterval(() => stream.write(Buffer.alloc(100_000)), 1)
    stream.once('close', () => clearInterval(timer))
  }
  const tunnel = open()
  await once(tunnel, 'readable')
  const closed = once(gateway.tunnels[0]!.socket, 'close')
  const startedAt = Date.now()
  tunnel.destroy()
  await closed
  expect(Date.now() - startedAt).toBeLessThan(5_000)
})
