// An API on a loopback port with plain fakes behind it, and a client that speaks to it. For the tests of gateway/api.
import { mkdtempSync, readFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket, type ClientOptions } from 'ws'
import { tunnelProtocol } from '../../../shared/api.ts'
import type { AuditEvent } from '../../../shared/audit-event.ts'
import type { Frame } from '../../../shared/recording.ts'
import type { SessionSummary } from '../../../shared/session.ts'
import { createIdentity, type Identity } from '../../identity/identity.ts'
import { createSigner, entryWith, memoryTokenStore, type Signer } from '../../identity/testing/tokens.ts'
import { createLog } from '../../log.ts'
import { ensureOwnTls } from '../../tls/own-ca.ts'
import type { ApiContext } from '../context.ts'
import { createMetrics } from '../metrics.ts'
import { createApi, type Api } from '../server.ts'
import type { Tunnel } from '../tunnel.ts'

export interface Answer { readonly status: number; readonly headers: Readonly<Record<string, string | string[] | undefined>>; readonly text: string; readonly json: unknown }

export interface Fixture {
  readonly api: Api
  readonly port: number
  readonly ca: string
  readonly signer: Signer
  readonly identity: Identity
  readonly audited: Omit<AuditEvent, 'at'>[]
  readonly tunnels: Tunnel[]
  readonly sessions: SessionSummary[]
  readonly frames: Map<string, Frame[]>
  /** What the context does may be replaced while it runs. */
  readonly broken: { audit: Error | null; open: Error | null }
  call(method: string, path: string, options?: { readonly token?: string; readonly headers?: Record<string, string>; readonly body?: string }): Promise<Answer>
  tunnel(path: string, options?: { readonly token?: string; readonly protocol?: string | null; readonly headers?: Record<string, string> }): WebSocket
  /** The answer to an upgrade that is refused. */
  refused(path: string, options?: Parameters<Fixture['tunnel']>[1]): Promise<Answer>
  close(): Promise<void>
}

export function summary(over: Partial<SessionSummary> & { readonly id: string }): SessionSummary {
  return {
    connection: 'shop', kind: 'postgres', principal: { id: 'corp:ada', email: null, kind: 'human' }, via: 'tunnel', client: 'psql', state: 'closed',
    openedAt: '2026-11-21T00:00:00.000Z', closedAt: '2026-11-21T00:01:00.000Z', closeReason: 'done', commands: 1, refusals: 0, ...over,
  }
}

/** What a test that needs it brings by `over`. */
const absent = new Proxy({}, { get: () => () => Promise.reject(new Error('not part of this fixture')) }) as never

/** Ada has a rule on `shop`, nobody has one on `hidden`; Rita is a reviewer. */
export async function startApi(over: Partial<ApiContext> = {}): Promise<Fixture> {
  const signer = await createSigner('ES256')
  const log = createLog('silent')
  const identity = createIdentity({ entries: [entryWith({ jwks: signer.jwksFile })], store: memoryTokenStore(), log })
  const files = ensureOwnTls(mkdtempSync(join(tmpdir(), 'gatehouse-api-')))
  const ca = readFileSync(files.ca, 'utf8')
  const audited: Omit<AuditEvent, 'at'>[] = []
  const tunnels: Tunnel[] = []
  const sessions: SessionSummary[] = []
  const frames = new Map<string, Frame[]>()
  const broken: Fixture['broken'] = { audit: null, open: null }
  const connections = ['shop', 'hidden', 'sch ön/1'].map((name) => ({ name, kind: 'postgres' as const, labels: {}, database: name }))
  const hasAnyRule: ApiContext['hasAnyRule'] = (principal, { name }) => name !== 'hidden' && principal.groups.includes('analysts')
  const context: ApiContext = {
    log, version: '1.2.3', identity, connections, hasAnyRule, providers: [],
    metrics: createMetrics({ sessions: () => 0, tunnels: () => tunnels.length, isReady: () => true }),
    listeners: () => ({ postgres: '127.0.0.1:15432' }),
    isReviewer: ({ id }) => id === 'corp:rita',
    sessions: {
      async list({ principal, connection, before, limit }) {
        const found = sessions.toSorted((a, b) => (a.id < b.id ? 1 : -1)).filter((session) => (principal === undefined || session.principal.id === principal)
          && (connection === undefined || session.connection === connection) && (before === undefined || session.id < before))
        return { sessions: found.slice(0, limit), next: found.length > limit ? found[limit - 1]!.id : null }
      },
      get: async (id) => sessions.find((session) => session.id === id) ?? null,
    },
    liveSession: () => undefined,
    recordings: {
      frames: async (id, { after, limit }) => ({ frames: (frames.get(id) ?? []).filter(({ seq }) => seq > after).slice(0, limit), next: null }),
      verify: async (session) => ({ session, ok: true, frames: 1, head: '0', closed: true, problems: [] }),
    },
    audit: async (event) => { if (broken.audit !== null) throw broken.audit; audited.push(event) },
    approvals: { desk: absent, events: absent, bus: absent, notifications: absent }, preflight: absent,
    requireOpen: () => { if (broken.open !== null) throw broken.open },
    ...over,
  }
  const api = await createApi({
    context, tls: { cert: readFileSync(files.cert), key: readFileSync(files.key) },
    tunnels: { mayOpen: (principal, name) => connections.some((connection) => connection.name === name && hasAnyRule(principal, connection)), serve: (tunnel) => { tunnels.push(tunnel) } },
  })
  const { port } = await api.listen('127.0.0.1', 0)

  const call: Fixture['call'] = (method, path, { token, headers = {}, body } = {}) => new Promise((done, failed) => {
    const sent = request({ method, path, port, host: '127.0.0.1', ca, agent: false, headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers } }, (response) => {
      readAll(response).then((text) => done(answerOf(response.statusCode ?? 0, response.headers, text)), failed)
    })
    sent.on('error', failed)
    sent.end(body)
  })
  const tunnel: Fixture['tunnel'] = (path, { token, protocol = tunnelProtocol, headers = {} } = {}) => {
    const options: ClientOptions = { ca, perMessageDeflate: false, headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers } }
    return new WebSocket(`wss://127.0.0.1:${port}${path}`, protocol === null ? [] : [protocol], options)
  }
  return {
    api, port, ca, signer, identity, audited, tunnels, sessions, frames, broken, call, tunnel,
    refused: (path, options) => new Promise((done, failed) => {
      const ws = tunnel(path, options)
      ws.on('open', () => { ws.terminate(); failed(new Error('the tunnel opened')) })
      ws.on('error', failed)
      ws.on('unexpected-response', (_, response) => { readAll(response).then((text) => done(answerOf(response.statusCode ?? 0, response.headers, text)), failed) })
    }),
    async close() {
      identity.dispose()
      for (const { stream } of tunnels) stream.destroy()
      await api.close()
    },
  }
}

async function readAll(response: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function answerOf(status: number, headers: Answer['headers'], text: string): Answer {
  return { status, headers, text, json: String(headers['content-type']).includes('json') ? JSON.parse(text) as unknown : null }
}
