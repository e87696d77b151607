// The API's HTTPS server: limits of every request, errors as problems, then the routes, then the tunnels on the same port.
import { createServer, type Server, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { fastify, type FastifyError, type FastifyInstance } from 'fastify'
import { tunnelPath } from '../../shared/api.ts'
import { GatehouseError } from '../../shared/errors.ts'
import { apiBodyBytesMax, apiHeaderBytesMax, apiIdleMs, apiRequestMs, apiSocketsMax, handshakeMs } from '../limits.ts'
import { approvalHandlers } from './approvals.ts'
import { connectionHandlers } from './connections.ts'
import { registerEvents } from './events.ts'
import { grantHandlers } from './grants.ts'
import { notificationHandlers } from './notifications.ts'
import { preflightHandlers } from './preflight.ts'
import type { ApiContext } from './context.ts'
import { infoHandlers } from './info.ts'
import { registerOperations } from './operations.ts'
import { challengeOf, problemOf } from './problem.ts'
import { registerRoutes } from './routes.ts'
import { securityHeaders } from './security-headers.ts'
import { sessionHandlers } from './sessions.ts'
import { createFailureAudit, tokenHandlers, type FailureAudit } from './tokens.ts'
import type { HttpDoor } from './door.ts'
import { attachTunnels, type TunnelGate, type TunnelOptions } from './tunnel.ts'
import { whoamiHandlers } from './whoami.ts'

export interface ApiOptions {
  readonly context: ApiContext
  readonly tls: ServerOptions
  readonly tunnels: Pick<TunnelOptions, 'mayOpen' | 'serve'>
  /** Protocols that speak HTTP themselves, each below its own path. */
  readonly doors?: readonly HttpDoor[]
}

export interface Api {
  readonly tunnels: TunnelGate
  listen(host: string, port: number): Promise<{ readonly host: string; readonly port: number }>
  /** The secure context of new connections. */
  setTls(tls: ServerOptions): void
  /** Takes no new connections; requests and tunnels go on. */
  stopListening(): void
  close(): Promise<void>
}

export async function createApi({ context, tls, tunnels, doors = [] }: ApiOptions): Promise<Api> {
  const { server, https } = createHttp(tls, doors)
  // Too few file descriptors for an accept, and the like: those who are connected stay.
  https.on('error', (error) => context.log.error({ err: error }, 'the API listener failed'))
  const failures = createFailureAudit(context)
  registerErrors(server, context, failures)
  registerRoutes(server, {
    ...infoHandlers(context), ...tokenHandlers(context), ...whoamiHandlers(), ...connectionHandlers(context), ...sessionHandlers(context),
    ...approvalHandlers(context), ...grantHandlers(context), ...preflightHandlers(context), ...notificationHandlers(context),
  }, context)
  registerOperations(server, context)
  registerEvents(server, context)
  const gate = attachTunnels(https, doors, { ...tunnels, authenticator: context.identity, requireOpen: context.requireOpen, log: context.log, refused: (error) => failures.failed(error, tunnelPath) })
  await server.ready()
  return {
    tunnels: gate,
    listen: (host, port) => listen(https, host, port),
    setTls: (next) => https.setSecureContext(next),
    stopListening: () => { if (https.listening) https.close() },
    close: () => closeHttp(server, https),
  }
}

function createHttp(tls: ServerOptions, doors: readonly HttpDoor[]): { server: FastifyInstance; https: Server } {
  const https = createServer({
    ...tls, minVersion: 'TLSv1.2', handshakeTimeout: handshakeMs, maxHeaderSize: apiHeaderBytesMax,
    headersTimeout: handshakeMs, requestTimeout: apiRequestMs, keepAliveTimeout: apiIdleMs, connectionsCheckingInterval: 1_000,
  })
  https.maxConnections = apiSocketsMax
  const server = fastify({
    serverFactory: (handler) => https.on('request', (request, response) => {
      const door = doors.find((one) => one.takes(request))
      if (door === undefined) handler(request, response)
      else door.request(request, response)
    }), bodyLimit: apiBodyBytesMax, handlerTimeout: apiRequestMs,
    logger: false, trustProxy: false, exposeHeadRoutes: false, forceCloseConnections: true, onProtoPoisoning: 'error', onConstructorPoisoning: 'error',
  })
  // JSON is what the routes take; a body of any other type is refused with 415.
  server.removeContentTypeParser('text/plain')
  return { server: server as unknown as FastifyInstance, https }
}

function registerErrors(server: FastifyInstance, context: ApiContext, failures: FailureAudit): void {
  server.addHook('onRequest', async (_, reply) => { reply.headers(securityHeaders) })
  server.addHook('onResponse', async (request, reply) => {
    context.metrics.request(request.routeOptions.url ?? 'none', reply.statusCode)
  })
  server.setNotFoundHandler(() => { throw new GatehouseError('not_found', 'there is no such route; shared/api.ts lists them', { side: 'client' }) })
  server.setErrorHandler((thrown: FastifyError, request, reply) => {
    const error = thrown instanceof GatehouseError ? thrown : fromFastify(thrown)
    failures.failed(error, request.routeOptions.url ?? 'none')
    const problem = problemOf(error, request.id)
    if (problem.status >= 500) context.log.error({ err: error, request: request.id, route: request.routeOptions.url }, 'a request failed')
    if (problem.status === 401) reply.header('www-authenticate', challengeOf(problem.code))
    return reply.status(problem.status).type('application/problem+json').send(problem)
  })
}

/** Fastify's own refusals (body too large, not JSON, wrong type); anything else is a fault of ours. */
function fromFastify(thrown: FastifyError): unknown {
  const status = thrown.statusCode ?? 500
  if (status >= 500) return thrown
  if (status === 413) return new GatehouseError('limit_exceeded', `the body is larger than apiBodyBytesMax (${apiBodyBytesMax} bytes)`, { side: 'client', cause: thrown })
  return new GatehouseError('input_invalid', `the request cannot be read: ${thrown.message}`, { side: 'client', cause: thrown })
}

/** Rejects with port_taken, not_permitted or config_invalid. */
async function listen(https: Server, host: string, port: number): Promise<{ host: string; port: number }> {
  await new Promise<void>((done, failed) => {
    https.once('error', (error: NodeJS.ErrnoException) => failed(listenFailure(error, host, port)))
    https.listen(port, host, done)
  })
  return { host, port: (https.address() as AddressInfo).port }
}

function listenFailure(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (cause.code) {
    case 'EADDRINUSE': return new GatehouseError('port_taken', `port ${port} on ${host} is in use; stop what uses it, or choose another in listen.api, or 0 for any free one`, { cause })
    case 'EACCES': return new GatehouseError('not_permitted', `listening on ${host}:${port} is not permitted; ports below 1024 need a right`, { cause })
    case 'EADDRNOTAVAIL': return new GatehouseError('config_invalid', `${host} (listen.api) is not an address of this machine`, { cause })
    default: return cause
  }
}

/** Tunnels are to be closed before: the sockets they took over are not the HTTP server's any more. */
async function closeHttp(server: FastifyInstance, https: Server): Promise<void> {
  const closed = new Promise<void>((done) => {
    if (!https.listening) return done()
    https.close(() => done())
  })
  https.closeAllConnections()
  await server.close()
  await closed
}
