// Reading a socket into the same memory again and again. A buffer for each read is memory that V8 does not see growing until it stops
// the process to collect it: beside one masked bulk read that was fifteen times a second, four to twenty milliseconds for everybody.
// A buffer belongs to one socket at a time, and is used again only when its reader says that nobody needs the bytes any more.
import { connect, type Socket, type TcpNetConnectOpts } from 'node:net'
import type { Duplex } from 'node:stream'

/**
 * What has become of a chunk: `held`, its bytes are still needed (then the memory is theirs); `done`; `resting`, done, and
 * nothing more is expected for now.
 */
export type ChunkState = 'held' | 'done' | 'resting'
export type ChunkReader = (chunk: Buffer) => ChunkState

/** What an idle session keeps: the answer to a select by key fits. */
const smallBytes = 2 * 1024
/** As much as libuv reads at once. */
const largeBytes = 64 * 1024
/** Large buffers that no socket reads into. */
const spare: Buffer[] = []
const spareMax = 16

const readings = new WeakMap<Duplex, Reading>()

/** As net.connect. The socket gives its chunks as 'data', copied, until `readDirectly`. */
export function connectReusing(options: TcpNetConnectOpts): Socket {
  const reading = new Reading()
  const socket: Socket = connect({ ...options, onread: { buffer: () => reading.buffer, callback: (length) => reading.take(socket, length) } })
  readings.set(socket, reading)
  return socket
}

/** What comes from now on goes to `reader`, each chunk valid during the call only; what came before still comes as 'data'. Other streams: no change. */
export function readDirectly(socket: Duplex, reader: ChunkReader): void {
  const reading = readings.get(socket)
  if (reading !== undefined) reading.reader = reader
}

class Reading {
  reader: ChunkReader | null = null
  buffer: Buffer = Buffer.allocUnsafeSlow(smallBytes)

  /** False: read no further until resumed. */
  take(socket: Socket, length: number): boolean {
    const { buffer, reader } = this
    const chunk = buffer.subarray(0, length)
    // In order: what waits in the stream is read first.
    if (reader === null || socket.readableLength > 0) return socket.push(Buffer.from(chunk))
    this.buffer = next(buffer, length === buffer.length, reader(chunk))
    return true
  }
}

function next(buffer: Buffer, isFull: boolean, state: ChunkState): Buffer {
  if (state === 'held') return isFull ? large() : Buffer.allocUnsafeSlow(smallBytes)
  if (buffer.length === smallBytes) return isFull && state !== 'resting' ? large() : buffer
  if (state !== 'resting') return buffer
  if (spare.length < spareMax) spare.push(buffer)
  return Buffer.allocUnsafeSlow(smallBytes)
}

function large(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(largeBytes)
}
