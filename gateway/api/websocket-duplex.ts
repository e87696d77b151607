// A WebSocket as a Duplex of bytes, so that a protocol cannot tell a tunnel from a socket. Binary frames are the bytes; text
// frames go to `onControl`. Back-pressure is the TCP connection's own: a reader that is behind stops the socket, and a write
// is done when its frame is with the kernel. A chunk must stay as it is until then.
import { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import { GatehouseError } from '../../shared/errors.ts'
import { tunnelFrameBytesMax } from '../../shared/limits.ts'

/** Chunks that waited are put together up to this size: below it a copy costs less than a frame. */
const joinBytesMax = 16 * 1024

type Done = (error?: Error | null) => void

export interface WebSocketDuplexOptions {
  readonly onControl: (text: Buffer) => void
  /** Asked once, when the stream ends: a last control frame, or null. */
  readonly farewell: () => string | null
}

/**
 * `end()` flushes and begins the WebSocket's closing handshake, after which nothing more is sent but what the peer had sent
 * before is still read: a WebSocket has no other half-close. `destroy()` cuts the connection.
 * Emits `error` when the peer vanishes without a close frame, or sends what a WebSocket may not.
 */
export function createWebSocketDuplex(ws: WebSocket, { onControl, farewell }: WebSocketDuplexOptions): Duplex {
  let isBroken = false
  const duplex = new Duplex({
    allowHalfOpen: false,
    read() {
      if (ws.isPaused) ws.resume()
    },
    write(chunk: Buffer, _encoding, done) {
      sendAll(ws, [chunk], done)
    },
    writev(entries, done) {
      sendAll(ws, joined(entries.map(({ chunk }) => chunk as Buffer)), done)
    },
    final(done) {
      if (ws.readyState === WebSocket.OPEN) {
        const last = farewell()
        if (last !== null) ws.send(last)
        ws.close(1000)
      }
      done()
    },
    destroy(error, done) {
      // After a violation ws is sending its close frame, and cuts the socket itself soon after.
      if (!isBroken) ws.terminate()
      done(error)
    },
  })

  ws.on('message', (data: Buffer, isBinary) => {
    if (duplex.destroyed || duplex.readableEnded) return
    if (!isBinary) onControl(data)
    else if (data.length > 0 && !duplex.push(data)) ws.pause()
  })
  ws.on('error', (cause) => {
    isBroken = true
    duplex.destroy(new GatehouseError('protocol_violation', `the tunnel broke: ${cause.message}`, { side: 'client', cause }))
  })
  ws.on('close', (code) => {
    const isAbrupt = code === 1006 && !duplex.writableFinished
    if (isAbrupt) duplex.destroy(new GatehouseError('protocol_violation', 'the client vanished: its connection ended without a close frame', { side: 'client' }))
    else if (!duplex.destroyed) duplex.push(null)
  })
  return duplex
}

/** `done` when the last frame is with the kernel. */
function sendAll(ws: WebSocket, chunks: readonly Buffer[], done: Done): void {
  const frames = chunks.flatMap(framesOf)
  const last = frames.length - 1
  if (last < 0) done()
  frames.forEach((frame, index) => ws.send(frame, { binary: true }, index === last ? done : undefined))
}

/** Slices of at most tunnelFrameBytesMax; nothing is copied. */
function framesOf(chunk: Buffer): Buffer[] {
  if (chunk.length <= tunnelFrameBytesMax) return chunk.length === 0 ? [] : [chunk]
  const frames: Buffer[] = []
  for (let at = 0; at < chunk.length; at += tunnelFrameBytesMax) frames.push(chunk.subarray(at, at + tunnelFrameBytesMax))
  return frames
}

/** Neighbours that are small together become one chunk. */
function joined(chunks: readonly Buffer[]): Buffer[] {
  const groups: Buffer[][] = []
  let size = joinBytesMax
  for (const chunk of chunks) {
    if (size + chunk.length > joinBytesMax) {
      groups.push([])
      size = 0
    }
    groups.at(-1)!.push(chunk)
    size += chunk.length
  }
  return groups.map((group) => (group.length === 1 ? group[0]! : Buffer.concat(group)))
}
