// The API server of the bench, a process of its own: a log and a watch that go on as fast as they are read, a long
// list and a small object, from bytes made once.
// Says its port, its CA and its token on one line of JSON, and ends with its parent's pipe.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestCa } from '../../gateway/testing/certificates.ts'

const chunkBytes = 64 * 1024

/** Lines as services write them, none alike. */
function logChunks(): Buffer[] {
  return Array.from({ length: 64 }, (_, chunk) => {
    let text = ''
    for (let line = 0; text.length < chunkBytes; line++) text += `2026-11-21T10:00:${String(line % 60).padStart(2, '0')}.${chunk}Z info request method=GET path=/v1/orders/${chunk * 1_000 + line} status=200 ms=${line % 97} user=u${line % 991} trace=${(chunk * 7_919 + line).toString(16)}\n`
    return Buffer.from(text)
  })
}

const environment = Array.from({ length: 12 }, (_, at) => ({ name: `SETTING_${at}`, value: `value-${at}` }))

const pod = (at: number) => ({
  kind: 'Pod', apiVersion: 'v1', metadata: { name: `web-${at}`, namespace: 'shop', uid: `uid-${at}`, resourceVersion: String(100_000 + at), labels: { app: 'web', tier: 'front' }, annotations: { 'example.com/note': 'made for the bench' } },
  spec: { nodeName: `node-${at % 50}`, containers: [{ name: 'web', image: 'registry.example.com/shop/web:1.2.3', env: environment, ports: [{ containerPort: 8080 }], resources: { requests: { cpu: '100m', memory: '128Mi' } } }] },
  status: { phase: 'Running', podIP: `10.1.${at % 250}.${at % 199}`, conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({ type, status: 'True', lastTransitionTime: '2026-11-21T09:00:00Z' })), containerStatuses: [{ name: 'web', ready: true, restartCount: at % 5, image: 'registry.example.com/shop/web:1.2.3', state: { running: { startedAt: '2026-11-21T09:00:00Z' } } }] },
})

/** Of all pods of a large cluster, some 20 MB. */
function list(): Buffer {
  const one = JSON.stringify(pod(0)).length
  return Buffer.from(JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '100000' }, items: Array.from({ length: Math.ceil(listBytes / one) }, (_, at) => pod(at)) }))
}
const listBytes = 20 * 1024 * 1024

const small = Buffer.from(JSON.stringify({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'small', namespace: 'shop', uid: 'uid', resourceVersion: '1' }, data: { greeting: 'hello' } }))

/** Events of a pod as kubectl and controllers watch them, some 1.5 kB each. */
function eventChunks(): { readonly bytes: Buffer; readonly events: number }[] {
  const event = (at: number): string => `${JSON.stringify({ type: 'MODIFIED', object: pod(at) })}\n`
  return Array.from({ length: 64 }, (_, chunk) => ({ bytes: Buffer.from(Array.from({ length: 24 }, (__, at) => event(chunk * 24 + at)).join('')), events: 24 }))
}

function flood(response: ServerResponse, chunks: readonly Buffer[]): void {
  let at = 0
  const go = () => {
    while (!response.destroyed && response.write(chunks[at++ % chunks.length]!));
  }
  response.on('drain', go)
  go()
}

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-api-'))
const ca = createTestCa()
const certificate = ca.issue(['127.0.0.1'])
const [caFile, tokenFile] = [join(folder, 'ca.pem'), join(folder, 'token')]
writeFileSync(caFile, ca.cert)
writeFileSync(tokenFile, 'bench-token', { mode: 0o600 })
const [logs, events, pods] = [logChunks(), eventChunks().map(({ bytes }) => bytes), list()]
const server = createServer({ cert: certificate.cert, key: certificate.key }, (request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'https://api')
  const whole = pathname === '/api/v1/pods' ? pods : pathname.endsWith('/configmaps/small') ? small : null
  if (whole !== null) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': whole.length })
    return void response.end(whole)
  }
  const isLog = pathname.endsWith('/log')
  response.writeHead(200, { 'content-type': isLog ? 'text/plain' : 'application/json' })
  flood(response, isLog ? logs : events)
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ ready: true, port: (server.address() as AddressInfo).port, caFile, tokenFile, token: 'bench-token' })}\n`))
process.stdin.resume().on('end', () => {
  rmSync(folder, { recursive: true, force: true })
  process.exit(0)
})
