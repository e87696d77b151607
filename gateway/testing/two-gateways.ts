// Two whole gateways on one PostgreSQL store, with the issuers an attacker may have tokens of: two of humans, one entry of the same
// issuer under another name, CI and agents. What they start, they stop.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { Client } from 'pg'
import { pino } from 'pino'
import { vi } from 'vitest'
import { routes } from '../../shared/api.ts'
import type { ApprovalSummary } from '../../shared/approval.ts'
import { startGateway, type Gateway } from '../main.ts'
import { callApi, exchanged, type ApiAddress, type ApiAnswer } from './api.ts'
import { testIssuer, writeGatewayConfig } from './gateway.ts'
import type { DatabaseAddress } from './real-postgres.ts'

/** Of an identity entry: its name stands before the subject in every id. */
export type Issuer = 'test' | 'twin' | 'other' | 'ci' | 'agents'

const issuers: Readonly<Record<Issuer, { readonly issuer: string; readonly audience: string; readonly kind: string }>> = {
  test: { issuer: testIssuer, audience: 'gatehouse', kind: 'human' },
  twin: { issuer: testIssuer, audience: 'gatehouse-twin', kind: 'human' },
  other: { issuer: 'https://other.test', audience: 'gatehouse', kind: 'human' },
  ci: { issuer: 'https://ci.test', audience: 'gatehouse', kind: 'ci' },
  agents: { issuer: 'https://agents.test', audience: 'gatehouse', kind: 'agent' },
}

export interface Claimant {
  readonly sub: string
  readonly issuer?: Issuer
  readonly groups?: readonly string[]
  readonly email?: string
  readonly claims?: Readonly<Record<string, unknown>>
  /** Seconds of now that the token was issued before. */
  readonly agoSeconds?: number
}

export interface At extends ApiAddress { readonly host: string; readonly port: number }

export interface TwoGateways {
  readonly folder: string
  readonly one: At
  readonly two: At
  /** Everything both of them logged. */
  logged(): string
  jwt(who: Claimant): Promise<string>
  /** Exchanged: of the gateway's own. */
  token(who: Claimant): Promise<string>
  session(token: string, at?: At): Promise<Client>
  call(token: string, method: string, path: string, body?: unknown, at?: At): Promise<ApiAnswer>
  /** The approval whose recorded text has `part`, as soon as the holder of the token sees it open. */
  opened(token: string, part: string, at?: At): Promise<ApprovalSummary>
  /** Settles when both gateways have loaded it. */
  writePolicy(name: string, yaml: string): Promise<void>
  stop(): Promise<void>
}

export interface TwoGatewaysOptions { readonly database: DatabaseAddress; readonly store: DatabaseAddress; readonly policies: Readonly<Record<string, string>>; readonly extra?: string }

export async function startTwoGateways({ database, store, policies, extra = '' }: TwoGatewaysOptions): Promise<TwoGateways> {
  const { folder, configFile, key } = await writeGatewayConfig({ database, policies, extra: `store: { file: store-url }\napprovals: { seal: { file: seal } }\n${extra}` })
  writeFileSync(join(folder, 'store-url'), `postgres://${store.user}:${store.password}@${store.host}:${store.port}/${store.database}`, { mode: 0o600 })
  writeFileSync(join(folder, 'seal'), 'one secret for both of the gateways', { mode: 0o600 })
  const entries = Object.entries(issuers).filter(([name]) => name !== 'test').map(([name, { issuer, audience, kind }]) =>
    `  - { name: ${name}, issuer: "${issuer}", audience: ${audience}, kind: ${kind}, jwks: jwks.json, claims: { id: sub, email: email, groups: groups } }\n`).join('')
  const written = readFileSync(configFile, 'utf8').replace('connections:\n', `${entries}connections:\n`)
  const lines: string[] = []
  const log = pino({ level: 'trace', base: null }, { write: (line: string) => { lines.push(line) } })
  const gateways: Gateway[] = []
  for (const name of ['data-1', 'data-2']) {
    const file = join(folder, `${name}.yaml`)
    writeFileSync(file, written.replace('data: ./data', `data: ./${name}`))
    gateways.push(await startGateway({ configFile: file, log }))
  }
  const [one, two] = gateways.map(({ ready }): At => {
    const [host, port] = ready.postgres!.split(':') as [string, string]
    return { api: ready.api, ca: ready.ca!, host, port: Number(port) }
  }) as [At, At]

  function jwt({ sub, issuer = 'test', groups = [], email, claims = {}, agoSeconds = 0 }: Claimant): Promise<string> {
    const now = Math.floor(Date.now() / 1000)
    return new SignJWT({ groups, ...(email !== undefined && { email, email_verified: true }), ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'test' }).setIssuer(issuers[issuer].issuer).setAudience(issuers[issuer].audience).setSubject(sub)
      .setIssuedAt(now - agoSeconds).setExpirationTime(now + 600).sign(key)
  }
  const call: TwoGateways['call'] = (token, method, path, body, at = one) => callApi(at, method, path, token, body)

  return {
    folder, one, two, jwt, call,
    logged: () => lines.join(''),
    token: async (who) => exchanged(one, await jwt(who)),
    async session(token, at = one) {
      const client = new Client({ host: at.host, port: at.port, user: 'me', password: token, database: 'shop', ssl: { rejectUnauthorized: false } })
      client.on('error', () => undefined)
      await client.connect()
      return client
    },
    opened: (token, part, at = one) => vi.waitFor(async () => {
      const { approvals } = routes.approvals.output.parse((await call(token, 'GET', '/v1/approvals?filter=all', undefined, at)).json)
      const found = approvals.find(({ state, subject }) => state === 'open' && subject.kind === 'command' && subject.recorded.includes(part))
      if (found === undefined) throw new Error('nothing is open yet')
      return found
    }, { timeout: 15_000, interval: 30 }),
    async writePolicy(name, yaml) {
      const file = join(folder, 'policies', `${name}.yaml`)
      if (readFileSync(file, 'utf8') === yaml) return
      const before = lines.filter(isPolicyLine).length
      writeFileSync(file, yaml)
      await vi.waitFor(() => { if (lines.filter(isPolicyLine).length < before + 2) throw new Error('the policies are not loaded yet') }, { timeout: 30_000, interval: 30 })
    },
    async stop() {
      for (const gateway of gateways) await gateway.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const isPolicyLine = (line: string): boolean => line.includes('policies loaded')
