// Ways for native clients: a loopback listener per connection (opened on request, on the port it had before if that is free),
// and the gateway's own listener. Passfiles are this app's, and go when it goes.
import { join } from 'node:path'
import { z } from 'zod'
import { GatehouseError } from '../../shared/errors.ts'
import type { NativeAccess } from '../../shared/ipc.ts'
import { readPrivate, writePrivate } from '../files.ts'
import type { Account } from '../login/account.ts'
import { psqlCommand, removePassfile, writePassfile } from '../session-proxy/passfile.ts'
import { openPostgresListener, type PostgresListener } from '../session-proxy/postgres-listener.ts'
import type { Tunnels } from '../session-proxy/tunnels.ts'
import { jsonOf } from '../json.ts'

export interface NativeOptions {
  readonly account: Account
  readonly tunnels: Tunnels
  readonly folder: string
  readonly onChange: (access: NativeAccess) => void
}

export interface Native {
  access(connection: string): Promise<NativeAccess>
  listen(connection: string): Promise<NativeAccess>
  unlisten(connection: string): Promise<NativeAccess>
  /** Closes every listener and removes every passfile: at sign-out, and at the end. */
  reset(): Promise<void>
  dispose(): Promise<void>
}

export function createNative({ account, tunnels, folder, onChange }: NativeOptions): Native {
  const listeners = new Map<string, Promise<PostgresListener>>()
  const gatewayPassfile = join(folder, 'gateway.pgpass')
  let own: { host: string; port: number } | null = null

  // The passfile follows the token, so that a command once copied works as long as the app runs.
  const stopTokens = account.onToken(({ token }) => {
    if (own !== null) writePassfile(gatewayPassfile, { ...own, password: token }).catch(() => { own = null })
  })

  async function access(connection: string): Promise<NativeAccess> {
    return { connection, loopback: await loopbackOf(connection), gateway: await gatewayOf(connection) }
  }

  async function loopbackOf(connection: string): Promise<NativeAccess['loopback']> {
    const listener = await listeners.get(connection)
    if (listener === undefined) return null
    const passfile = passfileOf(folder, connection)
    const { host, port } = listener
    return { host, port, passfile, command: psqlCommand({ passfile, host, port, dbname: connection }) }
  }

  async function gatewayOf(connection: string): Promise<NativeAccess['gateway']> {
    const [{ listeners: { postgres } }, { address, token, expiresAt }] = [await account.info(), await account.pass()]
    if (postgres === null) return null
    own = hostAndPort(postgres, address.url)
    await writePassfile(gatewayPassfile, { ...own, password: token })
    const trust = { sslmode: 'verify-full', sslrootcert: address.ca ?? 'system' }
    return { address: `${own.host}:${own.port}`, passfile: gatewayPassfile, expiresAt, command: psqlCommand({ passfile: gatewayPassfile, ...own, dbname: connection, parameters: trust }) }
  }

  async function open(connection: string): Promise<PostgresListener> {
    const listener = await listenWhereBefore(folder, connection, tunnels)
    await writePassfile(passfileOf(folder, connection), { host: listener.host, port: listener.port, password: listener.secret })
    await rememberPort(folder, connection, listener.port)
    return listener
  }

  async function close(connection: string): Promise<void> {
    const listener = listeners.get(connection)
    listeners.delete(connection)
    await (await listener)?.close()
    await removePassfile(passfileOf(folder, connection))
  }

  async function reset(): Promise<void> {
    own = null
    await Promise.all([...listeners.keys()].map(close))
    await removePassfile(gatewayPassfile)
  }

  return {
    access,
    async listen(connection) {
      await account.pass()
      if (!listeners.has(connection)) {
        const opening = open(connection)
        listeners.set(connection, opening)
        opening.catch(() => listeners.delete(connection))
      }
      const now = await access(connection)
      onChange(now)
      return now
    },
    async unlisten(connection) {
      await close(connection)
      const now = await access(connection)
      onChange(now)
      return now
    },
    reset,
    async dispose() {
      stopTokens()
      await reset()
    },
  }
}

const passfileOf = (folder: string, connection: string) => join(folder, `${encodeURIComponent(connection)}.loopback.pgpass`)

/** `host:port` as the gateway says it; one that listens everywhere is reached where its API is. */
export function hostAndPort(address: string, gatewayUrl: string): { host: string; port: number } {
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? []
  if (host === undefined || port === undefined) throw new GatehouseError('gateway_unreachable', `the gateway names a listener that is no address: ${address.slice(0, 100)}`, { side: 'upstream' })
  const isEverywhere = host === '' || host === '0.0.0.0' || host === '::'
  return { host: isEverywhere ? new URL(gatewayUrl).hostname.replaceAll(/[[\]]/g, '') : host, port: Number(port) }
}

const rememberedPorts = z.record(z.string(), z.number().int().min(1024).max(65_535))

async function portsOf(folder: string): Promise<Record<string, number>> {
  const text = await readPrivate(join(folder, 'ports.json'))
  return text === null ? {} : rememberedPorts.safeParse(jsonOf(text)).data ?? {}
}

async function rememberPort(folder: string, connection: string, port: number): Promise<void> {
  const ports = await portsOf(folder)
  if (ports[connection] !== port) await writePrivate(join(folder, 'ports.json'), `${JSON.stringify({ ...ports, [connection]: port })}\n`)
}

async function listenWhereBefore(folder: string, connection: string, tunnels: Tunnels): Promise<PostgresListener> {
  const openTunnel = tunnels.open
  const port = (await portsOf(folder))[connection] ?? 0
  try {
    return await openPostgresListener({ connection, port, openTunnel })
  } catch (error) {
    if (port === 0 || !(error instanceof GatehouseError) || error.code !== 'port_taken') throw error
    return openPostgresListener({ connection, port: 0, openTunnel })
  }
}
