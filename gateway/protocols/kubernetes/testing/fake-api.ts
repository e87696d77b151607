// An API server that answers as a test says, and remembers what reached it. HTTPS on loopback, HTTP/1.1.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApiServer } from '../../../testing/cluster-gateway.ts'
import { createTestCa } from '../../../testing/certificates.ts'

export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly response: ServerResponse
}

export interface FakeApi extends ApiServer {
  readonly seen: readonly SeenRequest[]
  /** Requests in a word each: `GET /api/v1/pods`. */
  lines(): readonly string[]
  forget(): void
  /** Asked of every request; the newest wins. */
  answer(how: (request: SeenRequest) => void): void
  onUpgrade(how: (request: IncomingMessage, socket: Socket) => void): void
  stop(): Promise<void>
}

export async function startFakeApi(): Promise<FakeApi> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-fake-api-'))
  const ca = createTestCa()
  const certificate = ca.issue(['127.0.0.1'])
  const [caFile, tokenFile] = [join(folder, 'ca.pem'), join(folder, 'token')]
  writeFileSync(caFile, ca.cert)
  writeFileSync(tokenFile, 'upstream-token', { mode: 0o600 })
  const seen: SeenRequest[] = []
  let how: (request: SeenRequest) => void = ({ response }) => json(response, 404, { kind: 'Status', status: 'Failure', code: 404 })
  const server = createServer({ cert: certificate.cert, key: certificate.key }, (message, response) => {
    const chunks: Buffer[] = []
    message.on('data', (chunk: Buffer) => chunks.push(chunk))
    message.on('end', () => {
      const request = { method: message.method ?? '', url: message.url ?? '', headers: message.headers, body: Buffer.concat(chunks).toString(), response }
      seen.push(request)
      how(request)
    })
  })
  const sockets = new Set<Socket>()
  server.on('secureConnection', (socket) => { sockets.add(socket); socket.once('close', () => sockets.delete(socket)); socket.on('error', () => undefined) })
  await new Promise<void>((done) => { server.listen(0, '127.0.0.1', done) })
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, caFile, tokenFile, seen,
    lines: () => seen.map(({ method, url }) => `${method} ${url}`),
    forget: () => { seen.length = 0 },
    answer: (next) => { how = next },
    onUpgrade: (next) => { server.removeAllListeners('upgrade'); server.on('upgrade', next) },
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((done) => { server.close(() => done()) })
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function json(response: ServerResponse, status: number, value: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(value))
}
