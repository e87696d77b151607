// The keeper's own connection to a target: the target's credential, the same TLS modes as a session's, deadlines on everything.
import { Socket } from 'node:net'
import { checkServerIdentity, type ConnectionOptions } from 'node:tls'
import { Client } from 'pg'
import { catalogQueryMs, upstreamConnectMs } from '../limits.ts'

/** What of a PostgresTarget is needed here; gateway/sql imports neither gateway/pipeline nor gateway/credentials. */
export interface CatalogTarget {
  readonly summary: { readonly name: string }
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: { reveal(): string } | null
  readonly tls: 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'
  readonly ca: string | null
}

export interface CatalogConnection {
  readonly client: Client
  /** At once, whatever the server does: a half-open connection answers no polite goodbye. */
  readonly destroy: () => void
}

/**
 * `queryMs` 0: no deadline of ours beside the server's; node-postgres' timers would keep a command line alive that is done.
 * `isBare`: with the settings that any session of the role begins with, no timeouts of ours among them.
 */
export async function connectTo(target: CatalogTarget, queryMs = catalogQueryMs + 1000, isBare = false): Promise<CatalogConnection> {
  const ssl = tlsOptions(target)
  try {
    return await connect(target, ssl, queryMs, isBare)
  } catch (error) {
    const hasNoTls = error instanceof Error && error.message === 'The server does not support SSL connections'
    if (target.tls !== 'prefer' || !hasNoTls) throw error
    return connect(target, false, queryMs, isBare)
  }
}

async function connect(target: CatalogTarget, ssl: ConnectionOptions | false, queryMs: number, isBare: boolean): Promise<CatalogConnection> {
  const socket = new Socket()
  const client = new Client({
    host: target.host, port: target.port, database: target.database, user: target.user, ssl, stream: () => socket,
    // node-postgres would fall back to PGPASSWORD and ~/.pgpass of whoever runs the gateway.
    password: target.password?.reveal() ?? '',
    application_name: 'gatehouse catalog', connectionTimeoutMillis: upstreamConnectMs,
    query_timeout: queryMs, keepAlive: true, ...(!isBare && { statement_timeout: catalogQueryMs, idle_in_transaction_session_timeout: catalogQueryMs }),
  })
  try {
    await client.connect()
    return { client, destroy: () => socket.destroy() }
  } catch (error) {
    socket.destroy()
    throw error
  }
}

function tlsOptions(target: CatalogTarget): ConnectionOptions | false {
  const ca = target.ca === null ? {} : { ca: target.ca }
  switch (target.tls) {
    case 'disable': return false
    case 'prefer': case 'require': return { rejectUnauthorized: false }
    case 'verify-ca': return { ...ca, rejectUnauthorized: true, checkServerIdentity: () => undefined }
    // By the name that was configured: for an address node-postgres gives no server name, and Node would check `localhost`.
    case 'verify-full': return { ...ca, rejectUnauthorized: true, checkServerIdentity: (_name, certificate) => checkServerIdentity(target.host, certificate) }
  }
}
