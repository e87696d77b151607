// The tunnel (shared/tunnel.ts): an authenticated WebSocket that becomes a Duplex of protocol bytes. Who may come in is decided
// before the upgrade is answered; what the bytes mean is the protocol's, which main.ts passes in as `serve`.
// A `renew` waits behind bytes that the protocol does not read yet; a session stalled for a whole token life ends with its token.
import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws'
import { tunnelPath, tunnelProtocol } from '../../shared/api.ts'
import { GatehouseError } from '../../shared/errors.ts'
import { tunnelControlBytesMax, tunnelFrameBytesMax } from '../../shared/limits.ts'
import type { Principal } from '../../shared/principal.ts'
import { tunnelControl, type TunnelControl } from '../../shared/tunnel.ts'
import type { Authenticator, Lease } from '../identity/authenticate.ts'
import type { Log } from '../log.ts'
import { handshakeMs, tunnelCloseMs, tunnelEndMs, tunnelHandshakesMax } from '../limits.ts'
import { bearerOf } from '../identity/bearer.ts'
import type { HttpDoor } from './door.ts'
import { challengeOf, problemOf } from './problem.ts'
import { securityHeaders } from './security-headers.ts'
import { watchLiveness } from './tunnel-liveness.ts'
import { createWebSocketDuplex } from './websocket-duplex.ts'

export interface Tunnel {
  readonly stream: Duplex
  readonly lease: Lease
  readonly connection: string
  /** `address:port` of the client's socket. */
  readonly peer: string
}

export interface TunnelOptions {
  readonly authenticator: Authenticator
  /** The connection exists and the principal has a rule on it. */
  readonly mayOpen: (principal: Principal, connection: string) => boolean
  /** Throws when the gateway takes no sessions now (the recorder failed, it is stopping). */
  readonly requireOpen: () => void
  readonly serve: (tunnel: Tunnel) => void
  /** Told of every upgrade that was refused, for the audit log. */
  readonly refused: (error: unknown) => void
  readonly log: Log
}

export interface TunnelGate {
  /** Tunnels open now. */
  readonly open: number
  /** Tells every client why, and closes. */
  close(reason: string): void
}

const pathPattern = new RegExp(`^${tunnelPath.replace(':name', '([^/?]+)')}$`)

/** Answers the upgrades of `server`; any other upgrade than a tunnel's or a door's gets 404. */
export function attachTunnels(server: Server, doors: readonly HttpDoor[], options: TunnelOptions): TunnelGate {
  const sockets = new WebSocketServer(serverOptions)
  const ends = new Set<(reason: string) => void>()
  let opening = 0

  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const door = doors.find((one) => one.takes(request))
    if (door !== undefined) return door.upgrade(request, socket, head)
    socket.on('error', () => socket.destroy())
    if (opening >= tunnelHandshakesMax) return void socket.destroy()
    opening += 1
    const deadline = setTimeout(() => socket.destroy(), handshakeMs)
    admit(request, options)
      .then(({ lease, connection }) => {
        socket.once('close', () => lease.dispose())
        if (socket.destroyed) return lease.dispose()
        sockets.handleUpgrade(request, socket, head, (ws) => {
          const end = openTunnel(ws, { socket, lease, connection, ...options })
          ends.add(end)
          ws.once('close', () => ends.delete(end))
        })
      })
      .catch((error: unknown) => {
        options.refused(error)
        refuse(socket, error, options.log)
      })
      .finally(() => { opening -= 1; clearTimeout(deadline) })
  })

  return {
    get open() { return ends.size },
    close(reason) { for (const end of ends) end(reason) },
  }
}

const serverOptions: ServerOptions & { readonly closeTimeout: number } = {
  noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: tunnelFrameBytesMax,
  handleProtocols: () => tunnelProtocol, closeTimeout: tunnelCloseMs,
}

/** Everything that must hold before the upgrade is answered. Cheap checks first; the same 404 for what is unknown and what is not theirs. */
async function admit(request: IncomingMessage, { authenticator, mayOpen, requireOpen }: TunnelOptions): Promise<{ lease: Lease; connection: string }> {
  const encoded = pathPattern.exec(request.url ?? '')?.[1]
  if (encoded === undefined || request.method !== 'GET') throw new GatehouseError('not_found', 'only a tunnel is opened by an upgrade', { side: 'client' })
  // A page in a browser sends Origin and cannot leave it out; no client of ours sends one.
  if (request.headers.origin !== undefined) throw new GatehouseError('forbidden', 'tunnels are not for web pages: a request with an Origin is refused', { side: 'client' })
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  if (!offered.includes(tunnelProtocol)) throw new GatehouseError('input_invalid', `the subprotocol ${tunnelProtocol} was not offered`, { side: 'client' })
  requireOpen()
  const lease = await authenticator.authenticate(bearerOf(request.headers.authorization))
  const connection = decoded(encoded)
  if (connection === null || !mayOpen(lease.principal, connection)) {
    lease.dispose()
    throw new GatehouseError('connection_unknown', 'no such connection, or none that you have any rule on; gatehouse connections lists yours', { side: 'client' })
  }
  return { lease, connection }
}

function decoded(name: string): string | null {
  try {
    return decodeURIComponent(name)
  } catch (error) {
    if (error instanceof URIError) return null
    throw error
  }
}

/** Before the upgrade there is only HTTP to say no in. */
function refuse(socket: Socket, error: unknown, log: Log): void {
  const problem = problemOf(error, 'upgrade')
  if (problem.status >= 500) log.error({ err: error }, 'a tunnel could not be opened')
  if (!socket.writable) return void socket.destroy()
  const body = JSON.stringify(problem)
  const headers = {
    ...securityHeaders, connection: 'close', 'content-type': 'application/problem+json', 'content-length': Buffer.byteLength(body),
    ...(problem.status === 401 ? { 'www-authenticate': challengeOf(problem.code) } : {}),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines}\r\n${body}`, () => socket.destroy())
}

/** Hands the tunnel to the protocol; gives the way to end it with a reason. */
function openTunnel(ws: WebSocket, options: TunnelOptions & { readonly socket: Socket; readonly lease: Lease; readonly connection: string }): (reason: string) => void {
  const { socket, lease, connection, serve, log } = options
  let reason: string | null = null
  const say = (message: TunnelControl) => JSON.stringify(message)
  const stream = createWebSocketDuplex(ws, {
    onControl: createControl({ ws, lease, end }),
    farewell: () => (reason === null ? null : say({ type: 'close', reason })),
  })

  /** We end it: the client hears why, and after tunnelEndMs the connection is cut. */
  function end(why: string): void {
    if (reason !== null) return
    reason = why.slice(0, 1000)
    stream.end()
    setTimeout(() => stream.destroy(), tunnelEndMs).unref()
  }

  // The protocol hears of the lease's end too, and says it in its own tongue; if it has not ended the stream by then, we cut it.
  lease.onEnd((why) => {
    reason ??= why.slice(0, 1000)
    setTimeout(() => stream.destroy(), tunnelEndMs).unref()
  })
  stream.on('error', (error) => log.info({ connection, reason: error.message }, 'a tunnel broke'))
  watchLiveness(ws, socket, { dead: (why) => { log.info({ connection, reason: why }, 'a tunnel is dead'); stream.destroy() } })
  socket.setNoDelay(true)
  serve({ stream, lease, connection, peer: `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}` })
  return end
}

/** The client's text frames: `renew` (one at a time) and `close`; anything else ends the tunnel. */
function createControl({ ws, lease, end }: { readonly ws: WebSocket; readonly lease: Lease; readonly end: (reason: string) => void }): (text: Buffer) => void {
  let isRenewing = false

  async function renew(token: string): Promise<void> {
    isRenewing = true
    const result = await lease.renew(token)
    isRenewing = false
    if (!result.ok) end(`the token was not renewed: ${result.reason}`)
    else if (ws.readyState === ws.OPEN) ws.send(JSON.stringify({ type: 'renewed', expiresAt: new Date(result.expiresAt).toISOString() } satisfies TunnelControl))
  }

  return (text) => {
    const message = text.length > tunnelControlBytesMax ? undefined : controlOf(text)
    if (message === undefined || message.type === 'renewed') end('the client sent a control frame that is none of ours')
    else if (message.type === 'close') ws.close(1000)
    else if (isRenewing) end('the client sent a renewal while another was under way')
    else void renew(message.token)
  }
}

function controlOf(text: Buffer): TunnelControl | undefined {
  try {
    return tunnelControl.safeParse(JSON.parse(text.toString('utf8'))).data
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
