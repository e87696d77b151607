import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createHash, randomBytes } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { tunnelFrameBytesMax } from '../../shared/limits.ts'
import { createWebSocketDuplex } from './websocket-duplex.ts'

const cleanups: (() => void)[] = []
afterEach(() => { for (const cleanup of cleanups.splice(0)) cleanup() })

interface Pair { readonly duplex: Duplex; readonly peer: WebSocket; readonly control: string[]; readonly serverSocket: WebSocket; readonly peerSocket: Socket }

async function pair(farewell: string | null = null): Promise<Pair> {
  const http: Server = createServer()
  const options = { server: http, perMessageDeflate: false, maxPayload: tunnelFrameBytesMax, closeTimeout: 500 }
  const server = new WebSocketServer(options)
  await new Promise<void>((done) => { http.listen(0, '127.0.0.1', done) })
  cleanups.push(() => { server.close(); http.close(); http.closeAllConnections() })
  const accepted = new Promise<WebSocket>((done) => { server.once('connection', done) })
  let peerSocket: Socket | undefined
  const peer = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`, {
    perMessageDeflate: false, createConnection: () => (peerSocket = connect((http.address() as AddressInfo).port, '127.0.0.1')),
  })
  cleanups.push(() => peer.terminate())
  peer.on('error', () => peer.terminate())
  const serverSocket = await accepted
  const control: string[] = []
  const duplex = createWebSocketDuplex(serverSocket, { onControl: (text) => control.push(text.toString()), farewell: () => farewell })
  duplex.on('error', () => duplex.destroy())
  await new Promise<void>((done) => { if (peer.readyState === WebSocket.OPEN) done(); else peer.once('open', () => done()) })
  return { duplex, peer, control, serverSocket, peerSocket: peerSocket! }
}

const ended = (duplex: Duplex) => new Promise<Error | null>((done) => {
  let error: Error | null = null
  duplex.once('error', (found) => { error = found })
  duplex.once('close', () => done(error))
})
const sha = (data: Buffer) => createHash('sha256').update(data).digest('hex')

test('text split at every byte arrives whole and in order, both ways', async () => {
  const { duplex, peer } = await pair()
  const text = Buffer.from('Q\0\0\0\x0eselect 1\0 — ünïcode')
  const received: Buffer[] = []
  const echoed: Buffer[] = []
  duplex.on('data', (chunk: Buffer) => { received.push(chunk); for (const byte of chunk) duplex.write(Buffer.of(byte)) })
  peer.on('message', (data: Buffer) => echoed.push(data))
  for (const byte of text) peer.send(Buffer.of(byte))
  await vi.waitFor(() => { expect(Buffer.concat(echoed)).toEqual(text) })
  expect(Buffer.concat(received)).toEqual(text)
})

test('10 MB go each way at once, byte for byte, in frames within the limit', async () => {
  const { duplex, peer } = await pair()
  const [up, down] = [randomBytes(10 * 1024 * 1024), randomBytes(10 * 1024 * 1024)]
  const [gotUp, gotDown]: [Buffer[], Buffer[]] = [[], []]
  duplex.on('data', (chunk: Buffer) => gotUp.push(chunk))
  peer.on('message', (data: Buffer) => { expect(data.length).toBeLessThanOrEqual(tunnelFrameBytesMax); gotDown.push(data) })
  for (let at = 0; at < up.length; at += 200_000) peer.send(up.subarray(at, at + 200_000))
  duplex.write(down.subarray(0, 3_000_001))
  duplex.write(down.subarray(3_000_001))
  const total = (chunks: Buffer[]) => chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  await vi.waitFor(() => { expect([total(gotUp), total(gotDown)]).toEqual([up.length, down.length]) }, 10_000)
  expect(sha(Buffer.concat(gotUp))).toBe(sha(up))
  expect(sha(Buffer.concat(gotDown))).toBe(sha(down))
})

test('a slow reader stops the sender: little is buffered here, the rest stays with the peer', async () => {
  const { duplex, peer, serverSocket } = await pair()
  const chunk = Buffer.alloc(100_000, 1)
  for (let i = 0; i < 500; i++) peer.send(chunk)
  await vi.waitFor(() => { expect(serverSocket.isPaused).toBe(true) })
  await new Promise((done) => { setTimeout(done, 200) })
  expect(duplex.readableLength).toBeLessThan(2 * tunnelFrameBytesMax)
  expect(peer.bufferedAmount).toBeGreaterThan(10_000_000)
  let size = 0
  duplex.on('data', (data: Buffer) => { size += data.length })
  await vi.waitFor(() => { expect(size).toBe(50_000_000) }, 10_000)
})

test('a slow peer stops the writer: write() says false, and drains when the peer reads on', async () => {
  const { duplex, peer, peerSocket } = await pair()
  peerSocket.pause()
  const chunk = Buffer.alloc(100_000, 1)
  let sent = 0
  while (duplex.write(chunk)) sent += chunk.length
  for (let i = 0; i < 400; i++) { duplex.write(chunk); sent += chunk.length }
  await new Promise((done) => { setTimeout(done, 200) })
  expect(duplex.writableNeedDrain).toBe(true)
  expect(duplex.writableLength).toBeGreaterThan(10_000_000)
  let size = 0
  peer.on('message', (data: Buffer) => { size += data.length })
  const drained = new Promise((done) => { duplex.once('drain', done) })
  peerSocket.resume()
  await drained
  await vi.waitFor(() => { expect(size).toBe(sent + chunk.length) }, 10_000)
})

test('control frames go aside and leave the bytes alone', async () => {
  const { duplex, peer, control } = await pair()
  const bytes: Buffer[] = []
  duplex.on('data', (chunk: Buffer) => bytes.push(chunk))
  peer.send(Buffer.from('one'))
  peer.send('{"type":"close","reason":"x"}')
  peer.send(Buffer.alloc(0))
  peer.send(Buffer.from('two'))
  await vi.waitFor(() => { expect(Buffer.concat(bytes).toString()).toBe('onetwo') })
  expect(control).toEqual(['{"type":"close","reason":"x"}'])
  expect(duplex.readableEnded).toBe(false)
})

test('end() flushes everything, says farewell, closes; what the peer sent before is still read', async () => {
  const { duplex, peer } = await pair('{"type":"close","reason":"the token has expired"}')
  const seen: string[] = []
  peer.on('message', (data: Buffer, isBinary) => seen.push(`${isBinary ? 'bytes' : 'text'}:${data.toString()}`))
  const closed = new Promise<number>((done) => { peer.once('close', done) })
  const over = ended(duplex)
  const read: Buffer[] = []
  duplex.on('data', (chunk: Buffer) => read.push(chunk))
  peer.send(Buffer.from('before'))
  duplex.write('last ')
  duplex.end('words')
  expect(await closed).toBe(1000)
  expect(await over).toBeNull()
  expect(seen.join(' ')).toBe('bytes:last  bytes:words text:{"type":"close","reason":"the token has expired"}')
  expect(Buffer.concat(read).toString()).toBe('before')
})

test('a peer that closes politely ends the stream after its last byte', async () => {
  const { duplex, peer } = await pair()
  const over = ended(duplex)
  peer.send(Buffer.from('bye'))
  peer.close(1000)
  await new Promise((done) => { setTimeout(done, 50) })
  const read: Buffer[] = []
  duplex.on('data', (chunk: Buffer) => read.push(chunk))
  expect(await over).toBeNull()
  expect(Buffer.concat(read).toString()).toBe('bye')
})

test('a peer that vanishes is an error, not an end', async () => {
  const { duplex, peerSocket } = await pair()
  const over = ended(duplex)
  duplex.resume()
  peerSocket.resetAndDestroy()
  expect(await over).toMatchObject({ code: 'protocol_violation', side: 'client' })
})

test('destroy() cuts the connection at once', async () => {
  const { duplex, peer } = await pair()
  const closed = new Promise<number>((done) => { peer.once('close', done) })
  duplex.destroy()
  expect(await closed).toBe(1006)
})

test('writing after the peer has gone fails the stream, once', async () => {
  const { duplex, peer } = await pair()
  const over = ended(duplex)
  peer.terminate()
  for (let i = 0; i < 100; i++) { if (!duplex.destroyed) duplex.write(Buffer.alloc(10_000)); await new Promise((done) => { setTimeout(done, 1) }) }
  expect(await over).toBeInstanceOf(Error)
})

test('a frame above the limit breaks the tunnel and says so', async () => {
  const { duplex, peer } = await pair()
  const over = ended(duplex)
  const closed = new Promise<number>((done) => { peer.once('close', done) })
  duplex.resume()
  peer.send(Buffer.alloc(tunnelFrameBytesMax + 1))
  expect(await over).toMatchObject({ code: 'protocol_violation' })
  expect(await closed).toBe(1009)
})

test('a peer that answers no close frame is cut after the close timeout', async () => {
  const { duplex, peerSocket } = await pair()
  const over = ended(duplex)
  duplex.resume()
  peerSocket.pause()
  duplex.end()
  expect(await over).toBeNull()
})
