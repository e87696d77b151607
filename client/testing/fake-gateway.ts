// A gateway for tests: the API and the tunnel over real TLS and WebSocket, with tokens that are strings in a map. It decides
// nothing and can be made to misbehave.
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createWebSocketStream, WebSocketServer, type WebSocket } from 'ws'
import type { Duplex } from 'node:stream'

const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name)
export const testCa = fixture('ca.pem')

export interface FakeTunnel {
  readonly socket: WebSocket
  readonly connection: string
  readonly token: string
  /** Text frames that came. */
  readonly controls: string[]
}

export interface FakeGateway {
  readonly url: string
  readonly ca: string
  /** Bearer → what it stands for. `jwt-…` are exchanged, `gh_…` are session tokens. */
  readonly tokens: Map<string, { readonly subject: string; expiresAt: number }>
  readonly requests: string[]
  readonly tunnels: FakeTunnel[]
  exchanges: number
  /** Of sessions, with a token that is good. */
  readonly renewals: { readonly session: string; readonly token: string }[]
  /** Life of the tokens it gives. */
  lifeMs: number
  /** Answers before the routes do; true: it has answered. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean) | null
  providers: unknown[]
  postgres: string | null
  connections: string[]
  /** Connections of kind kubernetes. */
  clusters: string[]
  /** Their requests and upgrades, with the token already found good. */
  kubernetes: ((request: IncomingMessage, response: ServerResponse) => void) | null
  kubernetesUpgrade: ((request: IncomingMessage, socket: Duplex, head: Buffer) => void) | null
  close(): Promise<void>
}

export interface FakeGatewayOptions {
  /** The far end of a tunnel; without one the tunnel is left to the test. */
  readonly serve?: (stream: Duplex, tunnel: FakeTunnel) => void
  readonly port?: number
}

export async function startFakeGateway({ serve, port = 0 }: FakeGatewayOptions = {}): Promise<FakeGateway> {
  const server = createServer({ cert: readFileSync(fixture('cert.pem')), key: readFileSync(fixture('key.pem')), allowHalfOpen: true })
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 256 * 1024 })
  const raw = new Set<Duplex>()
  server.on('connection', (socket: Duplex) => { raw.add(socket); socket.once('close', () => raw.delete(socket)) })
  await new Promise<void>((resolve) => { server.listen(port, '127.0.0.1', resolve) })
  const gateway: FakeGateway = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, ca: testCa,
    tokens: new Map(), requests: [], tunnels: [], exchanges: 0, renewals: [], lifeMs: 15 * 60_000, intercept: null,
    providers: [], postgres: null, connections: ['shop'], clusters: [], kubernetes: null, kubernetesUpgrade: null,
    async close() {
      for (const client of sockets.clients) client.terminate()
      server.closeAllConnections()
      for (const socket of raw) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }

  server.on('request', (request, response) => {
    gateway.requests.push(`${request.method} ${request.url}`)
    if (gateway.intercept?.(request, response) === true) return
    route(gateway, request, response)
  })
  server.on('upgrade', (request, socket, head) => {
    const [, connection = ''] = /^\/v1\/connections\/([^/]+)\/tunnel$/.exec(request.url ?? '') ?? []
    const token = bearerOf(request)
    if (request.url?.startsWith('/k8s/') && gateway.kubernetesUpgrade !== null && isGood(gateway, token)) return gateway.kubernetesUpgrade(request, socket, head)
    const failure = !isGood(gateway, token) ? ['token_invalid', 401] as const : !gateway.connections.includes(connection) ? ['connection_unknown', 404] as const : null
    if (failure !== null) {
      const body = problem(failure[0], failure[1])
      return void socket.end(`HTTP/1.1 ${failure[1]} No\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`)
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const tunnel: FakeTunnel = { socket: ws, connection, token, controls: [] }
      gateway.tunnels.push(tunnel)
      ws.on('error', () => ws.terminate())
      ws.on('message', (data: Buffer, isBinary) => { if (!isBinary) tunnel.controls.push(data.toString('utf8')) })
      serve?.(binaryStream(ws), tunnel)
    })
  })
  return gateway
}

/** Binary frames as a stream: text frames are taken out before `ws` would mix them in. */
function binaryStream(ws: WebSocket): Duplex {
  const stream = createWebSocketStream(ws)
  const [forward] = ws.listeners('message').slice(-1) as [(data: Buffer, isBinary: boolean) => void]
  ws.off('message', forward)
  ws.on('message', (data: Buffer, isBinary: boolean) => { if (isBinary) forward.call(ws, data, isBinary) })
  return stream
}

const bearerOf = (request: IncomingMessage) => (request.headers.authorization ?? '').replace(/^Bearer /, '')
const isGood = (gateway: FakeGateway, token: string) => (gateway.tokens.get(token)?.expiresAt ?? 0) > Date.now()
export const problem = (code: string, status: number, detail = `refused: ${code}`) => JSON.stringify({ type: 'about:blank', title: code, status, code, detail })
const principalOf = (subject: string) => ({ id: `corp:${subject}`, provider: 'corp', subject, kind: 'human', email: `${subject}@example.com`, groups: ['analysts'] })

function route(gateway: FakeGateway, request: IncomingMessage, response: ServerResponse): void {
  const path = new URL(request.url ?? '/', gateway.url).pathname
  const send = (body: unknown, status = 200) => { response.writeHead(status, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body)) }
  if (path === '/v1/info') return send({ name: 'gatehouse', version: '1', providers: gateway.providers, listeners: { postgres: gateway.postgres } })
  const token = bearerOf(request)
  if (!isGood(gateway, token)) return send(problem('token_invalid', 401), 401)
  if (path.startsWith('/k8s/') && gateway.kubernetes !== null) return gateway.kubernetes(request, response)
  const { subject, expiresAt } = gateway.tokens.get(token)!
  if (path === '/v1/tokens' && request.method === 'POST') {
    const fresh = { token: `gh_${++gateway.exchanges}_${subject}`, expiresAt: Date.now() + gateway.lifeMs }
    gateway.tokens.set(fresh.token, { subject, expiresAt: fresh.expiresAt })
    return send({ token: fresh.token, expiresAt: new Date(fresh.expiresAt).toISOString(), principal: principalOf(subject) })
  }
  if (path === '/v1/tokens/current' && request.method === 'DELETE') {
    gateway.tokens.delete(token)
    return send({})
  }
  if (path === '/v1/whoami') return send({ principal: principalOf(subject), expiresAt: new Date(expiresAt).toISOString() })
  if (path === '/v1/connections') return send({ connections: [...gateway.connections.map((name) => ({ name, kind: 'postgres', labels: {}, database: name })), ...gateway.clusters.map((name) => ({ name, kind: 'kubernetes', labels: {} }))] })
  const renewed = /^\/v1\/sessions\/([^/]+)\/renewal$/.exec(path)?.[1]
  if (renewed !== undefined && request.method === 'POST') {
    gateway.renewals.push({ session: renewed, token })
    return send({ expiresAt: new Date(expiresAt).toISOString() })
  }
  if (path === '/v1/sessions') return send({ sessions: [], next: null })
  send(problem('not_found', 404), 404)
}
