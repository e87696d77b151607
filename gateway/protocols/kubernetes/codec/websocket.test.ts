import { randomBytes, randomInt } from 'node:crypto'
import { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { streamFrameBytesMax } from '../../../limits-kubernetes.ts'
import { FrameError } from './frame-error.ts'
import { u32, webSocketFrame } from './testing/frames.ts'
import { closeFrame, closeReason, firstByte, frameOf, messageOf, payloadBytes, payloadOf, WebSocketParser, type WebSocketFrame } from './websocket.ts'

const key = [0x12, 0xfe, 0x00, 0x80]
const summary = (frames: readonly WebSocketFrame[]) => frames.map((frame) => ({ kind: frame.kind, isLast: frame.isLast, payload: payloadOf(frame).toString('hex'), raw: frame.raw.toString('hex') }))

const fixture = (mask: readonly number[] | null) => Buffer.concat([
  webSocketFrame(0x82, Buffer.from('\x01hello'), mask), webSocketFrame(0x02, Buffer.from('\x00first '), mask), webSocketFrame(0x89, Buffer.from('ping'), mask),
  webSocketFrame(0x00, Buffer.alloc(126, 7), mask), webSocketFrame(0x80, Buffer.alloc(0), mask), webSocketFrame(0x82, Buffer.alloc(70_000, 5), mask),
  webSocketFrame(0x81, Buffer.from('text'), mask), webSocketFrame(0x8a, Buffer.alloc(125), mask), webSocketFrame(0x88, Buffer.from('\x03\xe8bye', 'latin1'), mask),
])

test.each([['client', key], ['server', null]] as const)('reads what a %s sends, and keeps its bytes', (role, mask) => {
  const frames = new WebSocketParser(role).push(fixture(mask))
  expect(frames.map(({ kind, isLast }) => `${kind}${isLast ? '' : '…'}`)).toEqual(['binary', 'binary…', 'ping', 'continuation…', 'continuation', 'binary', 'text', 'pong', 'close'])
  expect(Buffer.concat(frames.map(({ raw }) => raw))).toEqual(fixture(mask))
  expect(payloadOf(frames[0]!).toString()).toBe('\x01hello')
  expect(payloadOf(frames[0]!, 1).toString()).toBe('hello')
  expect(frames.map(firstByte)).toEqual([1, 0, 112, 7, null, 5, 116, 0, 3])
  expect(frames.map(payloadBytes)).toEqual([6, 7, 4, 126, 0, 70_000, 4, 125, 5])
  expect(closeReason(payloadOf(frames[8]!))).toEqual({ code: 1000, reason: 'bye' })
})

test.each([['client', key], ['server', null]] as const)('gives the same frames of a %s however the bytes are cut', (role, mask) => {
  const bytes = fixture(mask)
  const whole = summary(new WebSocketParser(role).push(bytes))
  const heads = [...Array.from({ length: 260 }, (_, at) => at), ...Array.from({ length: 170 }, (_, at) => bytes.length - 1 - at)]
  for (const at of heads) {
    const parser = new WebSocketParser(role)
    expect(summary([...parser.push(bytes.subarray(0, at)), ...parser.push(bytes.subarray(at))])).toEqual(whole)
  }
  const parser = new WebSocketParser(role)
  expect(summary([...bytes].flatMap((byte) => parser.push(Buffer.from([byte]))))).toEqual(whole)
})

const server = (bytes: Buffer) => () => new WebSocketParser('server').push(bytes)
const client = (bytes: Buffer) => () => new WebSocketParser('client').push(bytes)

test.each([
  ['an unmasked frame of a client', client(webSocketFrame(0x82, Buffer.from('x'), null)), /not masked/],
  ['a masked frame of a server', server(webSocketFrame(0x82, Buffer.from('x'), key)), /masked/],
  ['reserved bits', server(webSocketFrame(0xc2, Buffer.from('x'), null)), /reserved/],
  ['an unknown type', server(webSocketFrame(0x83, Buffer.from('x'), null)), /type 3/],
  ['an unknown control type', server(webSocketFrame(0x8b, Buffer.from('x'), null)), /type 11/],
  ['a control frame in pieces', server(webSocketFrame(0x09, Buffer.from('x'), null)), /pieces/],
  ['a long control frame', server(webSocketFrame(0x89, Buffer.alloc(126), null)), /too long/],
  ['a continuation of nothing', server(webSocketFrame(0x80, Buffer.from('x'), null)), /outside/],
  ['a message inside a message', server(Buffer.concat([webSocketFrame(0x02, Buffer.from('x'), null), webSocketFrame(0x82, Buffer.from('x'), null)])), /inside/],
  ['anything behind a close', server(Buffer.concat([webSocketFrame(0x88, Buffer.alloc(0), null), webSocketFrame(0x89, Buffer.alloc(0), null)])), /behind a close/],
  ['a length over the limit', server(Buffer.from([0x82, 127, ...u32(0), ...u32(streamFrameBytesMax + 1)])), /at most/],
  ['a length that wraps', server(Buffer.from([0x82, 127, ...u32(0xffffffff), ...u32(1)])), /at most/],
  ['a length of 2^32', server(Buffer.from([0x82, 127, ...u32(1), ...u32(0)])), /at most/],
  ['a short length in two bytes', server(Buffer.from([0x82, 126, 0, 125])), /longer than/],
  ['a short length in eight bytes', server(Buffer.from([0x82, 127, ...u32(0), ...u32(65_535)])), /longer than/],
])('refuses %s', (_name, push, message) => {
  expect(push).toThrow(message)
  expect(push).toThrow(FrameError)
})

test('what it writes is read by another implementation, and the other way round', async () => {
  const [near, far] = pair()
  const other = wrap(near)
  const parser = new WebSocketParser('client')
  const sent: Buffer[] = []
  far.on('data', (chunk: Buffer) => sent.push(chunk))
  const got: string[] = []
  other.on('message', (data: Buffer) => got.push(data.toString()))
  other.on('ping', (data: Buffer) => got.push(`ping ${data.toString()}`))
  const closed = new Promise<readonly [number, string]>((resolve) => other.on('close', (code, reason) => resolve([code, reason.toString()])))
  for (const size of [0, 1, 125, 126, 65_535, 65_536]) {
    far.write(messageOf('server', 'binary', Buffer.from('>'), Buffer.alloc(size, 0x61)))
    other.send(Buffer.alloc(size, 0x62))
  }
  far.write(frameOf('server', { kind: 'binary', isLast: false }, [Buffer.from('in ')]))
  far.write(messageOf('server', 'ping', Buffer.from('p')))
  far.write(frameOf('server', { kind: 'continuation', isLast: true }, [Buffer.from('pieces')]))
  far.write(closeFrame('server', 1008, 'é'.repeat(100)))
  expect(await closed).toEqual([1008, 'é'.repeat(61)])
  expect(got).toEqual([...[0, 1, 125, 126, 65_535, 65_536].map((size) => `>${'a'.repeat(size)}`), 'ping p', 'in pieces'])
  const frames = parser.push(Buffer.concat(sent))
  expect(frames.filter(({ kind }) => kind === 'binary').map(payloadBytes)).toEqual([0, 1, 125, 126, 65_535, 65_536])
  expect(frames.filter(({ kind }) => kind === 'binary').every((frame) => payloadOf(frame).every((byte) => byte === 0x62))).toBe(true)
})

test('a client masks with a key of its own each time', () => {
  const frames = new WebSocketParser('client').push(Buffer.concat([messageOf('client', 'binary', Buffer.from('same')), messageOf('client', 'binary', Buffer.from('same'))]))
  expect(frames.map((frame) => payloadOf(frame).toString())).toEqual(['same', 'same'])
  expect(frames[0]!.raw).not.toEqual(frames[1]!.raw)
})

test('random and damaged bytes end in frames or in a FrameError, never in anything else', () => {
  const good = fixture(key).subarray(0, 200)
  for (let round = 0; round < 20_000; round++) {
    const bytes = round % 2 === 0 ? randomBytes(randomInt(40)) : Buffer.from(good)
    for (let i = randomInt(4); i >= 0 && bytes.length > 0; i--) bytes[randomInt(bytes.length)] = randomInt(256)
    try {
      for (const frame of new WebSocketParser(round % 3 === 0 ? 'server' : 'client').push(bytes)) payloadOf(frame)
    } catch (error) {
      expect(error).toBeInstanceOf(FrameError)
    }
  }
})

/** Two ends of one wire. */
function pair(): readonly [Duplex, Duplex] {
  const make = (other: () => Duplex) => new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) { other().push(chunk); done() },
    final(done) { other().push(null); done() },
  })
  const near: Duplex = make(() => far)
  const far: Duplex = make(() => near)
  return [near, far]
}

/** `ws`, as a client whose handshake is over. */
function wrap(stream: Duplex): WebSocket {
  const socket = new WebSocket(null as unknown as string, undefined, {})
  Object.assign(stream, { setTimeout() {}, setNoDelay() {} })
  const inner = socket as unknown as { _isServer: boolean; setSocket(stream: Duplex, head: Buffer, options: object): void }
  inner._isServer = false
  inner.setSocket(stream, Buffer.alloc(0), { allowSynchronousEvents: true, maxPayload: 1 << 20, skipUTF8Validation: false })
  return socket
}
