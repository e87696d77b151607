// The cluster's server: TLS, HTTP/1.1 and HTTP/2 by ALPN, one bearer token. It reads requests, writes answers, logs what came,
// and hands upgrades on; what they mean is handle.ts's.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createSecureServer, type Http2SecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { stringify } from 'yaml'
import { headerOf, type Answer, type Call, type User } from './call.ts'
import { handle } from './handle.ts'
import { userOf } from './identity.ts'
import { negotiate } from './negotiation.ts'
import type { JsonObject } from './objects.ts'
import { includeOf, represent } from './represent.ts'
import { headersShown, impersonationOf, type RequestLog } from './request-log.ts'
import { ApiError } from './status.ts'
import type { World } from './world.ts'

type Request = IncomingMessage | Http2ServerRequest
/** What both protocols' responses have, in one signature. */
interface Response {
  readonly headersSent: boolean
  writeHead(code: number, headers: Record<string, string | string[]>): unknown
  flushHeaders(): void
  write(chunk: string | Buffer): boolean
  end(chunk?: string | Buffer): unknown
  on(event: 'error', listener: () => void): unknown
  once(event: 'close', listener: () => void): unknown
}

/** An HTTP/1.1 upgrade whose user is known: exec, attach, portforward. */
export interface Upgrade { readonly call: Call; readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer }

export interface ServerOptions {
  readonly world: World
  readonly tls: { readonly cert: string; readonly key: string }
  readonly token: string
  readonly port: number
  readonly log: RequestLog
  onUpgrade(upgrade: Upgrade): void
}

/** As the API server takes at most. */
const bodyBytesMax = 3 * 1024 * 1024
const gzipFrom = 1024

export async function listen(options: ServerOptions): Promise<{ readonly port: number; readonly server: Http2SecureServer }> {
  const server = createSecureServer({ ...options.tls, allowHTTP1: true, minVersion: 'TLSv1.2' })
  server.on('request', (request: Request, response: ServerResponse | Http2ServerResponse) => { void respond(options, request, response as unknown as Response) })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => upgrade(options, request, socket, head))
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(options.port, '127.0.0.1', resolve))
  server.on('error', () => undefined)
  return { port: (server.address() as AddressInfo).port, server }
}

async function respond(options: ServerOptions, request: Request, response: Response): Promise<void> {
  response.on('error', () => undefined)
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  try {
    const call = callOf(request, signedIn(options, request, false))
    const answer = await handle(options.world, call)
    await write(answer, { call, response, signal: AbortSignal.any([gone.signal, options.world.stopping]) })
  } catch (error) {
    // Who has gone hears nothing.
    if (!isGone(error)) fail(response, error)
  }
}

const isGone = (error: unknown): boolean => error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_PREMATURE_CLOSE')

function upgrade(options: ServerOptions, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.on('error', () => undefined)
  try {
    options.onUpgrade({ call: callOf(request, signedIn(options, request, true)), request, socket, head })
  } catch (error) {
    refuseUpgrade(socket, error)
  }
}

/** An upgrade that is refused is answered as a plain response, and its connection ends. */
export function refuseUpgrade(socket: Duplex, error: unknown): void {
  const { code, status } = asApiError(error)
  const body = JSON.stringify(status)
  socket.end(`HTTP/1.1 ${code} ${status['reason'] as string || 'Error'}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`)
}

function signedIn({ token, log }: ServerOptions, request: Request, isUpgrade: boolean): User {
  const seen = {
    at: Date.now(), method: request.method ?? '', target: request.url ?? '', protocol: request.httpVersionMajor === 2 ? 'HTTP/2' as const : 'HTTP/1.1' as const,
    impersonation: impersonationOf(request.headers), headers: headersShown(request.headers), isUpgrade,
  }
  try {
    const user = userOf(request.headers, token)
    log.add({ ...seen, user: user.username })
    return user
  } catch (error) {
    log.add({ ...seen, user: null })
    throw error
  }
}

function callOf(request: Request, user: User): Call {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2)
  return { method: request.method ?? 'GET', path, query: new URLSearchParams(query), headers: request.headers, user, body: () => readBody(request) }
}

async function readBody(request: Request): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > bodyBytesMax) throw new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${bodyBytesMax}`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

interface Writing { readonly call: Call; readonly response: Response; readonly signal: AbortSignal }

async function write(answer: Answer, { call, response, signal }: Writing): Promise<void> {
  switch (answer.kind) {
    case 'text': return send(call, response, { code: answer.code, contentType: answer.contentType ?? 'text/plain; charset=utf-8', bytes: Buffer.from(answer.text) })
    case 'bytes': return send(call, response, answer)
    case 'json': return sendJson(answer, call, response)
    case 'stream': {
      response.writeHead(200, { 'content-type': answer.contentType, 'cache-control': 'no-cache, private' })
      response.flushHeaders()
      await answer.run({ write: (chunk) => { if (!signal.aborted) response.write(chunk) }, signal })
      response.end()
    }
  }
}

function sendJson({ code, value, resource, warnings = [], contentType }: Answer & { readonly kind: 'json' }, call: Call, response: Response): void {
  const negotiated = contentType === undefined ? negotiate(headerOf(call, 'accept')) : { format: 'json' as const, shape: 'object' as const, version: 'v1' }
  const shown = represent(value, resource, { ...negotiated, include: includeOf(call.query) })
  const isYaml = negotiated.format === 'yaml'
  send(call, response, {
    code, contentType: contentType ?? (isYaml ? 'application/yaml' : 'application/json'), bytes: Buffer.from(isYaml ? stringify(shown) : `${JSON.stringify(shown)}\n`),
    ...(warnings.length > 0 ? { headers: { warning: warnings.map((text) => `299 - ${JSON.stringify(text)}`) } } : {}),
  })
}

interface Sending { readonly code: number; readonly contentType: string; readonly bytes: Buffer; readonly headers?: Readonly<Record<string, readonly string[]>> }

function send(call: Call, response: Response, { code, contentType, bytes, headers = {} }: Sending): void {
  const isPacked = bytes.length >= gzipFrom && /\bgzip\b/.test(headerOf(call, 'accept-encoding'))
  const body = isPacked ? gzipSync(bytes, { level: 1 }) : bytes
  response.writeHead(code, {
    'content-type': contentType, 'content-length': String(body.length), 'cache-control': 'no-cache, private', vary: 'Accept-Encoding, Accept',
    ...(isPacked ? { 'content-encoding': 'gzip' } : {}), ...headers as Record<string, string[]>,
  })
  response.end(call.method === 'HEAD' ? undefined : body)
}

function fail(response: Response, error: unknown): void {
  if (response.headersSent) {
    response.end()
    return
  }
  const { code, status } = asApiError(error)
  const body = `${JSON.stringify(status)}\n`
  response.writeHead(code, { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), 'cache-control': 'no-cache, private' })
  response.end(body)
}

function asApiError(error: unknown): { readonly code: number; readonly status: JsonObject } {
  if (error instanceof ApiError) return error
  process.stderr.write(`demo cluster: ${error instanceof Error ? error.stack : String(error)}\n`)
  return new ApiError(500, 'InternalError', `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`)
}
