import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { connectReusing, readDirectly, type ChunkState } from './reused-reads.ts'

const servers: Server[] = []
afterEach(() => { for (const server of servers.splice(0)) server.close() })

/** A connected pair: the socket under test, and the other end. */
async function pair(): Promise<{ readonly socket: Socket; readonly peer: Socket }> {
  const server = createServer().listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const accepted = once(server, 'connection')
  const socket = connectReusing({ host: '127.0.0.1', port })
  const [peer] = await accepted as [Socket]
  return { socket, peer }
}

const counted = (from: number, length: number) => Buffer.from(Uint32Array.from({ length: length / 4 }, (_, i) => from + i).buffer)

test('without a direct reader it is a socket like any other, also paused and with bytes that came before anybody listened', async () => {
  const { socket, peer } = await pair()
  const all = counted(0, 400_000)
  peer.end(all)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    socket.pause()
    setImmediate(() => socket.resume())
  })
  await once(socket, 'end')
  expect(Buffer.concat(chunks).equals(all)).toBe(true)
})

test.each<ChunkState>(['held', 'done', 'resting'])('gives every byte in order to a direct reader that says %s', async (state) => {
  const { socket, peer } = await pair()
  const all = counted(0, 1_000_000)
  const copies: Buffer[] = []
  readDirectly(socket, (chunk) => {
    copies.push(Buffer.from(chunk))
    return state
  })
  socket.resume()
  peer.end(all)
  await once(socket, 'end')
  expect(Buffer.concat(copies).equals(all)).toBe(true)
})

test('never writes again into a chunk that was held, whatever is read meanwhile here and elsewhere', async () => {
  const pairs = await Promise.all([pair(), pair(), pair()])
  const held = pairs.map(() => [] as Buffer[])
  const wanted = pairs.map((_, i) => counted(i * 1_000_000, 2_000_000))
  const sent: Buffer[][] = pairs.map(() => [])
  await Promise.all(pairs.map(async ({ socket, peer }, i) => {
    let turn = 0
    readDirectly(socket, (chunk) => {
      const state = (['held', 'done', 'held', 'resting'] as const)[turn++ % 4]!
      held[i]!.push(state === 'held' ? chunk : Buffer.from(chunk))
      sent[i]!.push(chunk)
      return state
    })
    socket.resume()
    peer.end(wanted[i]!)
    await once(socket, 'end')
  }))
  for (const [i, chunks] of held.entries()) expect(Buffer.concat(chunks).equals(wanted[i]!)).toBe(true)
  // The test is one of reuse only where there was some.
  expect(new Set(sent.flat().map(({ buffer }) => buffer)).size).toBeLessThan(sent.flat().length)
})

test('what waits in the stream is given before what comes after it', async () => {
  const { socket, peer } = await pair()
  peer.write('first ')
  const [early] = await once(socket, 'data') as [Buffer]
  socket.pause()
  socket.unshift(early)
  const order: string[] = []
  socket.removeAllListeners('data').on('data', (chunk: Buffer) => order.push(chunk.toString()))
  readDirectly(socket, (chunk) => {
    order.push(chunk.toString())
    return 'done'
  })
  peer.end('second')
  socket.resume()
  await once(socket, 'end')
  expect(order.join('')).toBe('first second')
})

test('a reader that pauses the socket gets no more until it is resumed', async () => {
  const { socket, peer } = await pair()
  let chunks = 0
  let isPaused = false
  let bytes = 0
  readDirectly(socket, (chunk) => {
    expect(isPaused).toBe(false)
    chunks++
    bytes += chunk.length
    isPaused = true
    socket.pause()
    setImmediate(() => {
      isPaused = false
      socket.resume()
    })
    return 'done'
  })
  socket.resume()
  peer.end(counted(0, 500_000))
  await once(socket, 'end')
  expect(bytes).toBe(500_000)
  expect(chunks).toBeGreaterThan(1)
})
