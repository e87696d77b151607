// For tests: an API server with one pod whose containers are this machine's programs, so that real kubectl runs, copies and forwards
// through real streams; and a door before it that relays them. Loopback, TLS, any token.
import { spawn } from 'node:child_process'
import { createServer, request as httpsRequest } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { echoPort } from '../../../../../demo/cluster/streams/echo-port.ts'
import { serveStreams } from '../../../../../demo/cluster/streams/serve.ts'
import type { RunShell } from '../../../../../demo/cluster/streams/types.ts'
import type { Scanner } from '../../../../masking/scanner.ts'
import { createTestCa, type TestCa } from '../../../../testing/certificates.ts'
import type { StreamUseName } from '../../codec/channels.ts'
import type { Upgrade } from '../../upgrade.ts'
import { relayStreams } from '../relay.ts'
import type { Relay, StreamObserver } from '../types.ts'
import { readUpgradeAnswer } from '../upgrade-answer.ts'

export interface PodApi { readonly url: string; readonly port: number; readonly ca: TestCa; stop(): Promise<void> }

const discovery: Readonly<Record<string, unknown>> = {
  '/version': { major: '1', minor: '30', gitVersion: 'v1.30.0' },
  '/api': { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
  '/api/v1': { kind: 'APIResourceList', groupVersion: 'v1', resources: [{ name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs: ['get', 'list', 'watch'] }] },
  '/api/v1/namespaces/default/pods/web': {
    kind: 'Pod', apiVersion: 'v1', metadata: { name: 'web', namespace: 'default', uid: '1' },
    spec: { containers: [{ name: 'main', image: 'x', stdin: true, tty: true, ports: [{ containerPort: 8080 }] }] }, status: { phase: 'Running' },
  },
}

export async function startPodApi(): Promise<PodApi> {
  return listen((request, response) => {
    const found = discovery[new URL(request.url ?? '/', 'https://x').pathname]
    const body = JSON.stringify(found ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404, message: 'not found' })
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(body)
  }, (request, socket, head) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://x')
    const kind = useOf(pathname)
    const has = (name: string) => searchParams.get(name) === 'true' || searchParams.get(name) === '1'
    void serveStreams(socket, head, request, kind === 'portforward'
      ? { kind, ports: [], open: (port) => (port === 8080 ? echoPort('the pod web') : null) }
      : { kind, argv: kind === 'attach' ? ['cat'] : searchParams.getAll('command'), tty: has('tty'), stdin: has('stdin'), stdout: has('stdout'), stderr: has('stderr'), run: runProgram })
  })
}

export const useOf = (path: string): StreamUseName => path.split('/').at(-1) as StreamUseName

/** A program of this machine; `script` gives it a terminal. */
const runProgram: RunShell = ({ argv, tty, stdin, stdout, stderr, signal }) => new Promise((resolve, reject) => {
  const words = tty ? ['script', '-qefc', argv.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' '), '/dev/null'] : argv
  const child = spawn(words[0]!, words.slice(1), { signal })
  child.stdin.on('error', () => undefined)
  stdin.pipe(child.stdin)
  child.stdout.pipe(stdout, { end: false })
  child.stderr.pipe(stderr, { end: false })
  child.once('error', reject).once('close', (code) => resolve(code ?? 137))
})

export interface DoorOptions {
  readonly api: PodApi
  readonly observe: StreamObserver
  readonly clientScanner?: Scanner | null
  readonly recordScanner?: Scanner | null
  readonly objectionToPort?: (port: number) => string | null
  readonly onRelay?: (relay: Relay) => void
}

/** Passes requests on, and relays streams. */
export async function startDoor(options: DoorOptions): Promise<PodApi> {
  const upstream = { host: '127.0.0.1', port: options.api.port, ca: options.api.ca.cert }
  return listen((request, response) => {
    const asked = httpsRequest({ ...upstream, method: request.method, path: request.url, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    request.pipe(asked)
  }, (request, socket, head) => {
    relayed(options, request, { socket, head }).catch(() => socket.destroy())
  })
}

async function relayed({ api, observe, clientScanner = null, recordScanner = null, objectionToPort = () => null, onRelay }: DoorOptions, request: IncomingMessage, { socket, head }: { readonly socket: Socket; readonly head: Buffer }): Promise<void> {
  const upgrade = upgradeOfRequest(request)
  const upstream = connectTls({ host: '127.0.0.1', port: api.port, ca: api.ca.cert })
  upstream.on('error', () => undefined)
  const lines = upgrade.headers.map(([name, value]) => `${name}: ${value}`)
  upstream.write([`${request.method} ${request.url} HTTP/1.1`, 'Host: localhost', ...lines, '', ''].join('\r\n'))
  const answer = await readUpgradeAnswer(upstream, { upgrade })
  if (answer.kind !== 'upgraded') throw new Error(`refused: ${answer.status}`)
  socket.write(answer.forClient)
  const { searchParams } = new URL(request.url ?? '/', 'https://x')
  const relay = relayStreams({
    client: socket, clientHead: head, upstream, upstreamHead: answer.head, protocol: upgrade.protocol, subprotocol: answer.subprotocol, use: upgrade.use,
    tty: searchParams.get('tty') === 'true', stdin: searchParams.get('stdin') === 'true', observe, clientScanner, recordScanner, objectionToPort,
  })
  onRelay?.(relay)
  await relay.ended
}

function upgradeOfRequest({ headers, url = '/' }: IncomingMessage): Upgrade {
  const use = useOf(new URL(url, 'https://x').pathname)
  const protocol = headers.upgrade?.toLowerCase() === 'websocket' ? 'websocket' : 'spdy'
  const offered = headers[protocol === 'spdy' ? 'x-stream-protocol-version' : 'sec-websocket-protocol']
  const subprotocols = String(offered).split(',').map((each) => each.trim())
  const own: readonly (readonly [string, string])[] = protocol === 'spdy'
    ? [['upgrade', 'SPDY/3.1'], ['x-stream-protocol-version', subprotocols.join(', ')]]
    : [['upgrade', 'websocket'], ['sec-websocket-version', '13'], ['sec-websocket-key', headers['sec-websocket-key'] ?? ''], ['sec-websocket-protocol', subprotocols.join(', ')]]
  return { kind: 'upgrade', protocol, use, subprotocols, headers: [['connection', 'Upgrade'], ...own] }
}

async function listen(onRequest: (request: IncomingMessage, response: ServerResponse) => void, onUpgrade: (request: IncomingMessage, socket: Socket, head: Buffer) => void): Promise<PodApi> {
  const ca = createTestCa()
  const { cert, key } = ca.issue(['localhost', '127.0.0.1'])
  const server = createServer({ cert, key }, onRequest)
  const sockets = new Set<Socket>()
  server.on('secureConnection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (request, socket, head) => onUpgrade(request, socket as Socket, head))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `https://127.0.0.1:${port}`, port, ca,
    stop: () => new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    }),
  }
}
