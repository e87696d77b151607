// A PostgreSQL listener on loopback for native clients. It answers SSLRequest with `N`, reads the startup packet, checks its
// secret as the password, and from then on is a dumb pipe into a tunnel. Nothing is decided here: the gateway sees every byte.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { GatehouseError, type ErrorCode } from '../../shared/errors.ts'
import { listenerHandshakeMs, listenerSocketsMax, negotiationsMax, passwordBytesMax } from '../limits.ts'
import { askPassword, fatal, firstPacketBytes, noEncryption, readFirstPacket, violation } from './postgres-messages.ts'
import { readExactly } from './read-exactly.ts'
import type { Tunnel } from './tunnel.ts'

export interface PostgresListener {
  readonly host: '127.0.0.1'
  readonly port: number
  /** What a client gives as its password; new with every listener. */
  readonly secret: string
  close(): Promise<void>
}

export interface ListenOptions {
  readonly connection: string
  /** 0: any free one. */
  readonly port: number
  readonly openTunnel: (connection: string) => Promise<Tunnel>
  readonly handshakeMs?: number
  readonly socketsMax?: number
}

/** Rejects with port_taken or not_permitted. */
export async function openPostgresListener(options: ListenOptions): Promise<PostgresListener> {
  const secret = randomBytes(32).toString('base64url')
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true, pauseOnConnect: false }, (socket) => {
    if (sockets.size >= (options.socketsMax ?? listenerSocketsMax)) return socket.destroy()
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy()) // A client that went away is no one's fault.
    void serve(socket, secret, options)
  })
  const port = await listen(server, options.port)
  return {
    host: '127.0.0.1', port, secret,
    async close() {
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
      await promise
    },
  }
}

async function listen(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.on('error', (error: NodeJS.ErrnoException) => reject(error.code === 'EADDRINUSE'
    ? new GatehouseError('port_taken', `port ${port} on 127.0.0.1 is taken; choose another with --port`, { side: 'client', cause: error })
    : new GatehouseError('not_permitted', `cannot listen on 127.0.0.1:${port} (${error.code})`, { side: 'client', cause: error })))
  server.listen(port, '127.0.0.1', resolve)
  await promise
  return (server.address() as AddressInfo).port
}

/** One client: handshake within its deadline, then the pipe. Whatever fails is told to the client and ends only it. */
async function serve(socket: Socket, secret: string, options: ListenOptions): Promise<void> {
  try {
    const packet = await handshake(socket, secret, options)
    if (packet === null) return void socket.destroy()
    await pipe(socket, packet, await options.openTunnel(options.connection))
  } catch (error) {
    refuse(socket, error)
  }
}

/** The startup or cancel packet to forward; null when the client left or asked for nothing. */
async function handshake(socket: Socket, secret: string, { connection, handshakeMs = listenerHandshakeMs }: ListenOptions): Promise<Buffer | null> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(new GatehouseError('handshake_timeout', `the client did not finish its handshake within ${handshakeMs} ms`, { side: 'client' })), handshakeMs)
  try {
    const packet = await firstPacket(socket, late.signal)
    if (packet === null) return null
    const first = readFirstPacket(packet)
    if (first.kind !== 'startup') return packet
    const database = first.parameters.get('database')
    if (database !== undefined && database !== connection) {
      throw new GatehouseError('connection_unknown', `this listener serves dbname=${connection}, not ${JSON.stringify(database.slice(0, 100))}; open a listener for that connection`, { side: 'client' })
    }
    return await checkSecret(socket, secret, late.signal) ? packet : null
  } finally {
    clearTimeout(timer)
  }
}

/** Declines encryption, at most once each for TLS and GSS, and only to a client that waits for the answer (CVE-2021-23222). */
async function firstPacket(socket: Socket, signal: AbortSignal): Promise<Buffer | null> {
  for (let turn = 0; turn <= negotiationsMax; turn++) {
    const head = await readExactly(socket, 8, signal)
    if (head === null) return null
    const bytes = firstPacketBytes(head)
    const rest = bytes === 8 ? Buffer.alloc(0) : await readExactly(socket, bytes - 8, signal)
    if (rest === null) return null
    const packet = Buffer.concat([head, rest])
    if (socket.readableLength > 0) throw violation('bytes follow the first packet before it was answered')
    if (readFirstPacket(packet).kind !== 'encryption') return packet
    socket.write(noEncryption)
  }
  throw violation('encryption was asked for again and again')
}

async function checkSecret(socket: Socket, secret: string, signal: AbortSignal): Promise<boolean> {
  socket.write(askPassword)
  const head = await readExactly(socket, 5, signal)
  if (head === null) return false // psql leaves here to ask for a password at its prompt.
  const bytes = head.readUInt32BE(1) - 4
  if (head[0] !== 0x70 || bytes < 1 || bytes > passwordBytesMax) throw violation('a password message was expected')
  const body = await readExactly(socket, bytes, signal)
  if (body === null) return false
  if (body.at(-1) !== 0 || socket.readableLength > 0) throw violation('bytes follow the password before it was answered')
  if (!isSame(body.subarray(0, -1), secret)) {
    throw new GatehouseError('token_invalid', 'the password is not this listener\'s secret; use the command that Gatehouse shows, it names the passfile', { side: 'client' })
  }
  return true
}

/** Constant time whatever the lengths: both are hashed first. */
function isSame(given: Buffer, secret: string): boolean {
  const digest = (value: Buffer | string) => createHash('sha256').update(value).digest()
  return timingSafeEqual(digest(given), digest(secret))
}

async function pipe(socket: Socket, packet: Buffer, tunnel: Tunnel): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  tunnel.once('connect', resolve).once('error', reject).once('close', () => reject(new GatehouseError('gateway_unreachable', 'the gateway closed the tunnel')))
  const gone = () => tunnel.destroy()
  socket.once('close', gone)
  await promise
  socket.off('close', gone)
  if (socket.destroyed) return void tunnel.destroy()
  tunnel.write(packet)
  // Two one-way pipes that end together. A lost tunnel ends the socket: the gateway has said why in the protocol's own tongue.
  const over = () => { tunnel.destroy(); socket.destroySoon() }
  pipeline(socket, tunnel, over)
  pipeline(tunnel, socket, over)
}

const sqlStates: Partial<Record<ErrorCode, string>> = {
  protocol_violation: '08P01', handshake_timeout: '08006', token_invalid: '28P01', connection_unknown: '3D000',
  not_signed_in: '28000', token_expired: '28000', token_revoked: '28000', forbidden: '42501',
  gateway_unreachable: '08001', gateway_untrusted: '08001', limit_exceeded: '53300',
}

function refuse(socket: Socket, error: unknown): void {
  const failure = error instanceof GatehouseError ? error : new GatehouseError('internal', 'the listener failed; see the log of Gatehouse', { cause: error })
  if (!socket.destroyed) socket.end(fatal(sqlStates[failure.code] ?? 'XX000', failure.message), () => socket.destroy())
}
