// One client, one upstream, and what both sides need to know of each other. The way in is client-side.ts, the way out output.ts;
// this file owns the sockets and the life: every ending goes through `end`, and the upstream never outlives its client.
import type { KeyObject } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { SqlStatement } from '../../../shared/command.ts'
import type { Principal } from '../../../shared/principal.ts'
import { preparedMax } from '../../limits.ts'
import { accessKey, type Access, type AccessCache, type Decision } from '../../pipeline/access.ts'
import type { GatewayContext } from '../../pipeline/context.ts'
import type { Clearance } from '../../pipeline/clearance.ts'
import { unrecorded, type Session } from '../../pipeline/session.ts'
import type { Catalog } from '../../sql/catalog.ts'
import type { SearchPath } from '../../sql/resolve.ts'
import type { PostgresTarget } from '../../pipeline/target.ts'
import { AnswerQueue, type Portal, type Prepared, type RunningAnswer } from './answers.ts'
import type { CatalogGate } from './catalog-gate.ts'
import { ClientSide } from './client-side.ts'
import { Settings } from './hold-meaning.ts'
import { Names } from './names.ts'
import { UpstreamSide } from './output.ts'
import { farewell } from './refusal.ts'
import { cancelUpstream, type UpstreamReady } from './upstream.ts'

export interface SessionDeadlines { readonly sessionIdleMs: number; readonly holdHeartbeatMs: number; readonly approvalInTransactionMs: number }

export interface PostgresSessionOptions {
  readonly session: Session
  readonly accesses: AccessCache
  readonly gate: CatalogGate
  readonly target: PostgresTarget
  readonly hashKey: KeyObject
  readonly client: Duplex
  readonly upstream: UpstreamReady
  readonly wantsMaskNotices: boolean
  /** What the client said at startup that its commands are for. */
  readonly purpose: string | null
  /** What the client brought in its startup packet, and the upstream got. */
  readonly startup: ReadonlyMap<string, string>
  /** As in limits.ts everywhere but in tests. */
  readonly deadlines: SessionDeadlines
  readonly onClosed: () => void
}

export class PostgresSession {
  readonly id: string
  readonly session: Session
  readonly context: GatewayContext
  readonly gate: CatalogGate
  readonly wantsMaskNotices: boolean
  readonly answers = new AnswerQueue()
  readonly prepared = new Names<Prepared>(preparedMax)
  readonly cursors = new Names<readonly SqlStatement[]>(preparedMax)
  readonly portals = new Names<Portal>(preparedMax)
  /** Cursors, by what they mean, whose query humans have approved. */
  readonly clearedCursors = new WeakMap<readonly SqlStatement[], Clearance>()
  readonly settings: Settings
  readonly target: PostgresTarget
  readonly backendPid: number
  readonly deadlines: SessionDeadlines
  /** Grows with every Sync and Query the client sends. */
  batch = 0
  /** Row shapes asked for in an earlier epoch may be stale: names may resolve differently since. */
  epoch = 0
  searchPath: SearchPath = 'default'
  /** How often functions (or what may have made some run) were called: after each, names may mean what we have not seen. */
  codeRuns = 0
  transaction: 'I' | 'T' | 'E' = 'I'
  /** A Terminate was sent: the upstream's closing is the good end. */
  isTerminating = false
  readonly #options: PostgresSessionOptions
  #principal: Principal | null = null
  #accessKey = ''
  #catalog: Catalog | null = null
  readonly #commands: ClientSide
  readonly #output: UpstreamSide
  readonly #unsubscribe: () => void
  #waiting: (() => void)[] = []
  #isCancelling: Promise<void> | null = null
  #idleTimer: NodeJS.Timeout | null = null
  /** Why it failed, for the client. */
  #lastWords: Buffer | null = null

  constructor(options: PostgresSessionOptions) {
    this.#options = options
    this.session = options.session
    this.id = options.session.summary.id
    this.context = options.session.context
    this.gate = options.gate
    this.wantsMaskNotices = options.wantsMaskNotices
    this.settings = new Settings(this.id, options.startup, options.purpose)
    this.target = options.target
    this.backendPid = options.upstream.key.processId
    this.deadlines = options.deadlines
    this.#commands = new ClientSide(this, options.client)
    this.#output = new UpstreamSide(this, options.upstream.socket, options.client)
    this.#unsubscribe = this.context.policies.onChange(() => this.#output.recheck())
    this.session.onRecheck(() => this.#output.recheck())
  }

  start(): void {
    const { client, upstream } = this.#options
    client.on('close', () => this.#clientGone('the client closed the connection'))
    client.on('end', () => this.#clientGone('the client closed the connection'))
    client.on('error', () => this.#clientGone('the connection to the client was lost'))
    upstream.socket.on('end', () => this.#upstreamEnded())
    upstream.socket.on('close', () => this.#upstreamEnded())
    upstream.socket.on('error', () => this.#upstreamEnded())
    this.#output.start()
    this.#commands.start()
    this.#watchIdle(this.deadlines.sessionIdleMs)
  }

  #clientGone(reason: string): void {
    this.#commands.clientGone()
    this.session.end(reason)
  }

  /** One look when it could be idle for too long at the earliest; what runs is not idle, nor what waits for a decision. */
  #watchIdle(afterMs: number): void {
    this.#idleTimer = setTimeout(() => {
      if (this.answers.head !== undefined || this.#commands.isDeciding) this.session.activeAt = Date.now()
      const leftMs = this.session.activeAt + this.deadlines.sessionIdleMs - Date.now()
      if (leftMs > 0) this.#watchIdle(leftMs)
      else this.fail('57P05', 'the session was idle for too long (sessionIdleMs); connect again')
    }, afterMs).unref()
  }

  get hasRunCode(): boolean {
    return this.codeRuns > 0
  }

  access(): Access {
    const { principal } = this.session.lease
    // A renewed token may bring other groups.
    if (principal !== this.#principal) {
      this.#principal = principal
      this.#accessKey = accessKey(principal, this.session.connection.name)
    }
    const catalog = this.gate.keeper.current()
    if (catalog !== this.#catalog) this.#noteCatalog(catalog)
    return this.#options.accesses.get(this.#accessKey, { principal, connection: this.session.connection, snapshot: this.context.policies.current, catalog, lineages: this.context.analyzer.lineages, hashKey: this.#options.hashKey })
  }

  /** The server keeps the search path this session logged in with; once the catalog's is another, ours is not known. */
  #noteCatalog(catalog: Catalog): void {
    if (this.#catalog !== null && this.#catalog.searchPath.join('\0') !== catalog.searchPath.join('\0')) this.searchPath = 'unknown'
    this.#catalog = catalog
    this.epoch++
  }

  get upstream(): Duplex {
    return this.#options.upstream.socket
  }

  upstreamDrained(): void {
    this.#commands.upstreamDrained()
  }

  toClient(message: Buffer): void {
    this.#output.say(message)
  }

  /** A fault of a peer's or of ours: says why to the client in its last message, and ends the session. */
  fail(code: string, reason: string): void {
    if (this.session.isEnded) return
    this.#lastWords = farewell(code, reason)
    this.session.end(reason)
  }

  failUnrecorded(): void {
    this.fail('58030', 'the recording cannot be written, so nothing may run')
  }

  /** Settles when the upstream has answered something, or the session is over. */
  answered(): Promise<void> {
    return new Promise((resolve) => { this.#waiting.push(resolve) })
  }

  get cancelling(): Promise<void> | null {
    return this.#isCancelling
  }

  noteAnswer(): void {
    if (this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }

  /** The client wants its command stopped, which the upstream may not even have yet. */
  cancelByClient(): void {
    if (!this.#commands.cancelDeciding()) void this.cancel()
  }

  /** Stops what runs upstream. Settles when the server has taken the request, or cancelMs have passed. */
  cancel(): Promise<void> {
    this.#isCancelling ??= cancelUpstream(this.#options.target, this.#options.upstream.key)
      .catch((error: unknown) => this.context.log.warn({ session: this.id, err: error }, 'a cancel request did not reach the upstream'))
      .finally(() => { this.#isCancelling = null })
    return this.#isCancelling
  }

  /** What goes upstream may change how names resolve: shapes are asked for again, and a changed search path is not followed. */
  noteEffects(decision: Decision): void {
    if (decision.setsSearchPath) this.searchPath = 'unknown'
    if (decision.changesNames) this.epoch++
    if (decision.runsCode) this.codeRuns++
  }

  /** Called by Session.end, once: the client hears why, both sockets close, the upstream stops working. */
  close(reason: string): void {
    this.#unsubscribe()
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer)
    this.noteAnswer()
    const { client, upstream, onClosed } = this.#options
    const head = this.answers.head
    for (const answer of this.answers) abandon(answer as RunningAnswer)
    if (head !== undefined) void this.cancel()
    upstream.socket.destroy()
    // Who said goodbye hears no error: node-postgres would throw it.
    const words = this.#lastWords ?? farewell(reason === unrecorded ? '58030' : '57P01', `the session was ended: ${reason}`)
    if (!this.isTerminating) this.#output.sayLast(words)
    client.end()
    const deadline = setTimeout(() => client.destroy(), lastWordsMs)
    client.once('close', () => clearTimeout(deadline))
    client.resume()
    onClosed()
  }

  #upstreamEnded(): void {
    if (this.session.isEnded) return
    if (this.isTerminating) this.session.end('the client closed the connection')
    else this.fail('08006', 'the database closed the connection')
  }
}

/** A client that does not read its last message is cut off. */
const lastWordsMs = 500

function abandon(answer: RunningAnswer): void {
  if (answer.timer) clearTimeout(answer.timer)
}
