// A server for the tests of the upstream side: it says what the test says, in bytes built without the code under test.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { GatehouseError } from '../../../../shared/errors.ts'
import { Secret } from '../../../credentials/secret.ts'
import type { PostgresTarget } from '../../../pipeline/target.ts'
import { connectUpstream, type UpstreamReady } from '../upstream.ts'

export const password = ['correct', 'horse'].join('-')

// A dumb builder of what servers say.
export function say(type: string, body: Buffer | string = ''): Buffer {
  const bytes = Buffer.from(body)
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeInt32BE(bytes.length + 4, 1)
  return Buffer.concat([head, bytes])
}
export const int32 = (value: number): Buffer => Buffer.from((value >>> 0).toString(16).padStart(8, '0'), 'hex')
export const auth = (code: number, rest: Buffer | string = ''): Buffer => say('R', Buffer.concat([int32(code), Buffer.from(rest)]))
export const ok = auth(0)
export const key = say('K', Buffer.concat([int32(4711), Buffer.from('abcd')]))
export const ready = say('Z', 'I')
export const welcome = Buffer.concat([ok, say('S', 'server_version\x0018.1\0'), key, ready])
export const error = (code: string, message: string): Buffer => say('E', `SFATAL\0C${code}\0M${message}\0\0`)

/** The messages of a client, without and with a type byte, split by their own lengths. */
export class Peer {
  readonly socket: Duplex
  #buffer = Buffer.alloc(0)
  #wake: () => void = () => undefined

  constructor(socket: Duplex) {
    this.socket = socket
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk])
      this.#wake()
    })
  }

  async take(bytes: number): Promise<Buffer> {
    while (this.#buffer.length < bytes) await new Promise<void>((resolve) => { this.#wake = resolve })
    const taken = this.#buffer.subarray(0, bytes)
    this.#buffer = this.#buffer.subarray(bytes)
    return taken
  }

  async untyped(): Promise<Buffer> {
    const length = (await this.take(4)).readInt32BE(0)
    return await this.take(length - 4)
  }

  async typed(): Promise<Buffer> {
    await this.take(1)
    return await this.untyped()
  }
}

const open: { server: Server; sockets: Set<Socket> }[] = []
/** For `afterEach`. */
export function stopServers(): void {
  for (const { server, sockets } of open.splice(0)) {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
}

/** A server that does what the test says with each connection. Ports of the kernel are fine here: a handful, closed at once. */
export async function serve(behaviour: (peer: Peer, socket: Socket) => Promise<void> | void): Promise<{ port: number; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    void behaviour(new Peer(socket), socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push({ server, sockets })
  return { port: (server.address() as AddressInfo).port, sockets }
}

export function target(port: number, changes: Partial<PostgresTarget> = {}): PostgresTarget {
  return { summary: { name: 'shop', kind: 'postgres', labels: {} }, host: '127.0.0.1', port, database: 'shop', user: 'gatehouse', password: new Secret(password), tls: 'disable', ca: null, ...changes }
}

export function connectTo(to: PostgresTarget, parameters: Record<string, string> = {}, deadlineMs = 5_000): Promise<UpstreamReady> {
  return connectUpstream({ target: to, parameters: new Map(Object.entries(parameters)), signal: new AbortController().signal }, deadlineMs)
}

export async function failure(attempt: Promise<unknown>): Promise<GatehouseError> {
  const outcome = await attempt.then(() => new Error('it succeeded'), (reason: unknown) => reason)
  if (outcome instanceof GatehouseError) return outcome
  throw outcome
}
