// The door under `/k8s/<connection>/`: who is calling, on which cluster, what they ask; then an exchange takes over. It stands on the API's
// own HTTPS server, so there is one address, one certificate and TLS always (kubectl sends no token over http).
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { GatehouseError } from '../../../shared/errors.ts'
import { bearerOf } from '../../identity/bearer.ts'
import { loginFailuresAuditedPerMinute } from '../../limits.ts'
import type { GatewayContext } from '../../pipeline/context.ts'
import { createRate, type Rate } from '../../pipeline/rate.ts'
import { hasAnyRule } from '../../policy/masks.ts'
import { readRequest, type ReadRequest } from './commands.ts'
import { failureStatus, sendStatus } from './failure.ts'
import { connectionOf } from './path.ts'
import { PlainExchange } from './plain-exchange.ts'
import { refusalOf, refused, statusOfRefused, type Refused } from './refusal.ts'
import { listenerOf, sessionHeader } from './session-headers.ts'
import { SessionPool, type Caller } from './session-pool.ts'
import { recordRefused } from './settle.ts'
import { createDocuments, type DocumentsOptions } from './threads/documents.ts'
import { StreamExchange, refuseUpgrade } from './stream-exchange.ts'

export interface KubernetesServer {
  readonly context: GatewayContext
  readonly requireOpen: () => void
}

/** An HttpDoor of the API (gateway/api/door.ts), which protocols do not know. */
export interface KubernetesDoor {
  /** Whether this is for us. */
  takes(message: IncomingMessage): boolean
  request(message: IncomingMessage, response: ServerResponse): void
  upgrade(message: IncomingMessage, socket: Socket, head: Buffer): void
  dispose(): Promise<void>
}

/** For tests. */
export interface KubernetesSeams { readonly kubernetesIdleMs?: number | undefined; readonly documents?: DocumentsOptions | undefined }

export function createKubernetesDoor(server: KubernetesServer, seams: KubernetesSeams = {}): KubernetesDoor {
  const documents = createDocuments(seams.documents)
  const pool = new SessionPool(server.context, { documents, idleMs: seams.kubernetesIdleMs })
  const failures = createRate(loginFailuresAuditedPerMinute)
  return {
    takes: ({ url }) => url === '/k8s' || url?.startsWith('/k8s/') === true,
    request: (message, response) => { void serve(server, { pool, failures, message, response }) },
    upgrade: (message, socket, head) => { void serveUpgrade(server, { pool, failures, message, socket, head }) },
    dispose: () => documents.threads.dispose(),
  }
}

interface Arrival { readonly pool: SessionPool; readonly failures: Rate; readonly message: IncomingMessage }

async function serve(server: KubernetesServer, arrival: Arrival & { readonly response: ServerResponse }): Promise<void> {
  const { pool, message, response } = arrival
  try {
    const { caller, read, rest } = await arrive(server, arrival)
    const ks = await pool.shared(caller)
    response.setHeader(sessionHeader, ks.session.summary.id)
    if (read.kind === 'request' && read.headers.upgrade === null && !isStream(read)) return await new PlainExchange(ks, read, message, response).run()
    const why = read.kind === 'refused' ? read : refused('exec, attach and portforward need an upgrade', 'Use kubectl, or a client that upgrades to SPDY/3.1 or websocket.')
    recordRefused(ks, `${message.method ?? ''} ${withoutQuery(rest)}`, refusalOf(why))
    sendStatus(response, statusOfRefused(why))
    message.resume()
  } catch (error) {
    sendStatus(response, failureStatus(error, { log: server.context.log, facts: null }))
    message.resume()
  }
}

const isStream = ({ info: { verb } }: ReadRequest): boolean => verb === 'exec' || verb === 'attach' || verb === 'portforward'

async function serveUpgrade(server: KubernetesServer, arrival: Arrival & { readonly socket: Socket; readonly head: Buffer }): Promise<void> {
  const { pool, message, socket, head } = arrival
  socket.on('error', () => socket.destroy())
  try {
    const { caller, read, rest } = await arrive(server, arrival)
    if (read.kind === 'request' && read.headers.upgrade !== null) {
      const ks = await pool.own(caller)
      return await new StreamExchange(ks, { read, upgrade: read.headers.upgrade, message, socket, head }).run()
    }
    const ks = await pool.shared(caller)
    const why = read.kind === 'refused' ? read : refused('this request asks for no upgrade that is known', 'Leave Upgrade out.')
    recordRefused(ks, `${message.method ?? ''} ${withoutQuery(rest)}`, refusalOf(why))
    refuseUpgrade(socket, statusOfRefused(why))
  } catch (error) {
    refuseUpgrade(socket, failureStatus(error, { log: server.context.log, facts: null }))
  }
}

interface Arrived { readonly caller: Caller; readonly read: ReadRequest | Refused; readonly rest: string }

/** Rejects with token_*, connection_unknown, forbidden, recorder_failed, gateway_stopping. */
async function arrive({ context, requireOpen }: KubernetesServer, { failures, message }: Arrival): Promise<Arrived> {
  // A page in a browser sends Origin and cannot leave it out; no client of a cluster sends one.
  if (message.headers.origin !== undefined) throw new GatehouseError('forbidden', 'clusters are not for web pages: a request with an Origin is refused', { side: 'client' })
  requireOpen()
  const place = connectionOf(message.url ?? '')
  const token = bearerOf(message.headers.authorization)
  const lease = await context.authenticator.authenticate(token).catch(async (error: unknown) => {
    if (failures.take('all')) await context.audit({ kind: 'login-failed', principal: null, detail: { peer: message.socket.remoteAddress ?? 'unknown', listener: 'kubernetes', reason: error instanceof GatehouseError ? error.code : 'internal' } })
    throw error
  })
  const connection = place === null ? undefined : context.kubernetes.get(place.connection)
  if (place === null || connection === undefined || !hasAnyRule(context.policies.current, lease.principal, connection.target.summary)) {
    lease.dispose()
    throw new GatehouseError('connection_unknown', 'there is no cluster of this name that you may use; gatehouse connections lists yours', { side: 'client' })
  }
  const read = readRequest({ method: message.method ?? '', target: place.rest, headers: message.rawHeaders })
  return { caller: { lease, listener: listenerOf(message.headers), connection, client: message.headers['user-agent'] ?? 'unknown' }, read, rest: place.rest }
}

const withoutQuery = (target: string): string => target.replace(/\?.*$/s, '').slice(0, 500)
