import { createSecureServer, type Http2SecureServer } from 'node:http2'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { Secret } from '../../credentials/secret.ts'
import type { KubernetesTarget } from '../../pipeline/target.ts'
import { createTestCa } from '../../testing/certificates.ts'
import { Upstream, type UpstreamAnswer } from './upstream.ts'

const ca = createTestCa()
const certificate = ca.issue(['127.0.0.1'])
const running: { close(): unknown }[] = []
const upstreams: Upstream[] = []

afterEach(() => {
  for (const upstream of upstreams.splice(0)) upstream.dispose()
  for (const server of running.splice(0)) server.close()
})

interface Seen { readonly method: string | undefined; readonly url: string | undefined; readonly version: string; readonly authorization: string | undefined; readonly port: number | undefined; readonly body: string }

/** Answers with what it was asked; `/slow` never ends, `/cut` breaks off, `/stale` on a connection that was used before. */
async function apiServer(kind: 'http1' | 'http2'): Promise<{ readonly port: number; readonly seen: Seen[] }> {
  const seen: Seen[] = []
  const used = new Set<object>()
  const options = { cert: certificate.cert, key: certificate.key }
  const server: Server | Http2SecureServer = kind === 'http1' ? createServer(options) : createSecureServer(options)
  ;(server as Server).on('request', (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      seen.push({ method: request.method, url: request.url, version: request.httpVersion, authorization: request.headers.authorization, port: request.socket.remotePort, body: Buffer.concat(chunks).toString() })
      if (request.url === '/base/cut' || (request.url === '/base/stale' && used.has(request.socket))) return void request.socket.destroy()
      used.add(request.socket)
      response.writeHead(200, { 'content-type': 'application/json', 'x-twice': ['a', 'b'] })
      response.write('{"ok":')
      if (request.url !== '/base/slow') response.end('true}')
    })
  })
  running.push(server)
  await new Promise<void>((done) => { server.listen(0, '127.0.0.1', done) })
  return { port: (server.address() as AddressInfo).port, seen }
}

function upstreamTo(port: number, changes: Partial<KubernetesTarget> = {}): Upstream {
  const upstream = new Upstream({
    summary: { name: 'cluster', kind: 'kubernetes', labels: {} }, server: new URL(`https://127.0.0.1:${port}/base`), ca: ca.cert, serverName: null,
    token: () => new Secret('upstream-token'), certificate: null, impersonate: null, ...changes,
  })
  upstreams.push(upstream)
  return upstream
}

async function textOf({ body }: UpstreamAnswer): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const ask = (target: string, changes: { readonly method?: string; readonly body?: Buffer; readonly signal?: AbortSignal } = {}) =>
  ({ method: 'GET', target, headers: { accept: 'application/json' }, body: null, signal: new AbortController().signal, ...changes })

test.each(['http1', 'http2'] as const)('over %s: base path, credential, body and repeated headers; one connection for all', async (kind) => {
  const { port, seen } = await apiServer(kind)
  const upstream = upstreamTo(port)
  const answer = await upstream.request(ask('/api/v1/pods?limit=5'))
  expect([answer.status, await textOf(answer)]).toEqual([200, '{"ok":true}'])
  const twice = answer.rawHeaders.filter((_, at, all) => at % 2 === 1 && all[at - 1]!.toLowerCase() === 'x-twice')
  expect(twice.join(', ')).toBe('a, b')
  await textOf(await upstream.request(ask('/api/v1/pods', { method: 'POST', body: Buffer.from('{"kind":"Pod"}') })))
  expect(seen).toEqual([
    { method: 'GET', url: '/base/api/v1/pods?limit=5', version: kind === 'http1' ? '1.1' : '2.0', authorization: 'Bearer upstream-token', port: seen[0]!.port, body: '' },
    { method: 'POST', url: '/base/api/v1/pods', version: kind === 'http1' ? '1.1' : '2.0', authorization: 'Bearer upstream-token', port: seen[0]!.port, body: '{"kind":"Pod"}' },
  ])
})

test.each(['http1', 'http2'] as const)('over %s: a client that goes ends what it asked for, before the answer and within it', async (kind) => {
  const { port } = await apiServer(kind)
  const upstream = upstreamTo(port)
  const gone = new AbortController()
  const answer = await upstream.request(ask('/slow', { signal: gone.signal }))
  gone.abort(new Error('gone'))
  await new Promise<void>((done) => { answer.body.once('close', done); answer.body.on('error', () => undefined) })
  expect(answer.body.destroyed).toBe(true)
  await expect(upstream.request(ask('/slow', { signal: AbortSignal.abort(new Error('gone before')) }))).rejects.toThrow('gone before')
})

test.each(['http1', 'http2'] as const)('over %s: a server that breaks off is said to be lost, and the next request finds a new connection', async (kind) => {
  const { port } = await apiServer(kind)
  const upstream = upstreamTo(port)
  await expect(upstream.request(ask('/cut'))).rejects.toMatchObject({ code: 'upstream_lost' })
  expect(await textOf(await upstream.request(ask('/again')))).toBe('{"ok":true}')
})

test('over http1: a read that met the end of a kept connection is asked once more, a write is not', async () => {
  const { port, seen } = await apiServer('http1')
  const upstream = upstreamTo(port)
  await textOf(await upstream.request(ask('/first')))
  expect(await textOf(await upstream.request(ask('/stale')))).toBe('{"ok":true}')
  await expect(upstream.request(ask('/stale', { method: 'POST', body: Buffer.from('{}') }))).rejects.toMatchObject({ code: 'upstream_lost' })
  expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /base/first', 'GET /base/stale', 'GET /base/stale', 'POST /base/stale'])
  await expect(upstream.request(ask('/cut'))).rejects.toMatchObject({ code: 'upstream_lost' })
})

test('two sessions share no connection', async () => {
  const { port, seen } = await apiServer('http1')
  await textOf(await upstreamTo(port).request(ask('/a')))
  await textOf(await upstreamTo(port).request(ask('/b')))
  expect(seen[0]!.port).not.toBe(seen[1]!.port)
})

test('no credential goes to a server whose certificate is not of the CA, or is another host\'s', async () => {
  const { port, seen } = await apiServer('http2')
  await expect(upstreamTo(port, { ca: null }).request(ask('/a'))).rejects.toMatchObject({ code: 'upstream_unreachable' })
  await expect(upstreamTo(port, { serverName: 'other.example' }).request(ask('/a'))).rejects.toMatchObject({ code: 'upstream_unreachable' })
  expect(seen).toEqual([])
})

test('a port where nobody listens is said to be out of reach', async () => {
  await expect(upstreamTo(1).request(ask('/a'))).rejects.toMatchObject({ code: 'upstream_unreachable', message: expect.stringContaining('cluster cannot be reached') as string })
})
