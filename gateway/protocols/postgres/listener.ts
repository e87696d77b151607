// The native listener: TCP on its own port, for psql and everything that speaks PostgreSQL. Accepting never waits for a client;
// who does not finish the handshake in time is dropped; beyond handshakesMax it is the one that has waited longest, so that a
// flood of silent connects does not keep out those that speak.
import { createServer, type Server, type Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import { GatehouseError } from '../../../shared/errors.ts'
import { handshakesMax } from '../../limits.ts'
import { serve, type PostgresServer } from './serve.ts'

export interface PostgresListener {
  readonly host: string
  readonly port: number
  /** Stops accepting; sessions are ended by the registry. */
  close(): Promise<void>
}

export interface ListenOptions {
  readonly server: PostgresServer
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Asked at every handshake, so that a renewed certificate serves at once. */
  readonly tls: () => SecureContext
}

/** Rejects with port_taken or not_permitted. */
export async function listenPostgres({ server, host, port, tls }: ListenOptions): Promise<PostgresListener> {
  const waiting = new Set<Socket>()
  const listener = createServer({ noDelay: true, allowHalfOpen: false }, (socket) => {
    if (waiting.size >= handshakesMax) dropOldest(waiting)
    waiting.add(socket)
    const isLoopback = /^(?:::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '')
    void serve(server, { stream: socket, peer: `${socket.remoteAddress}:${socket.remotePort}`, tls, isLoopback, tunnel: null }).finally(() => waiting.delete(socket))
  })
  await bind(listener, host, port)
  const address = listener.address() as { readonly port: number }
  return {
    host, port: address.port,
    close: () => new Promise((resolve) => {
      listener.close(() => resolve())
      for (const socket of waiting) socket.destroy()
    }),
  }
}

/** A set keeps the order of its insertions. */
function dropOldest(waiting: Set<Socket>): void {
  const [oldest] = waiting
  if (oldest === undefined) return
  waiting.delete(oldest)
  oldest.destroy()
}

function bind(listener: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') return reject(new GatehouseError('port_taken', `port ${port} on ${host} is in use; choose another in listen.postgres, or 0 for any free one`, { cause: error }))
      if (error.code === 'EACCES') return reject(new GatehouseError('not_permitted', `listening on ${host}:${port} is not permitted; ports below 1024 need a right`, { cause: error }))
      reject(error)
    })
    // Beyond the backlog the kernel drops connects, which then come a second later: a flood must not do that to others.
    listener.listen({ port, host, backlog: handshakesMax }, () => resolve())
  })
}
