// The API server of one session: its own connections, HTTP/2 where the server speaks it, else HTTP/1.1 kept alive. Nothing of them is
// shared with another session, and an upgrade dials a connection of its own, which is never used again (CVE-2018-1002105).
import { connect as connectHttp2, constants, type ClientHttp2Session, type IncomingHttpHeaders as Http2Headers } from 'node:http2'
import { Agent, request as requestHttp1 } from 'node:https'
import type { Readable } from 'node:stream'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { isIP } from 'node:net'
import { GatehouseError } from '../../../shared/errors.ts'
import { upstreamConnectMs } from '../../limits.ts'
import { kubernetesAnswerMs, kubernetesRequestsMax } from '../../limits-kubernetes.ts'
import type { KubernetesTarget } from '../../pipeline/target.ts'

export type HeaderValues = Readonly<Record<string, string | readonly string[]>>

export interface UpstreamRequest {
  readonly method: string
  /** Path and query, as judged. */
  readonly target: string
  /** Lower case, the credential not among them. */
  readonly headers: HeaderValues
  readonly body: Buffer | null
  readonly signal: AbortSignal
}

export interface UpstreamAnswer {
  readonly status: number
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[]
  /** Paused; destroying it gives the request up. */
  readonly body: Readable
}

type Carrier = { readonly kind: 'http2'; readonly session: ClientHttp2Session } | { readonly kind: 'http1'; readonly agent: Agent; readonly first: TLSSocket }

export class Upstream {
  readonly #target: KubernetesTarget
  #carrier: Promise<Carrier> | null = null
  #isDisposed = false

  constructor(target: KubernetesTarget) {
    this.#target = target
  }

  /** Rejects with upstream_unreachable, upstream_lost, or the signal's reason. */
  async request(request: UpstreamRequest): Promise<UpstreamAnswer> {
    const carrier = await this.#carried()
    const late = new AbortController()
    const deadline = setTimeout(() => late.abort(new GatehouseError('upstream_lost', `the API server did not answer within ${kubernetesAnswerMs / 1_000} s (kubernetesAnswerMs)`, { side: 'upstream' })), kubernetesAnswerMs)
    const signal = AbortSignal.any([request.signal, late.signal])
    try {
      signal.throwIfAborted()
      const asked = { ...request, target: `${this.#target.server.pathname.replace(/\/$/, '')}${request.target}`, headers: { ...request.headers, ...this.#credential() } }
      const answer = await (carrier.kind === 'http2' ? overHttp2(carrier.session, this.#target.server, asked, signal) : overHttp1Once(carrier.agent, this.#target.server, asked, signal))
      // What ends the request later ends what is read of it.
      const onAbort = () => answer.body.destroy()
      request.signal.addEventListener('abort', onAbort, { once: true })
      answer.body.once('close', () => request.signal.removeEventListener('abort', onAbort))
      return answer
    } catch (error) {
      if (signal.aborted) throw signal.reason
      throw error instanceof GatehouseError ? error : lost(error)
    } finally {
      clearTimeout(deadline)
    }
  }

  /** A connection of its own that speaks HTTP/1.1, for an upgrade. */
  dial(signal: AbortSignal): Promise<TLSSocket> {
    return dial(this.#target, ['http/1.1'], signal)
  }

  /** `Authorization` of the gateway's own, where the credential is a token. */
  credential(): HeaderValues {
    return this.#credential()
  }

  get host(): string {
    return this.#target.server.host
  }

  /** The path below which the server's API is; empty at the root. */
  get base(): string {
    return this.#target.server.pathname.replace(/\/$/, '')
  }

  dispose(): void {
    this.#isDisposed = true
    void this.#carrier?.then(close, () => undefined)
    this.#carrier = null
  }

  #credential(): HeaderValues {
    const token = this.#target.token?.()
    return token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` }
  }

  #carried(): Promise<Carrier> {
    if (this.#isDisposed) return Promise.reject(new GatehouseError('upstream_lost', 'the session is over', { side: 'upstream' }))
    if (this.#carrier !== null) return this.#carrier
    const opening = open(this.#target, () => { if (this.#carrier === opening) this.#carrier = null })
    this.#carrier = opening
    opening.then((carrier) => { if (this.#isDisposed) close(carrier) }, () => { if (this.#carrier === opening) this.#carrier = null })
    return opening
  }
}

function close(carrier: Carrier): void {
  if (carrier.kind === 'http2') carrier.session.destroy()
  else {
    carrier.agent.destroy()
    // The agent does not know it before its first request.
    carrier.first.destroy()
  }
}

/** `onGone`: it takes no new requests; those it has go on. */
async function open(target: KubernetesTarget, onGone: () => void): Promise<Carrier> {
  const socket = await dial(target, ['h2', 'http/1.1'], new AbortController().signal)
  if (socket.alpnProtocol !== 'h2') return { kind: 'http1', agent: agentFrom(socket, target), first: socket }
  const session = connectHttp2(target.server, { createConnection: () => socket, settings: { initialWindowSize: streamWindowBytes, enablePush: false }, peerMaxConcurrentStreams: kubernetesRequestsMax })
  session.setLocalWindowSize(connectionWindowBytes)
  session.on('goaway', onGone)
  session.on('close', onGone)
  session.on('error', onGone)
  return { kind: 'http2', session }
}
/** Log lines arrive faster than a round trip per 64 kB would let them. */
const streamWindowBytes = 1024 * 1024
const connectionWindowBytes = 8 * 1024 * 1024

/** The connection that found out what the server speaks is the first one used. */
function agentFrom(first: TLSSocket, target: KubernetesTarget): Agent {
  let spare: TLSSocket | null = first
  const agent = new Agent({ keepAlive: true, maxSockets: kubernetesRequestsMax, ...tlsOptions(target), ALPNProtocols: ['http/1.1'] })
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (...args) => {
    const socket = spare
    spare = null
    return socket === null || socket.destroyed ? connect(...args) : socket
  }
  first.once('close', () => { spare = null })
  return agent
}

function tlsOptions({ server, ca, serverName, certificate }: KubernetesTarget): ConnectionOptions {
  const host = server.hostname.replaceAll(/[[\]]/g, '')
  return {
    host, port: Number(server.port || 443), ...(isIP(serverName ?? host) === 0 && { servername: serverName ?? host }), minVersion: 'TLSv1.2',
    ...(ca !== null && { ca }), ...(certificate !== null && { cert: certificate.cert, key: certificate.key.reveal() }),
  }
}

function dial(target: KubernetesTarget, ALPNProtocols: string[], signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ ...tlsOptions(target), ALPNProtocols })
    const fail = (why: string, cause?: unknown) => {
      clearTimeout(deadline)
      socket.destroy()
      reject(new GatehouseError('upstream_unreachable', `the API server of ${target.summary.name} cannot be reached: ${why}`, { side: 'upstream', cause }))
    }
    const deadline = setTimeout(() => fail(`no answer within ${upstreamConnectMs / 1_000} s (upstreamConnectMs)`), upstreamConnectMs)
    const onAbort = () => fail('the session is over')
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('error', (error: NodeJS.ErrnoException) => fail(certificateProblems.has(error.code ?? '') ? `its certificate is not trusted (${error.code}); give its CA as ca: { file }` : error.code ?? 'no connection', error))
    socket.once('secureConnect', () => {
      clearTimeout(deadline)
      signal.removeEventListener('abort', onAbort)
      socket.removeAllListeners('error')
      socket.on('error', () => undefined)
      socket.setNoDelay(true)
      resolve(socket)
    })
  })
}
const certificateProblems = new Set(['SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID'])

/** A server may close a kept connection just as it is used again. What only reads is asked once more, on another; what writes might run twice. */
async function overHttp1Once(agent: Agent, server: URL, asked: UpstreamRequest, signal: AbortSignal): Promise<UpstreamAnswer> {
  try {
    return await overHttp1(agent, server, asked, signal)
  } catch (error) {
    if (!(error instanceof StaleSocket) || signal.aborted) throw error
    if (asked.method !== 'GET' && asked.method !== 'HEAD') throw error.cause
    return await overHttp1(agent, server, asked, signal)
  }
}

/** The connection had served others, and ended before a byte of an answer. */
class StaleSocket extends Error {}

function overHttp1(agent: Agent, server: URL, { method, target, headers, body }: UpstreamRequest, signal: AbortSignal): Promise<UpstreamAnswer> {
  return new Promise((resolve, reject) => {
    const request = requestHttp1({ agent, method, host: server.hostname.replaceAll(/[[\]]/g, ''), port: Number(server.port || 443), path: target, headers: { ...mutable(headers), host: server.host, ...(body !== null && { 'content-length': body.length }) } })
    const onAbort = () => request.destroy()
    signal.addEventListener('abort', onAbort, { once: true })
    request.once('close', () => signal.removeEventListener('abort', onAbort))
    request.on('error', (cause) => reject(request.reusedSocket ? new StaleSocket('', { cause }) : cause))
    // The server speaks another protocol to a request that asked for none.
    request.once('upgrade', (_, socket) => { socket.destroy(); reject(new GatehouseError('protocol_violation', 'the API server upgraded a plain request', { side: 'upstream' })) })
    request.once('response', (response) => resolve({ status: response.statusCode ?? 502, rawHeaders: response.rawHeaders, body: response }))
    request.end(body ?? undefined)
  })
}

function overHttp2(session: ClientHttp2Session, server: URL, { method, target, headers, body }: UpstreamRequest, signal: AbortSignal): Promise<UpstreamAnswer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ...mutable(headers), ':method': method, ':path': target, ':authority': server.host, ':scheme': 'https', ...(body !== null && { 'content-length': body.length }) }, { endStream: body === null })
    const onAbort = () => stream.close(constants.NGHTTP2_CANCEL)
    signal.addEventListener('abort', onAbort, { once: true })
    stream.once('close', () => {
      signal.removeEventListener('abort', onAbort)
      reject(new GatehouseError('upstream_lost', 'the API server closed the request without an answer', { side: 'upstream' }))
    })
    stream.on('error', reject)
    stream.once('response', (received) => resolve({ status: Number(received[':status']), rawHeaders: linesOf(received), body: stream }))
    if (body !== null) stream.end(body)
  })
}

const mutable = (headers: HeaderValues): Record<string, string | string[]> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]))

const linesOf = (headers: Http2Headers): string[] =>
  Object.entries(headers).filter(([name]) => !name.startsWith(':')).flatMap(([name, value]) => (Array.isArray(value) ? value : [value ?? '']).flatMap((one) => [name, one]))

const lost = (cause: unknown) => new GatehouseError('upstream_lost', `the connection to the API server was lost (${(cause as NodeJS.ErrnoException).code ?? 'closed'})`, { side: 'upstream', cause })
