// A world for attacks: a whole gateway before an API server that answers as a test says, people of several groups, and everything that any
// of them heard, or that the gateway kept, to be searched for what must not be there.
import { readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { vi } from 'vitest'
import { routes } from '../../../../shared/api.ts'
import type { ApprovalSummary } from '../../../../shared/approval.ts'
import { callApi, exchanged, type ApiAnswer } from '../../../testing/api.ts'
import { startKubernetesGateway, type KubernetesGateway, type KubernetesGatewayOptions } from '../../../testing/cluster-gateway.ts'
import { startFakeApi, type FakeApi } from './fake-api.ts'

export interface Answer { readonly status: number; readonly headers: IncomingMessage['headers']; readonly text: string; readonly json: Record<string, unknown> }
export interface Ask {
  readonly who?: string
  readonly method?: string
  readonly body?: unknown
  readonly type?: string
  readonly headers?: Record<string, string | string[]>
  readonly signal?: AbortSignal
  /** Of a 103. */
  readonly onEarly?: (headers: IncomingMessage['headers']) => void
}

export interface Attackers {
  token(who: string): string
  /** Makes somebody; their gateway session token. */
  join(who: string, groups: readonly string[], expiresInSeconds?: number): Promise<string>
  open(path: string, how?: Ask): Promise<IncomingMessage>
  ask(path: string, how?: Ask): Promise<Answer>
  /** A TLS socket to the gateway that has sent this; `{token}` in it stands for eli's. All that comes back, when it ends or has been quiet. */
  raw(text: string | Buffer, how?: { readonly quietMs?: number; readonly who?: string }): Promise<string>
  socket(): Promise<TLSSocket>
  call(who: string, method: string, path: string, body?: unknown): Promise<ApiAnswer>
  opened(part: string): Promise<ApprovalSummary>
  recordOf(who: string): Promise<string>
  /** Every byte a client heard so far. */
  heard(): Buffer
  /** Every byte that the gateway keeps: record and store. */
  kept(): Buffer
  stop(): Promise<void>
}

export interface AttackWorld extends Attackers { readonly api: FakeApi; readonly gateway: KubernetesGateway }

/** Who is in which groups, unless a test says otherwise. */
export const people: Readonly<Record<string, readonly string[]>> = { eli: ['engineers'], pia: ['privacy'], otto: ['on-call', 'reviewers'], bo: ['engineers', 'on-call'], rita: ['readers'] }

export async function startAttackWorld(options: KubernetesGatewayOptions): Promise<AttackWorld> {
  const api = await startFakeApi()
  const gateway = await startKubernetesGateway(api, options)
  const attackers = await attackersOf(gateway)
  return {
    ...attackers, api, gateway,
    async stop() {
      await attackers.stop()
      await api.stop()
    },
  }
}

/** They stop the gateway, too. */
export async function attackersOf(gateway: KubernetesGateway): Promise<Attackers> {
  const address = { api: gateway.api, ca: gateway.caFile }
  const tokens = new Map<string, string>()
  const heard: Buffer[] = []
  const agent = new Agent({ keepAlive: true, ca: gateway.ca, maxSockets: 64 })
  const token = (who: string): string => tokens.get(who) ?? who
  const join = async (who: string, groups: readonly string[], expiresInSeconds?: number): Promise<string> => {
    const made = await exchanged(address, await gateway.token({ sub: who, groups, email: `${who}@example.com`, ...(expiresInSeconds !== undefined && { expiresInSeconds }) }))
    tokens.set(who, made)
    return made
  }
  await Promise.all(Object.entries(people).map(([who, groups]) => join(who, groups)))
  const socket = async (): Promise<TLSSocket> => {
    const { hostname, port } = new URL(gateway.api)
    const one = connectTls({ host: hostname, port: Number(port), ca: gateway.ca })
    one.on('error', () => undefined).on('data', (chunk: Buffer) => void heard.push(chunk))
    await new Promise<void>((done, failed) => { one.once('secureConnect', done); one.once('error', failed) })
    return one
  }
  const open = (path: string, { who = 'eli', method = 'GET', body, type = 'application/json', headers = {}, signal, onEarly }: Ask = {}): Promise<IncomingMessage> => {
    const content = body === undefined ? undefined : typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
    return new Promise((done, failed) => {
      const sent = httpsRequest(`${gateway.api}/k8s/cluster${path}`, { method, agent, ...(signal !== undefined && { signal }), headers: { authorization: `Bearer ${token(who)}`, ...(content !== undefined && { 'content-type': type, 'content-length': Buffer.byteLength(content) }), ...headers } }, (response) => {
        heard.push(Buffer.from(response.rawHeaders.join('\n'), 'latin1'))
        response.on('data', (chunk: Buffer) => void heard.push(chunk))
        response.pause()
        done(response)
      })
      sent.on('error', failed)
      if (onEarly !== undefined) sent.on('information', (early) => onEarly(early.headers))
      sent.end(content)
    })
  }
  const call = (who: string, method: string, path: string, body?: unknown) => callApi(address, method, path, token(who), body)
  return {
    token, join, open, socket, call,
    async ask(path, how = {}) {
      const response = await open(path, how)
      const chunks: Buffer[] = []
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
      const text = Buffer.concat(chunks).toString()
      return { status: response.statusCode ?? 0, headers: response.headers, text, json: jsonOf(text) }
    },
    async raw(text, { quietMs = 300, who = 'eli' } = {}) {
      const one = await socket()
      const chunks: Buffer[] = []
      const ended = new Promise<void>((done) => {
        let quiet = setTimeout(done, 5_000)
        one.on('data', (chunk: Buffer) => { chunks.push(chunk); clearTimeout(quiet); quiet = setTimeout(done, quietMs) }).on('close', () => { clearTimeout(quiet); done() })
      })
      one.write(typeof text === 'string' ? Buffer.from(text.replaceAll('{token}', token(who)), 'latin1') : text)
      await ended
      one.destroy()
      return Buffer.concat(chunks).toString('latin1')
    },
    opened: (part) => vi.waitFor(async () => {
      const { approvals } = routes.approvals.output.parse((await call('otto', 'GET', '/v1/approvals?filter=open')).json)
      const found = approvals.find(({ subject }) => subject.kind === 'command' && subject.recorded.includes(part))
      if (found === undefined) throw new Error(`nothing with ${part} is open yet`)
      return found
    }, { timeout: 10_000, interval: 50 }),
    recordOf: async (who) => {
      const { sessions } = routes.sessions.output.parse((await call('otto', 'GET', '/v1/sessions')).json)
      const own = sessions.filter(({ principal }) => principal.id === `test:${who}`)
      const texts = await Promise.all(own.map(async ({ id }) => {
        const { frames } = (await call('otto', 'GET', `/v1/sessions/${id}/frames`)).json as { frames: { data: { type: string; value?: unknown; base64?: string } }[] }
        return frames.map(({ data }) => (data.type === 'json' ? JSON.stringify(data.value) : Buffer.from(data.base64!, 'base64').toString())).join('\n')
      }))
      return texts.join('\n')
    },
    heard: () => Buffer.concat(heard),
    kept: () => Buffer.concat(filesBelow(gateway.folder).filter((file) => !/\.pem$|policies|jwks/.test(file)).map((file) => readFileSync(file))),
    async stop() {
      agent.destroy()
      await gateway.stop()
    },
  }
}

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))

function jsonOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}

/** A value as an attacker may have turned it: as it is, reversed, in hexadecimal, in base64 at each of its three alignments; any case. */
export function spellings(value: string): readonly string[] {
  const base64 = [0, 1, 2].map((skip) => Buffer.from('x'.repeat(skip) + value).toString('base64').replace(/=+$/, '').slice(Math.ceil(skip * 4 / 3), -2))
  return [value, [...value].toReversed().join(''), Buffer.from(value).toString('hex'), ...base64, encodeURIComponent(value)].map((one) => one.toLowerCase())
}

/** Where any spelling of the value stands, with some of what is around it; null: nowhere. */
export function found(value: string, bytes: Buffer): string | null {
  const text = bytes.toString('latin1').toLowerCase()
  const spelling = spellings(value).find((one) => text.includes(one))
  if (spelling === undefined) return null
  const at = text.indexOf(spelling)
  return text.slice(Math.max(0, at - 100), at + spelling.length + 40)
}
