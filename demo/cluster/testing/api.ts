// A cluster of a test's own, and plain HTTPS requests to it: what a client library would hide is what is tested.
import { mkdtempSync, rmSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCluster, type Cluster } from '../cluster.ts'
import { at, type Json } from '../objects.ts'

export interface Reply { readonly code: number; readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>; readonly bytes: Buffer; readonly text: string; readonly body: Json; at(...path: readonly (string | number)[]): Json | undefined }

export interface Ask { readonly method?: string; readonly body?: Json | string; readonly type?: string; readonly headers?: Readonly<Record<string, string>>; readonly token?: string }

export interface Stream { readonly lines: readonly string[]; readonly events: readonly { readonly type: string; readonly object: Json }[]; readonly ended: Promise<void>; close(): void }

export interface TestCluster {
  readonly cluster: Cluster
  ask(path: string, options?: Ask): Promise<Reply>
  /** Lines as they come. */
  follow(path: string, headers?: Readonly<Record<string, string>>): Promise<Stream>
  overHttp2(path: string): Promise<{ readonly status: number; readonly body: string }>
  stop(): Promise<void>
}

export async function startTestCluster(): Promise<TestCluster> {
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-cluster-'))
  const cluster = await startCluster({ data, port: 0 })
  const headersOf = ({ token = cluster.token, type, headers = {}, body }: Ask) => ({ authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': type ?? 'application/json' }), ...headers })

  const ask = (path: string, options: Ask = {}): Promise<Reply> => new Promise((resolve, reject) => {
    const body = options.body === undefined ? '' : typeof options.body === 'string' ? options.body : JSON.stringify(options.body)
    // Said by ourselves: Node does not for DELETE.
    const headers = { ...headersOf(options), 'content-length': String(Buffer.byteLength(body)) }
    const sent = request(`${cluster.url}${path}`, { method: options.method ?? 'GET', ca: cluster.ca, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve(replyOf(response.statusCode ?? 0, response.headers, Buffer.concat(chunks))))
    })
    sent.on('error', reject)
    sent.end(body)
  })

  const follow = (path: string, headers = {}): Promise<Stream> => new Promise((resolve, reject) => {
    const sent = request(`${cluster.url}${path}`, { ca: cluster.ca, headers: headersOf({ headers }) }, (response) => {
      const lines: string[] = []
      let rest = ''
      response.on('data', (chunk: Buffer) => {
        const parts = (rest + chunk.toString()).split('\n')
        rest = parts.pop() ?? ''
        lines.push(...parts)
      })
      response.on('error', () => undefined)
      const ended = new Promise<void>((end) => response.once('close', end))
      resolve({ lines, get events() { return lines.map((line) => JSON.parse(line) as { type: string; object: Json }) }, ended, close: () => sent.destroy() })
    })
    sent.on('error', reject)
    sent.end()
  })

  const overHttp2 = (path: string) => new Promise<{ status: number; body: string }>((resolve, reject) => {
    const session = connectHttp2(cluster.url, { ca: cluster.ca })
    session.on('error', reject)
    const stream = session.request({ ':path': path, authorization: `Bearer ${cluster.token}` })
    let [status, body] = [0, '']
    stream.on('response', (headers) => { status = Number(headers[':status']) })
    stream.setEncoding('utf8').on('data', (text: string) => { body += text })
    stream.on('end', () => { session.close(); resolve({ status, body }) })
    stream.end()
  })

  return { cluster, ask, follow, overHttp2, stop: async () => { await cluster.stop(); rmSync(data, { recursive: true, force: true }) } }
}

function replyOf(code: number, headers: Reply['headers'], bytes: Buffer): Reply {
  const text = bytes.toString()
  const isJson = String(headers['content-type']).startsWith('application/json') && headers['content-encoding'] === undefined
  const body = isJson && text !== '' ? JSON.parse(text) as Json : null
  return { code, headers, bytes, text, body, at: (...path) => at(body, ...path) }
}

/** A pod that the API takes. */
export const podNamed = (name: string, labels: Record<string, string> = {}): Json => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec: { containers: [{ name: 'main', image: 'nginx:1.27' }] } })

export const configMapNamed = (name: string, data: Record<string, string> = {}): Json => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data })
