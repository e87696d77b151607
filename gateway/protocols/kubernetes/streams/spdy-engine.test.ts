import { randomBytes, randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { spdyHeadersPerSecondMax, streamsOpenMax } from '../../../limits-kubernetes.ts'
import { exitStatus, resizeText } from '../codec/channels.ts'
import { dataFrameOf, goawayFrame, pingFrame, resetFrame } from '../codec/spdy.ts'
import { headerBlock, spdyControl, u32, UnzlibStream } from '../codec/testing/frames.ts'
import { dataOn, forwardPeers, peers, settled, type Peer } from './testing/peers.ts'

const type = (streamtype: string) => new Map([['streamtype', streamtype]])

/** Opens error 1, stdin 3, stdout 5, stderr 7, resize 9, as kubectl does; the upstream takes them. */
async function opened(client: Peer, upstream: Peer): Promise<void> {
  for (const [stream, name] of [[1, 'error'], [3, 'stdin'], [5, 'stdout'], [7, 'stderr'], [9, 'resize']] as const) client.send(client.writer.synStream(stream, type(name)))
  await settled()
  for (const stream of [1, 3, 5, 7, 9]) upstream.send(upstream.writer.reply(stream, new Map()))
  await settled()
}

test('streams go on, answered by the upstream', async () => {
  const { client, upstream } = peers()
  await opened(client, upstream)
  expect(upstream.spdy().map((frame) => (frame.kind === 'syn-stream' ? `${frame.stream} ${frame.headers.get('streamtype')}` : frame.kind))).toEqual(['1 error', '3 stdin', '5 stdout', '7 stderr', '9 resize'])
  expect(client.spdy().map(({ kind }) => kind)).toEqual(Array(5).fill('syn-reply'))
})

test('without masks data passes byte for byte, however it is cut, and is observed', async () => {
  const { client, upstream, observe } = peers()
  await opened(client, upstream)
  const [before, sentBefore] = [client.bytes().length, upstream.bytes().length]
  const down = Buffer.concat(Array.from({ length: 40 }, (_, i) => dataFrameOf(i % 2 === 0 ? 5 : 7, randomBytes(randomInt(3_000)), false)))
  const up = Buffer.concat(Array.from({ length: 40 }, () => dataFrameOf(3, randomBytes(randomInt(3_000)), false)))
  for (let at = 0; at < down.length;) at += cutInto(upstream, down, at)
  for (let at = 0; at < up.length;) at += cutInto(client, up, at)
  await settled(20)
  expect(client.bytes().subarray(before).equals(down)).toBe(true)
  expect(upstream.bytes().subarray(sentBefore).equals(up)).toBe(true)
  expect(observe.text('stdin')).toBe(dataOn(upstream.spdy(), 3))
  expect(observe.text('stdout')).toBe(dataOn(client.spdy(), 5))
  expect(observe.counted).toEqual({ in: dataOn(upstream.spdy(), 3).length, out: dataOn(client.spdy(), 5).length + dataOn(client.spdy(), 7).length })
})

function cutInto(peer: Peer, bytes: Buffer, at: number): number {
  const length = randomInt(1, 2_000)
  peer.send(bytes.subarray(at, at + length))
  return length
}

test('sizes, exit status and pings pass and are observed', async () => {
  const { client, upstream, observe } = peers()
  await opened(client, upstream)
  client.send(dataFrameOf(9, Buffer.from(resizeText({ width: 80, height: 24 })), false), pingFrame(1))
  upstream.send(dataFrameOf(1, Buffer.from(exitStatus(3)), true), goawayFrame(9, 0))
  await settled()
  expect(observe.sizes).toEqual([{ width: 80, height: 24 }])
  expect(observe.exits).toEqual([{ code: 3, message: expect.any(String) as string }])
  expect(upstream.spdy().at(-1)).toMatchObject({ kind: 'ping', id: 1 })
  expect(client.spdy().slice(-2)).toMatchObject([{ kind: 'data', stream: 1, isLast: true }, { kind: 'goaway' }])
})

test.each([
  ['a second stdin', type('stdin'), {}], ['a second error', type('error'), {}], ['an unknown stream', type('shell'), {}], ['a stream without a type', new Map<string, string>(), {}],
  ['a data stream', new Map([['streamtype', 'data'], ['port', '80'], ['requestid', '0']]), {}], ['__proto__', type('__proto__'), {}],
])('%s is reset, and what is sent on it goes nowhere', async (_name, headers) => {
  const { client, upstream } = peers()
  await opened(client, upstream)
  const before = upstream.bytes().length
  client.send(client.writer.synStream(11, headers), dataFrameOf(11, Buffer.from('rm -rf /'), true))
  await settled()
  expect(client.spdy().at(-1)).toMatchObject({ kind: 'rst-stream', stream: 11, status: 3 })
  expect(upstream.bytes().length).toBe(before)
})

test('stdin and sizes that the request did not ask for are reset', async () => {
  const { client, upstream } = peers({ tty: false, stdin: false })
  client.send(client.writer.synStream(1, type('stdin')), client.writer.synStream(3, type('resize')), client.writer.synStream(5, type('stdout')))
  await settled()
  expect(client.spdy()).toMatchObject([{ kind: 'rst-stream', stream: 1 }, { kind: 'rst-stream', stream: 3 }])
  expect(upstream.spdy()).toMatchObject([{ kind: 'syn-stream', stream: 5 }])
})

test('after a refused stream another implementation still reads the headers of the next', async () => {
  const { client, upstream } = peers()
  client.send(client.writer.synStream(1, type('nonsense-to-be-refused')), client.writer.synStream(3, type('error')), client.writer.synStream(5, type('stdin')))
  await settled()
  const zlib = new UnzlibStream()
  for (const frame of upstream.spdy()) expect(await zlib.block(frame.raw.subarray(18))).toEqual(headerBlock([['streamtype', frame.kind === 'syn-stream' ? frame.headers.get('streamtype')! : '']]))
})

test('only what was judged of a stream goes on: no other headers, not even later', async () => {
  const { client, upstream } = forwardPeers({ objectionToPort: (port) => (port === 80 ? null : 'no') })
  const headers = new Map([['streamtype', 'data'], ['port', '80'], ['requestid', '0'], ['x-forward', '10.0.0.1']])
  client.send(client.writer.synStream(1, headers), client.writer.headers(1, new Map([['port', '5432']])))
  await settled()
  expect(upstream.spdy()).toMatchObject([{ kind: 'syn-stream', headers: new Map([['streamtype', 'data'], ['port', '80'], ['requestid', '0']]) }])
})

test.each([
  ['the client writes stdout', (client: Peer) => client.send(dataFrameOf(5, Buffer.from('x'), false)), /stdout/],
  ['the client writes the error stream', (client: Peer) => client.send(dataFrameOf(1, Buffer.from('x'), false)), /error/],
  ['the client writes a stream nobody opened', (client: Peer) => client.send(dataFrameOf(99, Buffer.from('x'), false)), /99/],
  ['the client answers a stream', (client: Peer) => client.send(client.writer.reply(5, new Map())), /nobody opened/],
  ['the client opens a stream of the server', (client: Peer) => client.send(client.writer.synStream(10, type('stdin'))), /10/],
  ['the client opens a stream again', (client: Peer) => client.send(client.writer.synStream(3, type('stdin'))), /stream 3/],
  ['the client sends no SPDY', (client: Peer) => client.send(Buffer.alloc(16, 0xff)), /SPDY 32767/],
  ['the target opens a stream', (_: Peer, upstream: Peer) => upstream.send(upstream.writer.synStream(2, type('stdin'))), /only the client/],
  ['the target writes stdin', (_: Peer, upstream: Peer) => upstream.send(dataFrameOf(3, Buffer.from('x'), false)), /stdin/],
  ['the target writes sizes', (_: Peer, upstream: Peer) => upstream.send(dataFrameOf(9, Buffer.from('x'), false)), /resize/],
  ['the target speaks of a stream nobody opened', (_: Peer, upstream: Peer) => upstream.send(resetFrame(99, 1)), /99/],
  ['the target sends an endless status', (_: Peer, upstream: Peer) => upstream.send(dataFrameOf(1, Buffer.alloc(70_000, '{'), false)), /more than/],
  ['the target sends an unknown frame', (_: Peer, upstream: Peer) => upstream.send(spdyControl(11, 0, u32(1))), /not known/],
])('the session ends when %s, and the client is told', async (_name, act, message) => {
  const { client, upstream, relay } = peers()
  await opened(client, upstream)
  act(client, upstream)
  expect(await relay.ended).toMatch(message)
  expect(dataOn(client.spdy(), 1)).toMatch(message)
  expect(client.spdy().at(-1)).toMatchObject({ kind: 'goaway' })
})

test('what a peer says of a stream that is over goes nowhere', async () => {
  const { client, upstream } = peers()
  await opened(client, upstream)
  client.send(dataFrameOf(3, Buffer.from('a'), true), dataFrameOf(3, Buffer.from('late'), false))
  upstream.send(dataFrameOf(5, Buffer.from('a'), true), dataFrameOf(5, Buffer.from('late'), false), resetFrame(7, 5), dataFrameOf(7, Buffer.from('late'), false))
  await settled()
  expect([dataOn(upstream.spdy(), 3), dataOn(client.spdy(), 5), dataOn(client.spdy(), 7)]).toEqual(['a', 'a', ''])
})

test('more streams than the limit are reset', async () => {
  const { client, upstream } = forwardPeers()
  for (let i = 0; i <= streamsOpenMax; i++) client.send(client.writer.synStream(1 + i * 2, new Map([['streamtype', 'data'], ['port', '80'], ['requestid', String(i)]])))
  await expect.poll(() => upstream.spdy().length, { timeout: 10_000 }).toBe(streamsOpenMax)
  await expect.poll(() => client.spdy().length, { timeout: 10_000 }).toBe(1)
  expect(client.spdy()).toMatchObject([{ kind: 'rst-stream', stream: 1 + streamsOpenMax * 2 }])
})

test('streams opened faster than the limit end the session', async () => {
  const { client, relay } = forwardPeers()
  for (let i = 0; i <= spdyHeadersPerSecondMax * 2; i++) client.send(client.writer.synStream(1 + i * 2, type('x')))
  expect(await relay.ended).toMatch('spdyHeadersPerSecondMax')
})

// Port-forward.

const forward = (streamtype: string, port: string, requestid: string) => new Map([['streamtype', streamtype], ['port', port], ['requestid', requestid]])

test('bytes and end of each forwarded connection are observed', async () => {
  const { client, upstream, observe } = forwardPeers()
  client.send(client.writer.synStream(1, forward('error', '8080', '0')), dataFrameOf(1, Buffer.alloc(0), true), client.writer.synStream(3, forward('data', '8080', '0')))
  await settled()
  upstream.send(upstream.writer.reply(1, new Map()), upstream.writer.reply(3, new Map()))
  client.send(dataFrameOf(3, Buffer.from('question'), true))
  upstream.send(dataFrameOf(3, Buffer.from('answer'), false), dataFrameOf(3, Buffer.alloc(0), true), dataFrameOf(1, Buffer.alloc(0), true))
  await settled()
  expect([dataOn(upstream.spdy(), 3), dataOn(client.spdy(), 3)]).toEqual(['question', 'answer'])
  expect(observe.connections).toEqual([{ port: 8080, isRefused: false, bytesIn: 8, bytesOut: 6, ms: expect.any(Number) as number }])
  expect(observe.counted).toEqual({ in: 8, out: 6 })
})

test('a port that may not be forwarded is answered here, and others go on', async () => {
  const { client, upstream, observe } = forwardPeers({ objectionToPort: (port) => (port === 5432 ? 'denied by rule never (policy shop)' : null) })
  client.send(client.writer.synStream(1, forward('error', '5432', '0')), client.writer.synStream(3, forward('data', '5432', '0')), dataFrameOf(3, Buffer.from('select'), false))
  client.send(client.writer.synStream(5, forward('data', '8080', '1')), dataFrameOf(5, Buffer.from('x'), false))
  client.send(dataFrameOf(1, Buffer.alloc(0), true), dataFrameOf(3, Buffer.alloc(0), true))
  await settled()
  expect(dataOn(client.spdy(), 1)).toBe('port 5432 was not forwarded: denied by rule never (policy shop)')
  expect(client.spdy().map((frame) => ('stream' in frame ? `${frame.kind} ${frame.stream}` : frame.kind))).toEqual(['syn-reply 1', 'data 1', 'syn-reply 3', 'data 3'])
  expect(upstream.spdy().map((frame) => ('stream' in frame ? frame.stream : 0))).toEqual([5, 5])
  expect(observe.connections).toEqual([{ port: 5432, isRefused: true, bytesIn: 0, bytesOut: 0, ms: expect.any(Number) as number }])
})

test.each(['', '0', '-1', '65536', '99999', '08080', ' 80', '80 ', '0x50', '8e1', '80,5432', '80\u00005432', '８０'])('port %j is no port', async (port) => {
  const asked: number[] = []
  const { client, upstream } = forwardPeers({ objectionToPort: (each) => (asked.push(each), null) })
  client.send(client.writer.synStream(1, forward('data', Buffer.from(port).toString('latin1'), '0')))
  await settled()
  expect([asked, upstream.bytes().length]).toEqual([[], 0])
  expect(client.spdy()).toMatchObject([{ kind: 'rst-stream', stream: 1 }])
})

test('the two streams of a request cannot have two ports', async () => {
  const { client, upstream } = forwardPeers()
  client.send(client.writer.synStream(1, forward('error', '80', '0')), client.writer.synStream(3, forward('data', '5432', '0')))
  await settled()
  expect(upstream.spdy()).toHaveLength(1)
  expect(client.spdy()).toMatchObject([{ kind: 'rst-stream', stream: 3 }])
})

test('random frames end in order: no throw past the relay, and nothing of a refused port reaches the upstream', async () => {
  for (let round = 0; round < 150; round++) {
    const { client, upstream, relay } = forwardPeers({ objectionToPort: (port) => (port === 5432 ? 'no' : null) })
    let stream = 1
    for (let i = 0; i < 30; i++) {
      const id = randomInt(1, stream + 1)
      const frames = [
        () => client.writer.synStream(stream += 2, forward(randomInt(2) === 0 ? 'data' : 'error', randomInt(2) === 0 ? '5432' : '80', String(randomInt(6)))),
        () => dataFrameOf(id, randomBytes(randomInt(50)), randomInt(3) === 0), () => resetFrame(id, randomInt(12)), () => pingFrame(randomInt(9)),
        () => client.writer.headers(id, forward('data', '5432', '1'), randomInt(2) === 0),
      ]
      client.send(frames[randomInt(frames.length)]!())
      if (randomInt(4) === 0) upstream.send(randomInt(3) === 0 ? randomBytes(randomInt(1, 30)) : dataFrameOf(id, randomBytes(20), randomInt(3) === 0))
    }
    await settled()
    expect(upstream.spdy().some((frame) => frame.kind === 'syn-stream' && frame.headers.get('port') !== '80')).toBe(false)
    relay.close('done')
    client.socket.destroy()
    upstream.socket.destroy()
    await relay.ended
  }
})
