// From a stream to a session: greeting, who is calling, which connection, the upstream; then PostgresSession takes over. The same
// path for a tunnel (the WebSocket brought the token) and the native listener (the password is the token).
import type { Duplex } from 'node:stream'
import type { SecureContext } from 'node:tls'
import { GatehouseError } from '../../../shared/errors.ts'
import type { Lease } from '../../identity/authenticate.ts'
import { approvalInTransactionMs, handshakeMs, holdHeartbeatMs, loginFailuresAuditedPerMinute, sessionIdleMs } from '../../limits.ts'
import { AccessCache } from '../../pipeline/access.ts'
import type { GatewayContext } from '../../pipeline/context.ts'
import { createRate, type Rate } from '../../pipeline/rate.ts'
import { Session } from '../../pipeline/session.ts'
import { hasAnyRule } from '../../policy/masks.ts'
import { CancelKeys } from './cancel-keys.ts'
import { gateOf, type CatalogGate } from './catalog-gate.ts'
import { authenticationOk, encodeBackendKeyData, encodeParameterStatus, encodeReadyForQuery } from './codec/backend.ts'
import type { Startup } from './codec/startup.ts'
import { askPassword, greet, HandshakeError } from './handshake.ts'
import { PostgresSession, type SessionDeadlines } from './postgres-session.ts'
import { farewell } from './refusal.ts'
import { chooseStartup } from './startup-parameters.ts'
import { connectUpstream } from './upstream.ts'

/** What all PostgreSQL sessions of a gateway share. */
export interface PostgresServer {
  readonly context: GatewayContext
  readonly accesses: AccessCache
  readonly cancelKeys: CancelKeys
  /** Strangers cannot fill the audit log: failed logins are written up to a rate, and counted beyond it. */
  readonly failedLogins: Rate
  readonly deadlines: Deadlines
}

export interface Deadlines extends SessionDeadlines { readonly handshakeMs: number }

/** `changes` are for tests. */
export function createPostgresServer(context: GatewayContext, changes: Partial<Deadlines> = {}): PostgresServer {
  const deadlines = {
    handshakeMs: changes.handshakeMs ?? handshakeMs, sessionIdleMs: changes.sessionIdleMs ?? sessionIdleMs,
    holdHeartbeatMs: changes.holdHeartbeatMs ?? holdHeartbeatMs, approvalInTransactionMs: changes.approvalInTransactionMs ?? approvalInTransactionMs,
  }
  return { context, deadlines, accesses: new AccessCache(), cancelKeys: new CancelKeys(), failedLogins: createRate(loginFailuresAuditedPerMinute) }
}

export interface Caller {
  readonly stream: Duplex
  /** `host:port` of the client, for the log. */
  readonly peer: string
  /** The native listener's certificate; null in a tunnel. */
  readonly tls: (() => SecureContext) | null
  /** Plaintext is taken: the client is on this machine. Without meaning in a tunnel. */
  readonly isLoopback: boolean
  /** In a tunnel: who it is and for which connection. Null: ask. */
  readonly tunnel: { readonly lease: Lease; readonly connection: string } | null
}

/** Serves one client until its session has begun or it was sent away. Never rejects. */
export async function serve(server: PostgresServer, caller: Caller): Promise<void> {
  const { stream, tunnel } = caller
  const state: { stream: Duplex; lease: Lease | null } = { stream, lease: tunnel?.lease ?? null }
  const deadline = setTimeout(() => state.stream.destroy(), server.deadlines.handshakeMs)
  const ignore = () => undefined
  stream.on('error', ignore)
  try {
    const greeting = await greet(stream, caller.tls)
    if (greeting.kind === 'gone') return dismiss(state)
    state.stream = greeting.stream
    if (greeting.stream !== stream) greeting.stream.on('error', ignore)
    if (greeting.kind === 'cancel') {
      server.cancelKeys.cancel(greeting, tunnel?.lease.principal.id ?? null)
      return dismiss(state)
    }
    if (!greeting.isEncrypted && !caller.isLoopback) throw new HandshakeError('28000', 'TLS is required: connect with sslmode=verify-full')
    state.lease ??= await signIn(server, greeting.stream, caller.peer)
    if (state.lease === null) return dismiss(state)
    // The client has done its part. Store and upstream have deadlines of their own, with words for the client.
    clearTimeout(deadline)
    const name = tunnel?.connection ?? greeting.startup.parameters.get('database') ?? greeting.startup.parameters.get('user')!
    await open(server, { stream: greeting.stream, lease: state.lease, name, startup: greeting.startup, via: tunnel === null ? 'native' : 'tunnel' })
  } catch (error) {
    refuse(server, state, error)
  } finally {
    clearTimeout(deadline)
  }
}

function dismiss({ stream, lease }: { readonly stream: Duplex; readonly lease: Lease | null }): void {
  lease?.dispose()
  stream.destroy()
}

function refuse({ context }: PostgresServer, { stream, lease }: { readonly stream: Duplex; readonly lease: Lease | null }, error: unknown): void {
  lease?.dispose()
  const { code, message } = asFarewell(error)
  if (code === 'XX000') context.log.error({ err: error }, 'a PostgreSQL client could not be served')
  if (!stream.destroyed && stream.writable) stream.end(farewell(code, message))
  setTimeout(() => stream.destroy(), 1_000).unref()
}

function asFarewell(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof HandshakeError) return { code: error.code, message: error.message }
  if (!(error instanceof GatehouseError)) return { code: 'XX000', message: 'a fault of the gateway; the log has the cause' }
  return { code: sqlStates[error.code] ?? '08006', message: error.message }
}

const sqlStates: Readonly<Record<string, string>> = {
  token_missing: '28P01', token_invalid: '28P01', token_expired: '28P01', token_revoked: '28P01', limit_exceeded: '53300',
  connection_unknown: '3D000', recorder_failed: '58030', store_unavailable: '58000', upstream_unreachable: '08001', upstream_rejected: '08004', provider_unreachable: '58000', gateway_stopping: '57P01',
}

async function signIn({ context, failedLogins }: PostgresServer, stream: Duplex, peer: string): Promise<Lease | null> {
  const token = await askPassword(stream)
  if (token === null) return null
  try {
    return await context.authenticator.authenticate(token)
  } catch (error) {
    if (failedLogins.take('all')) await context.audit({ kind: 'login-failed', principal: null, detail: { peer, listener: 'postgres', reason: error instanceof GatehouseError ? error.code : 'internal' } })
    throw error
  }
}

interface Opening {
  readonly stream: Duplex
  readonly lease: Lease
  readonly name: string
  readonly startup: Startup
  readonly via: 'native' | 'tunnel'
}

async function open(server: PostgresServer, { stream, lease, name, startup, via }: Opening): Promise<void> {
  const { context, accesses, cancelKeys } = server
  const connection = context.postgres.get(name)
  if (connection === undefined || !hasAnyRule(context.policies.current, lease.principal, connection.target.summary)) {
    throw new GatehouseError('connection_unknown', `there is no connection "${name.slice(0, 63)}" that you may use; the database name must be a connection's name`, { side: 'client' })
  }
  const choice = chooseStartup(startup.parameters)
  if (choice.kind === 'refused') throw new HandshakeError(choice.code, choice.message)
  const gone = new AbortController()
  const onGone = () => gone.abort()
  stream.once('close', onGone)
  const gate = gateOf(connection.catalog())
  const [reached, catalog] = await Promise.allSettled([
    connectUpstream({ target: connection.target, parameters: choice.upstream, signal: gone.signal }),
    loaded(gate),
  ])
  // Where both failed it is for the same reason, and the upstream's words are the clearer ones.
  if (reached.status === 'rejected') throw reached.reason
  const upstream = reached.value
  let postgres: PostgresSession | null = null
  try {
    if (catalog.status === 'rejected') throw catalog.reason
    const session = await Session.open({
      context, lease, connection: connection.target.summary, via, client: choice.applicationName.slice(0, 200),
      onEnd: (reason) => (postgres === null ? stream.destroy() : postgres.close(reason)),
    })
    const key = cancelKeys.issue({ principalId: lease.principal.id, cancel: () => postgres?.cancelByClient() })
    postgres = new PostgresSession({
      session, accesses, gate, target: connection.target, hashKey: connection.hashKey, client: stream, upstream,
      wantsMaskNotices: choice.wantsMaskNotices, purpose: choice.purpose, startup: choice.upstream, deadlines: server.deadlines, onClosed: () => cancelKeys.revoke(key),
    })
    stream.off('close', onGone)
    if (session.isEnded || stream.destroyed) return session.end('the client closed the connection')
    stream.write(welcome(upstream.parameters, key))
    postgres.start()
  } catch (error) {
    upstream.socket.destroy()
    throw error
  }
}

/** The first session of a connection waits for its catalog; later ones find it there. */
async function loaded(gate: CatalogGate): Promise<void> {
  try {
    gate.keeper.current()
  } catch {
    await gate.keeper.refresh()
  }
}

function welcome(parameters: ReadonlyMap<string, string>, key: { readonly processId: number; readonly secret: Buffer }): Buffer {
  return Buffer.concat([
    authenticationOk,
    ...[...parameters].map(([name, value]) => encodeParameterStatus(name, value)),
    encodeBackendKeyData(key.processId, key.secret),
    encodeReadyForQuery('I'),
  ])
}

