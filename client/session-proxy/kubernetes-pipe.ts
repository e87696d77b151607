// One request or upgrade, to the gateway and back as it is: the same headers in the same order and case, but for the secret, the
// Host and what belongs to one hop (RFC 9110 7.6.1). Nothing is gathered; either side's end is the other's.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { request as requestOf, type Agent } from 'node:https'
import type { Socket } from 'node:net'
import { pipeline, type Duplex } from 'node:stream'
import { GatehouseError } from '../../shared/errors.ts'
import { connectFailure, type GatewayAddress } from '../trust.ts'
import { serverOf } from './kubeconfig.ts'
import { refuse, refuseUpgrade, statusOf } from './kubernetes-refusals.ts'

/** A request that waits for approval, as the gateway says it. */
export interface HeldRequest { readonly approval: string; readonly expiresAt: string }

export interface Upstream {
  readonly agent: Agent
  /** Of the listener, and of nobody else: what goes through it is in sessions of its own. */
  readonly listener: string
  readonly address: GatewayAddress
  readonly token: string
  readonly connection: string
  /** What the person says it is for; kubectl has no words for it. Null: nothing is said. */
  readonly reason: string | null
  /** The session that this request is in; told with every early word of it, and with its answer. */
  readonly onSession: (session: string) => void
  readonly onHeld: (held: HeldRequest) => void
}

export function passRequest(request: IncomingMessage, response: ServerResponse, upstream: Upstream): void {
  // The client may have left while the token was renewed.
  if (response.destroyed) return
  const outgoing = start(request, upstream, requestHeaders(request, upstream))
  response.once('close', () => outgoing.destroy())
  outgoing.on('error', (error) => {
    // As the gateway does to us: a kept socket that it closed meanwhile. The client knows what it may send again.
    if (outgoing.reusedSocket && !response.headersSent && isReset(error)) return void request.socket.destroy()
    refuse(response, statusOf(connectFailure(upstream.address, error)))
  })
  outgoing.on('information', (early) => {
    if (early.statusCode === 102 && !response.headersSent) response.writeProcessing()
    hear(early.headers, upstream)
  })
  outgoing.on('response', (incoming) => {
    hear(incoming.headers, upstream)
    response.sendDate = false
    response.writeHead(incoming.statusCode ?? 502, incoming.statusMessage, endToEnd(incoming.rawHeaders))
    response.flushHeaders() // A watch may have nothing to say for minutes.
    pipeline(incoming, response, () => undefined)
  })
  // Not a pipeline: that would cut the client off where the gateway answers before it has read all.
  request.pipe(outgoing)
}

export interface Upgrade { readonly request: IncomingMessage; readonly socket: Socket; readonly head: Buffer }

/** The 101 and what follows it go as bytes. Any other answer ends both sockets: neither may be used for another request. */
export function passUpgrade({ request, socket, head }: Upgrade, upstream: Upstream): void {
  if (socket.destroyed) return
  if (request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) !== 0) {
    return refuseUpgrade(socket, { code: 400, message: 'an upgrade has no body' })
  }
  const outgoing = start(request, upstream, upgradeHeaders(request, upstream))
  const gone = () => outgoing.destroy()
  socket.once('close', gone)
  outgoing.on('error', (error) => refuseUpgrade(socket, statusOf(connectFailure(upstream.address, error))))
  outgoing.on('information', ({ headers }) => hear(headers, upstream))
  outgoing.on('upgrade', (incoming, far: Socket, farHead) => {
    hear(incoming.headers, upstream)
    // From here on the two pipes say when it is over; a terminal may be silent for long.
    socket.off('close', gone)
    for (const each of [socket, far]) each.setTimeout(0)
    far.on('error', () => far.destroy())
    if (socket.destroyed) return void far.destroy()
    socket.write(Buffer.concat([headOf(incoming, incoming.rawHeaders), farHead]))
    far.write(head)
    join(socket, far)
  })
  outgoing.on('response', (incoming) => {
    socket.write(headOf(incoming, [...endToEnd(incoming.rawHeaders, ['content-length']), 'Connection', 'close']))
    pipeline(incoming, socket, () => { outgoing.destroy(); socket.destroy() })
  })
  outgoing.end()
}

/** What the gateway says of a request beside its answer is for the listener: its client may not know it. */
function hear({ 'gatehouse-session': session, 'gatehouse-approval': approval, 'gatehouse-expires': expiresAt }: IncomingHttpHeaders, { onSession, onHeld }: Upstream): void {
  if (typeof session === 'string') onSession(session)
  if (typeof approval === 'string' && typeof expiresAt === 'string') onHeld({ approval, expiresAt })
}

/** Each direction ends by itself (half-close), and both at once where one fails. */
function join(near: Duplex, far: Duplex): void {
  // Two pipelines over a TLS socket of HTTP listen more than ten times.
  for (const each of [near, far]) each.setMaxListeners(30)
  const either = (error?: Error | null) => { if (error) { near.destroy(); far.destroy() } }
  pipeline(near, far, either)
  pipeline(far, near, either)
}

function start(request: IncomingMessage, { agent, address, connection }: Upstream, headers: readonly string[]) {
  const { origin, pathname } = new URL(serverOf(address.url, connection))
  // `path` goes out as it came: nothing of it is decoded or normalised on this side.
  return requestOf(origin, { agent, method: request.method, path: pathname + request.url, headers, setHost: false, maxHeaderSize: 64 * 1024 })
}

function requestHeaders(request: IncomingMessage, upstream: Upstream): readonly string[] {
  const isChunked = request.headers['transfer-encoding'] !== undefined
  const hasLength = request.headers['content-length'] !== undefined
  return [...ownHeaders(upstream), ...endToEnd(request.rawHeaders, replaced(upstream)), ...(isChunked ? ['Transfer-Encoding', 'chunked'] : hasLength ? [] : noBody(request))]
}

/** Without length and encoding there is no body (RFC 9112 6.3); of these methods Node would make it a chunked one. */
const noBody = ({ method }: IncomingMessage): readonly string[] => ['POST', 'PUT', 'PATCH'].includes(method ?? '') ? ['Content-Length', '0'] : []

function upgradeHeaders(request: IncomingMessage, upstream: Upstream): readonly string[] {
  return [...ownHeaders(upstream), ...endToEnd(request.rawHeaders, [...replaced(upstream), 'content-length']), 'Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? '', ...noBody(request)]
}

const ownHeaders = ({ address, token, listener, reason }: Upstream): readonly string[] =>
  ['Host', new URL(address.url).host, 'Authorization', `Bearer ${token}`, 'Gatehouse-Listener', listener, ...(reason === null ? [] : ['Gatehouse-Reason', encodeURIComponent(reason)])]

/** What we say ourselves is not said by the client too. */
const replaced = ({ reason }: Upstream): readonly string[] => ['host', 'authorization', 'gatehouse-listener', ...(reason === null ? [] : ['gatehouse-reason'])]

const hopByHop = ['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']

/** Raw headers without those of one hop, those that Connection names, and `others`. */
function endToEnd(rawHeaders: readonly string[], others: readonly string[] = []): string[] {
  const dropped = new Set([...hopByHop, ...others])
  const pairs = Array.from({ length: rawHeaders.length / 2 }, (_, index) => [rawHeaders[2 * index]!, rawHeaders[2 * index + 1]!] as const)
  for (const [name, value] of pairs) if (name.toLowerCase() === 'connection') for (const named of value.split(',')) dropped.add(named.trim().toLowerCase())
  return pairs.filter(([name]) => !dropped.has(name.toLowerCase())).flat()
}

/** Field by field as it came: what Node parsed has no line ends in it. */
function headOf({ statusCode, statusMessage }: IncomingMessage, rawHeaders: readonly string[]): Buffer {
  const lines = Array.from({ length: rawHeaders.length / 2 }, (_, index) => `${rawHeaders[2 * index]}: ${rawHeaders[2 * index + 1]}\r\n`)
  return Buffer.from(`HTTP/1.1 ${statusCode} ${statusMessage ?? ''}\r\n${lines.join('')}\r\n`, 'latin1')
}

const isReset = (error: NodeJS.ErrnoException | GatehouseError): boolean => error.code === 'ECONNRESET' || error.code === 'EPIPE'
