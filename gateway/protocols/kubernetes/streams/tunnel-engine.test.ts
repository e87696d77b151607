import { randomBytes, randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { dataFrameOf, SpdyParser, type SpdyFrame } from '../codec/spdy.ts'
import { closeFrame, messageOf, payloadOf, type WebSocketFrame } from '../codec/websocket.ts'
import { dataOn, forwardPeers, settled, type Peer, type PeersOptions } from './testing/peers.ts'

const tunnel = (options: PeersOptions = {}) => forwardPeers({ protocol: 'websocket', subprotocol: 'SPDY/3.1+portforward.k8s.io', ...options })
const forward = (streamtype: string, port: string, requestid = '0') => new Map([['streamtype', streamtype], ['port', port], ['requestid', requestid]])
const inner = (frames: readonly WebSocketFrame[]): SpdyFrame[] => new SpdyParser().push(Buffer.concat(frames.flatMap((frame) => (frame.kind === 'binary' || frame.kind === 'continuation' ? [payloadOf(frame)] : []))))

/** In messages that end anywhere. */
function sendCut(peer: Peer, role: 'client' | 'server', bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) {
    const length = randomInt(1, 20)
    peer.send(messageOf(role, 'binary', bytes.subarray(at, at + length)))
    at += length
  }
}

test('SPDY frames pass, wherever messages cut them', async () => {
  const { client, upstream, observe } = tunnel()
  const [up, down] = [randomBytes(3_000), randomBytes(3_000)]
  sendCut(client, 'client', Buffer.concat([client.writer.synStream(1, forward('error', '8080')), client.writer.synStream(3, forward('data', '8080')), dataFrameOf(3, up, true)]))
  await settled(20)
  sendCut(upstream, 'server', Buffer.concat([upstream.writer.reply(1, new Map()), upstream.writer.reply(3, new Map()), dataFrameOf(3, down, true), dataFrameOf(1, Buffer.from('an error'), true)]))
  await settled(20)
  expect(dataOn(inner(upstream.webSocket()), 3)).toBe(up.toString('latin1'))
  expect(dataOn(inner(client.webSocket()), 3)).toBe(down.toString('latin1'))
  expect(dataOn(inner(client.webSocket()), 1)).toBe('an error')
  expect(observe.counted).toEqual({ in: 3_000, out: 3_000 })
})

test('a port that may not be forwarded never reaches the upstream', async () => {
  const { client, upstream } = tunnel({ objectionToPort: (port) => (port === 5432 ? 'no' : null) })
  sendCut(client, 'client', Buffer.concat([client.writer.synStream(1, forward('error', '5432')), client.writer.synStream(3, forward('data', '5432')), dataFrameOf(3, Buffer.from('select'), true)]))
  await settled()
  expect(upstream.bytes()).toHaveLength(0)
  expect(dataOn(inner(client.webSocket()), 1)).toBe('port 5432 was not forwarded: no')
})

test('pings pass between messages; text ends the session', async () => {
  const { client, upstream, relay } = tunnel()
  client.send(messageOf('client', 'ping', Buffer.from('p')))
  await settled()
  expect(upstream.webSocket()).toMatchObject([{ kind: 'ping' }])
  client.send(messageOf('client', 'text', Buffer.from('x')))
  expect(await relay.ended).toMatch('binary')
})

test('close: open connections hear the reason, and the WebSocket is closed in order', async () => {
  const { client, relay } = tunnel()
  sendCut(client, 'client', Buffer.concat([client.writer.synStream(1, forward('error', '8080')), client.writer.synStream(3, forward('data', '8080'))]))
  await settled()
  relay.close('the token has expired')
  await relay.ended
  expect(dataOn(inner(client.webSocket()), 1)).toBe('the token has expired')
  expect(client.webSocket().at(-1)?.kind).toBe('close')
})

test('nothing follows the close frame of the upstream', async () => {
  const { client, upstream, relay } = tunnel({ objectionToPort: () => 'no' })
  upstream.send(closeFrame('server', 1000))
  await settled()
  sendCut(client, 'client', client.writer.synStream(1, forward('error', '5432')))
  await settled()
  relay.close('the token has expired')
  await relay.ended
  expect(client.webSocket()).toMatchObject([{ kind: 'close' }])
})

test('the upstream closes', async () => {
  const { client, upstream, relay } = tunnel()
  upstream.send(closeFrame('server', 1000))
  upstream.socket.end()
  expect(await relay.ended).toMatch('target')
  expect(client.webSocket()).toMatchObject([{ kind: 'close' }])
})
