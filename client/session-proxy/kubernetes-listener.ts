// A Kubernetes API on loopback, over TLS with a certificate of its own (kubectl sends no token over plain http). It checks its
// secret, puts the current token in its place, and passes everything else on: bodies and upgrades as streams that wait for their
// slower side. Each client socket has one socket to the gateway, so the two live and end together; what is open lives on with every fresh
// token of the account. It knows nothing of policy.
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Agent, createServer, type Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex, Writable } from 'node:stream'
import { GatehouseError } from '../../shared/errors.ts'
import { kubernetesListenerIdleMs, kubernetesListenerSocketsMax, listenerHandshakeMs } from '../limits.ts'
import type { Account } from '../login/account.ts'
import { authorities, type GatewayAddress } from '../trust.ts'
import { admit } from './kubernetes-gate.ts'
import { refuse, refuseUpgrade, statusOf } from './kubernetes-refusals.ts'
import { passRequest, passUpgrade, type HeldRequest, type Upstream } from './kubernetes-pipe.ts'
import { createRenewals } from './kubernetes-renewals.ts'
import { makeOwnCertificate } from './own-certificate.ts'

export interface KubernetesListener {
  readonly host: '127.0.0.1'
  readonly port: number
  /** The server of a kubeconfig; without a path, so that `kubectl get --raw` works too. */
  readonly url: string
  /** What a client must trust: this listener's certificate and nothing else. */
  readonly caPem: string
  /** What a client gives as its bearer token; new with every listener. */
  readonly secret: string
  /** Ends what runs through it. */
  close(): Promise<void>
}

export interface KubernetesListenerOptions {
  readonly connection: string
  readonly account: Pick<Account, 'pass' | 'onToken'>
  /** Left out or 0: any free one. */
  readonly port?: number
  readonly socketsMax?: number
  /** Asked at each request: what the person says it is for. */
  readonly reason?: () => string | null
  /** A request through it waits for approval. */
  readonly onHeld?: (held: HeldRequest) => void
}

/** Rejects with port_taken or not_permitted. */
export async function openKubernetesListener(options: KubernetesListenerOptions): Promise<KubernetesListener> {
  const secret = randomBytes(32).toString('base64url')
  const { certPem, keyPem } = makeOwnCertificate()
  const server = createServer({ cert: certPem, key: keyPem, minVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'], noDelay: true, allowHalfOpen: true, handshakeTimeout: listenerHandshakeMs })
  // Headers have a deadline; a body, an answer and a watch may take as long as they take.
  Object.assign(server, { headersTimeout: listenerHandshakeMs, requestTimeout: 0, timeout: 0, keepAliveTimeout: kubernetesListenerIdleMs })
  const sockets = limitSockets(server, options.socketsMax ?? kubernetesListenerSocketsMax)
  const agents = createAgents()
  const port = await listen(server, options.port ?? 0)
  const gate = { authorities: [`127.0.0.1:${port}`, `localhost:${port}`], secret }

  const renewals = createRenewals(options.account)
  const listener = randomBytes(32).toString('base64url')

  /** `end` closes when the request is over: a kept socket goes on after its answer. */
  const upstreamOf = async (request: IncomingMessage, end: Writable): Promise<Upstream> => {
    const { address, token } = await options.account.pass()
    const known = new Set<string>()
    return {
      agent: agents.of(request.socket, address), address, token, listener, connection: options.connection, reason: options.reason?.() ?? null,
      onSession(session) {
        if (known.has(session) || end.destroyed) return
        known.add(session)
        end.once('close', renewals.hold(session, { address, token }))
      },
      onHeld: (held) => options.onHeld?.(held),
    }
  }
  server.on('request', (request, response) => {
    const refusal = admit(request, gate)
    if (refusal !== null) return refuse(response, refusal)
    upstreamOf(request, response).then((upstream) => passRequest(request, response, upstream)).catch((error: unknown) => refuse(response, statusOf(error)))
  })
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    const refusal = admit(request, gate)
    if (refusal !== null) return refuseUpgrade(socket, refusal)
    upstreamOf(request, socket).then((upstream) => passUpgrade({ request, socket, head }, upstream)).catch((error: unknown) => refuseUpgrade(socket, statusOf(error)))
  })
  return {
    host: '127.0.0.1', port, url: `https://127.0.0.1:${port}`, caPem: certPem, secret,
    async close() {
      renewals.dispose()
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
      await promise
    },
  }
}

/** Raw sockets, counted before their handshake. */
function limitSockets(server: Server, socketsMax: number): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    if (sockets.size >= socketsMax) return void socket.destroy()
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  // A client that does not speak TLS, or not to us, is no one's fault.
  server.on('tlsClientError', (_, socket) => socket.destroy())
  server.on('clientError', (_, socket) => socket.destroy())
  return sockets
}

/** One agent of one socket for each client socket; another gateway (a new sign-in) is another agent. */
function createAgents() {
  const agents = new WeakMap<Duplex, { readonly agent: Agent; readonly url: string }>()
  return {
    of(client: Socket, address: GatewayAddress): Agent {
      const known = agents.get(client)
      if (known?.url === address.url) return known.agent
      known?.agent.destroy()
      const agent = new Agent({ ca: authorities(address), keepAlive: true, maxSockets: 1, minVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'] })
      agents.set(client, { agent, url: address.url })
      client.once('close', () => agent.destroy())
      return agent
    },
  }
}

async function listen(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.on('error', (error: NodeJS.ErrnoException) => reject(error.code === 'EADDRINUSE'
    ? new GatehouseError('port_taken', `port ${port} on 127.0.0.1 is taken; choose another with --port`, { side: 'client', cause: error })
    : new GatehouseError('not_permitted', `cannot listen on 127.0.0.1:${port} (${error.code})`, { side: 'client', cause: error })))
  server.listen(port, '127.0.0.1', resolve)
  await promise
  return (server.address() as AddressInfo).port
}
