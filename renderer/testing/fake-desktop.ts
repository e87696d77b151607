// A Desktop in memory for development (`vite dev`, `?fake`) and for the renderer's own tests: sign-in, a shop, results made by index,
// refusals, slow queries, cancel. Not part of the production bundle.
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { Desktop, IpcCallName, IpcCalls, IpcEventName, IpcEvents, IpcFailure, IpcInput, IpcOutput, LoginState, NativeAccess, Settings, StatementState } from '../../shared/ipc.ts'
import type { Principal } from '../../shared/principal.ts'
import { FakeApprovals } from './fake-approvals.ts'
import { FakeCluster, type FakeClusterOptions } from './fake-cluster.ts'
import { fakeFrames, fakeSessions, fakeTerminalSession } from './fake-sessions.ts'
import { shopSchema } from './fake-shop.ts'
import { fakeOutcome, fakePreflight, fakeSplit, type FakeOutcome } from './fake-sql.ts'

export interface FakeOptions {
  readonly isSignedIn?: boolean
  readonly isPrivacy?: boolean
  readonly settings?: Partial<Settings>
  readonly connections?: readonly ConnectionSummary[]
  /** Answers of a call replaced: a failure to reject with. */
  readonly failures?: Partial<Record<IpcCallName, IpcFailure>>
  readonly login?: LoginState
  /** Nobody has asked for anything yet. */
  readonly hasNoApprovals?: boolean
  readonly cluster?: Pick<FakeClusterOptions, 'hasKubectl' | 'refusals'>
}

const gateway = 'https://gate.acme.example:8443'
const signInMs = 1500
const tickMs = 100

const principalOf = (isPrivacy: boolean): Principal => ({
  id: isPrivacy ? 'demo:priv' : 'demo:ana', provider: 'demo', subject: isPrivacy ? 'priv' : 'ana', kind: 'human',
  email: isPrivacy ? 'priv.acy@acme.example' : 'ana.lyst@acme.example', groups: [isPrivacy ? 'privacy' : 'analysts'], claims: {},
})

export const fakeConnections: readonly ConnectionSummary[] = [
  { name: 'shop', kind: 'postgres', labels: { env: 'production', team: 'storefront' }, database: 'shop' },
  { name: 'analytics', kind: 'postgres', labels: { env: 'staging', team: 'data' }, database: 'warehouse' },
  { name: 'shop-dev', kind: 'postgres', labels: { env: 'development' }, database: 'shop' },
  { name: 'reports', kind: 'postgres', labels: {}, database: 'reports' },
  { name: 'prod', kind: 'kubernetes', labels: { env: 'production', region: 'eu' } },
  { name: 'lab', kind: 'kubernetes', labels: { env: 'development' } },
]

interface Running { timer: ReturnType<typeof setTimeout> | null; isCancelled: boolean }

export class FakeDesktop implements Desktop {
  readonly #options: FakeOptions
  readonly #listeners = new Map<IpcEventName, Set<(event: never) => void>>()
  readonly #results = new Map<string, FakeOutcome>()
  readonly #running = new Map<string, Running>()
  readonly #listening = new Set<string>()
  #login: LoginState
  #settings: Settings
  #next = 1
  /** Calls so far, for tests. */
  readonly approvals: FakeApprovals
  readonly cluster: FakeCluster
  readonly calls: { readonly name: IpcCallName; readonly input: unknown }[] = []

  constructor(options: FakeOptions = {}) {
    this.#options = options
    this.#settings = { theme: 'system', editorFontSize: 13, gateway, notifications: { isOn: true, hasSound: true, hours: null }, terminal: { fontSize: 13, copiesOnSelect: false, scrollback: 10_000, hasScreenReader: false }, ...options.settings }
    this.approvals = new FakeApprovals((name, event) => this.emit(name, event), options.hasNoApprovals === true)
    const cluster = { name: 'prod', kind: 'kubernetes', labels: { env: 'production', region: 'eu' } } as const
    this.cluster = new FakeCluster({ tell: (name, event) => this.emit(name, event), hold: (text) => this.approvals.hold(text, null, { connection: cluster, subject: { kind: 'command', protocol: 'kubernetes', recorded: text }, reason: `${text} needs approval`, rule: { policy: 'cluster', rule: 'deletes-need-approval' } }), withdraw: () => this.approvals.withdrawMine(), ...options.cluster })
    this.#login = options.login ?? (options.isSignedIn === false ? this.#signedOut() : this.#signedIn())
  }

  async call<N extends IpcCallName>(name: N, input: IpcInput<N>): Promise<IpcOutput<N>> {
    this.calls.push({ name, input })
    await new Promise((resolve) => setTimeout(resolve, name === 'sql.page' ? 25 : 5))
    const failure = this.#options.failures?.[name]
    if (failure !== undefined) throw failure
    // The table below has each call under its own name with its own types.
    const answer = ({ ...this.#answers, ...this.approvals.calls, ...this.cluster.calls })[name] as (input: IpcInput<N>) => IpcOutput<N>
    return structuredClone(answer(input))
  }

  on<N extends IpcEventName>(name: N, listener: (event: IpcEvents[N]) => void): () => void {
    const set = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, set)
    set.add(listener as (event: never) => void)
    return () => void set.delete(listener as (event: never) => void)
  }

  emit<N extends IpcEventName>(name: N, event: IpcEvents[N]): void {
    for (const listener of this.#listeners.get(name) ?? []) (listener as (event: IpcEvents[N]) => void)(structuredClone(event))
  }

  readonly #answers: Omit<IpcCalls, keyof FakeApprovals['calls'] | keyof FakeCluster['calls']> = {
    'app.info': () => ({ version: '0.1.0', host: 'browser', platform: 'fake' }),
    'login.state': () => this.#login,
    'login.gateway': ({ url }) => this.#setLogin(url.includes('down') ? { kind: 'unreachable', gateway: url, message: 'connect ECONNREFUSED 203.0.113.7:8443' } : this.#signedOut(url)),
    'login.start': ({ provider }) => {
      setTimeout(() => { if (this.#login.kind === 'signing-in') this.#setLogin(this.#signedIn()) }, signInMs)
      return this.#setLogin({ kind: 'signing-in', gateway, provider, url: 'https://id.acme.example/authorize?client_id=gatehouse&state=fake' })
    },
    'login.cancel': () => this.#setLogin(this.#signedOut()),
    'login.logout': () => this.#setLogin(this.#signedOut()),
    'connections.list': () => this.#options.connections ?? fakeConnections,
    'connections.native': ({ connection }) => this.#native(connection),
    'connections.listen': ({ connection }) => { this.#listening.add(connection); return this.#changed(connection) },
    'connections.unlisten': ({ connection }) => { this.#listening.delete(connection); return this.#changed(connection) },
    'sql.open': () => ({ editor: `editor-${this.#next++}` }),
    'sql.close': () => null,
    'sql.run': ({ editor, text, reason }) => this.#run(editor, text, reason ?? null),
    'sql.cancel': ({ editor }) => { const running = this.#running.get(editor); if (running !== undefined) running.isCancelled = true; return null },
    'sql.page': ({ result, offset, count }) => {
      const outcome = this.#results.get(result)
      if (outcome === undefined) throw { code: 'not_found', message: 'The result is gone: its editor ran again or was closed. Run the statement once more.' } satisfies IpcFailure
      const size = Math.max(0, Math.min(count, outcome.total - offset))
      return { rows: Array.from({ length: size }, (_, row) => outcome.columns.map((_, column) => outcome.cell(offset + row, column))) }
    },
    'sql.split': ({ text }) => fakeSplit(text),
    'sql.schema': () => shopSchema,
    'sql.preflight': ({ text }) => fakePreflight(text),
    'sql.masks': () => (this.#options.isPrivacy === true ? [] : ['public.customers.email', 'public.customers.ssn']),
    'sessions.list': ({ connection, before }) => {
      const all = [...fakeSessions, fakeTerminalSession].filter((session) => connection === undefined || session.connection === connection)
      const from = before === undefined ? 0 : all.findIndex(({ id }) => id === before) + 1
      const sessions = all.slice(from, from + 25)
      return { sessions, next: from + 25 < all.length ? (sessions.at(-1)?.id ?? null) : null }
    },
    'sessions.frames': ({ session, after }) => ({ frames: fakeFrames(session).filter(({ seq }) => seq > after), next: null }),
    'sessions.verify': ({ session }) => session === fakeSessions[3]?.id
      ? { session, ok: false, frames: 7, head: 'b41c'.repeat(16), closed: false, problems: ['frame 8: the hash of the batch before it does not match'] }
      : { session, ok: true, frames: fakeFrames().length, head: '9f3a'.repeat(16), closed: true, problems: [] },
    'app.openLink': () => null,
    'settings.get': () => this.#settings,
    'settings.set': (change) => (this.#settings = { ...this.#settings, ...change }),
  }

  #signedOut(url = gateway): LoginState {
    return { kind: 'signed-out', gateway: url, providers: [{ name: 'demo', issuer: 'https://id.acme.example' }] }
  }

  #signedIn(): LoginState {
    return { kind: 'signed-in', gateway, principal: principalOf(this.#options.isPrivacy === true), expiresAt: new Date(Date.now() + 15 * 60_000).toISOString() }
  }

  #setLogin(state: LoginState): LoginState {
    this.#login = state
    this.emit('login.changed', state)
    return state
  }

  #native(connection: string): NativeAccess {
    return {
      connection,
      loopback: this.#listening.has(connection) ? { host: '127.0.0.1', port: 21_432, command: `PGPASSFILE=~/.gatehouse/pass/${connection} psql "host=127.0.0.1 port=21432 dbname=${connection} user=me"`, passfile: `~/.gatehouse/pass/${connection}` } : null,
      gateway: { address: 'gate.acme.example:15432', command: `PGPASSFILE=~/.gatehouse/pass/gateway psql "host=gate.acme.example port=15432 dbname=${connection} user=me sslmode=verify-full"`, passfile: '~/.gatehouse/pass/gateway', expiresAt: new Date(Date.now() + 12 * 60_000).toISOString() },
    }
  }

  #changed(connection: string): NativeAccess {
    const access = this.#native(connection)
    this.emit('native.changed', access)
    return access
  }

  #run(editor: string, text: string, reason: string | null): IpcOutput<'sql.run'> {
    const run = `run-${this.#next++}`
    const statements = fakeSplit(text).map(({ start, end }, index): StatementState => ({
      run, index, text: text.slice(start, end), offset: start, status: 'queued', result: null, columns: [], rows: 0, tag: null, ms: 0, notices: [], error: null, held: null,
    }))
    this.#running.set(editor, { timer: null, isCancelled: false })
    void this.#runAll(editor, statements, reason)
    return { run, statements }
  }

  async #runAll(editor: string, statements: readonly StatementState[], reason: string | null): Promise<void> {
    for (const statement of statements) {
      const last = await this.#runOne(editor, statement, reason)
      if (last.status !== 'done') break
    }
    this.#running.delete(editor)
  }

  async #runOne(editor: string, statement: StatementState, reason: string | null): Promise<StatementState> {
    const outcome = fakeOutcome(statement.text, { isPrivacy: this.#options.isPrivacy === true, hasReason: reason !== null })
    const result = outcome.columns.length > 0 ? `result-${this.#next++}` : null
    if (result !== null) this.#results.set(result, outcome)
    const began = Date.now()
    const say = (change: Partial<StatementState>): StatementState => {
      const state = { ...statement, notices: outcome.notices, ms: Date.now() - began, ...change }
      this.emit('sql.statement', { editor, state })
      return state
    }
    const isCancelled = () => this.#running.get(editor)?.isCancelled === true
    say({ status: 'running', notices: [] })
    if (outcome.isHeld === true) {
      const { held, settled } = this.approvals.hold(statement.text, reason)
      say({ status: 'running', held })
      while (!isCancelled() && (await Promise.race([settled, pause(tickMs)])) === undefined) { /* waits */ }
      if (isCancelled()) return say({ status: 'cancelled', held, error: { code: '57014', message: 'canceling statement due to user request', detail: null, hint: null, position: null, isRefusal: false } })
      const { state, decisions } = await settled
      if (state === 'denied') return say({ status: 'failed', held, error: { code: '42501', message: `denied by ${decisions[0]?.by.id} (approval ${held.approval}, rule engineers-write (policy shop)): ${decisions[0]?.reason}`, detail: null, hint: null, position: null, isRefusal: true } })
      return say({ status: 'done', held, tag: outcome.tag })
    }
    while (Date.now() - began < outcome.waitMs && !isCancelled()) await pause(Math.min(tickMs, outcome.waitMs))
    if (outcome.error !== null) return say({ status: 'failed', error: outcome.error })
    const streamed = Date.now()
    let rows = 0
    while (!isCancelled() && rows < outcome.total) {
      rows = Math.min(outcome.total, Math.ceil(((Date.now() - streamed + 40) / 1000) * outcome.pace))
      if (rows < outcome.total) { say({ status: 'running', result, columns: outcome.columns, rows }); await pause(tickMs) }
    }
    if (isCancelled()) return say({ status: 'cancelled', result, columns: outcome.columns, rows, error: { code: '57014', message: 'canceling statement due to user request', detail: null, hint: null, position: null, isRefusal: false } })
    return say({ status: 'done', result, columns: outcome.columns, rows, tag: outcome.tag })
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
