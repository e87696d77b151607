// One PostgreSQL session through a tunnel, spoken by `pg`: opened for an editor or a look at the catalog, cancelled by a
// CancelRequest of its own tunnel, as any native client would.
import { Client } from 'pg'
import { GatehouseError } from '../../../shared/errors.ts'
import { cancelMs } from '../../limits.ts'
import type { Tunnel } from '../../session-proxy/tunnel.ts'
import type { Tunnels } from '../../session-proxy/tunnels.ts'
import { masksOption } from './masks.ts'

export interface PostgresSession {
  readonly client: Client
  readonly tunnel: Tunnel
  /** Asks the gateway to cancel what runs; resolves when the request was taken, whatever came of it. */
  cancel(): Promise<void>
  end(): void
}

interface OpenOptions { readonly tunnels: Tunnels; readonly connection: string; /** Called once, when it is over and nobody ended it here. */ readonly onLost: (reason: string) => void }

/** Rejects with the GatehouseError of the tunnel, or the DatabaseError the gateway refused the startup with. */
export async function openPostgresSession({ tunnels, connection, onLost }: OpenOptions): Promise<PostgresSession> {
  const tunnel = await tunnels.open(connection)
  let failure: Error | null = null
  tunnel.on('error', (error) => { failure ??= error })
  const client = new Client({
    // All that `pg` would otherwise take from PG… of the environment is said here.
    stream: () => tunnel, host: '127.0.0.1', port: 5432, ssl: false, user: 'gatehouse', database: connection, password: '',
    application_name: 'Gatehouse', options: masksOption, client_encoding: 'UTF8', keepAlive: false,
  })
  let isOver = false
  const over = (reason: string) => {
    if (isOver) return
    isOver = true
    tunnel.destroy()
    onLost(reason)
  }
  client.on('error', (error) => over(reasonOf(tunnel, failure ?? error)))
  client.on('end', () => over(reasonOf(tunnel, failure ?? new Error('the session was closed'))))
  try {
    await client.connect()
  } catch (error) {
    isOver = true
    tunnel.destroy()
    throw failure ?? error
  }
  return {
    client, tunnel,
    cancel: () => sendCancel(tunnels, connection, client),
    end() {
      isOver = true
      client.end().catch(() => undefined) // Ended either way; its tunnel goes with it.
      setTimeout(() => tunnel.destroy(), cancelMs).unref()
    },
  }
}

const reasonOf = (tunnel: Tunnel, error: Error) => tunnel.closeReason ?? error.message

/** PostgreSQL protocol 54.2.8: sixteen bytes on a connection of their own, to which there is no answer. */
async function sendCancel(tunnels: Tunnels, connection: string, client: Client): Promise<void> {
  // `pg` keeps both for its own use; they are not in its types.
  const { processID, secretKey } = client as unknown as { processID: number | null; secretKey: number | null }
  if (processID === null || secretKey === null) throw new GatehouseError('internal', 'the session has no cancel key', { side: 'upstream' })
  const packet = Buffer.alloc(16)
  packet.writeInt32BE(16, 0)
  packet.writeInt32BE(80_877_102, 4)
  packet.writeInt32BE(processID, 8)
  packet.writeInt32BE(secretKey, 12)
  const tunnel = await tunnels.open(connection)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const late = setTimeout(resolve, cancelMs)
  // A gateway has nothing to say to a cancel and hangs up; only one that never let us in is a failure.
  let isOpen = false
  tunnel.once('connect', () => { isOpen = true })
  tunnel.on('error', (error) => { if (isOpen) resolve(); else reject(error) }).once('close', () => resolve()).resume()
  tunnel.end(packet)
  await promise.finally(() => { clearTimeout(late); tunnel.destroy() })
}
