// The API server of the bench, a process of its own: a log and a watch that go on as fast as they are read, from bytes made once.
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

/** Events of a pod as kubectl and controllers watch them, some 2.5 kB each. */
function eventChunks(): { readonly bytes: Buffer; readonly events: number }[] {
  const environment = Array.from({ length: 12 }, (_, at) => ({ name: `SETTING_${at}`, value: `value-${at}` }))
  const event = (at: number): string => `${JSON.stringify({
    type: 'MODIFIED', object: {
      kind: 'Pod', apiVersion: 'v1', metadata: { name: `web-${at}`, namespace: 'shop', uid: `uid-${at}`, resourceVersion: String(100_000 + at), labels: { app: 'web', tier: 'front' }, annotations: { 'example.com/note': 'made for the bench' } },
      spec: { nodeName: `node-${at % 50}`, containers: [{ name: 'web', image: 'registry.example.com/shop/web:1.2.3', env: environment, ports: [{ containerPort: 8080 }], resources: { requests: { cpu: '100m', memory: '128Mi' } } }] },
      status: { phase: 'Running', podIP: `10.1.${at % 250}.${at % 199}`, conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({ type, status: 'True', lastTransitionTime: '2026-11-21T09:00:00Z' })), containerStatuses: [{ name: 'web', ready: true, restartCount: at % 5, image: 'registry.example.com/shop/web:1.2.3', state: { running: { startedAt: '2026-11-21T09:00:00Z' } } }] },
    },
  })}\n`
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
const [logs, events] = [logChunks(), eventChunks().map(({ bytes }) => bytes)]
const server = createServer({ cert: certificate.cert, key: certificate.key }, (request, response) => {
  const isLog = request.url?.includes('/log') === true
  response.writeHead(200, { 'content-type': isLog ? 'text/plain' : 'application/json' })
  flood(response, isLog ? logs : events)
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ ready: true, port: (server.address() as AddressInfo).port, caFile, tokenFile, token: 'bench-token' })}\n`))
process.stdin.resume().on('end', () => {
  rmSync(folder, { recursive: true, force: true })
  process.exit(0)
})
