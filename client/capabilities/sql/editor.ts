// One editor: a PostgreSQL session that is opened at the first run and again after it was lost, one run at a time, and the
// results of the last run.
import { randomUUID } from 'node:crypto'
import { GatehouseError } from '../../../shared/errors.ts'
import type { Cell, StatementState } from '../../../shared/ipc.ts'
import { cancelAgainMs, editorIdleMs, runStatementsMax } from '../../limits.ts'
import type { Tunnels } from '../../session-proxy/tunnels.ts'
import { openPostgresSession, type PostgresSession } from './postgres-session.ts'
import { sayReason } from './reason.ts'
import { split } from './split.ts'
import { Statement } from './statement.ts'

export interface EditorOptions {
  readonly id: string
  readonly connection: string
  readonly tunnels: Tunnels
  readonly spoolFolder: string
  readonly typeName: (oid: number) => string
  readonly onState: (state: StatementState) => void
  readonly onLost: (reason: string) => void
}

export class Editor {
  readonly #options: EditorOptions
  #session: Promise<PostgresSession> | null = null
  /** What the run is for; null: it does not say. */
  #toSay: string | null = null
  /** A reason of ours stands in the session. */
  #hasSaid = false
  #statements: readonly Statement[] = []
  #current: Statement | null = null
  #isRunning = false
  #isCancelling = false
  #isDisposed = false
  #idle: NodeJS.Timeout | undefined
  #usedAt = Date.now()

  constructor(options: EditorOptions) {
    this.#options = options
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  get usedAt(): number {
    return this.#usedAt
  }

  /** Begins a run and answers at once; what follows comes by `onState`. */
  async run(text: string, reason: string | null = null): Promise<{ run: string; statements: StatementState[] }> {
    if (this.#isRunning) throw new GatehouseError('input_invalid', 'this editor is still running; cancel it or wait', { side: 'client' })
    const spans = split(text)
    if (spans.length > runStatementsMax) throw new GatehouseError('limit_exceeded', `${spans.length} statements in one run are more than ${runStatementsMax} (runStatementsMax); run a part of them, or use psql`, { side: 'client' })
    this.#isRunning = true
    this.#isCancelling = false
    this.#toSay = reason
    this.#usedAt = Date.now()
    clearTimeout(this.#idle)
    const before = this.#statements
    const run = randomUUID()
    const { spoolFolder, typeName, onState } = this.#options
    this.#statements = spans.map((span, index) => new Statement({ run, index, text, span, spoolFolder, typeName, onState }))
    const states = this.#statements.map(({ state }) => state)
    void this.#runAll(before)
    return { run, statements: states }
  }

  async #runAll(before: readonly Statement[]): Promise<void> {
    for (const statement of before) await statement.dispose()
    for (const statement of this.#statements) {
      if (this.#isCancelling || this.#isDisposed) break
      this.#current = statement
      await this.#runOne(statement)
      this.#current = null
      if (statement.state.status !== 'done') break
    }
    // What did not get its turn is not run later, either: it may rely on what failed.
    for (const statement of this.#statements) statement.cancelled()
    this.#isRunning = false
    this.#usedAt = Date.now()
    this.#idle = setTimeout(() => this.#endSession(), editorIdleMs).unref()
  }

  async #runOne(statement: Statement): Promise<void> {
    statement.running()
    try {
      const session = await this.#connected()
      if (statement === this.#statements[0]) await this.#say(session)
      if (this.#isCancelling) return statement.failed({ code: '57014', message: 'cancelled before it was sent' })
      await statement.execute((query) => session.client.query(query), () => void session.cancel().catch(() => session.tunnel.destroy()))
    } catch (error) {
      statement.failed(error as Error)
    }
  }

  /** Once a run, and taken back by the next one that is for nothing. */
  async #say(session: PostgresSession): Promise<void> {
    if (this.#toSay === null && !this.#hasSaid) return
    const isSaid = await sayReason(session, this.#toSay)
    if (isSaid) this.#hasSaid = this.#toSay !== null
  }

  #connected(): Promise<PostgresSession> {
    if (this.#session !== null) return this.#session
    const opening = openPostgresSession({
      tunnels: this.#options.tunnels, connection: this.#options.connection,
      onLost: (reason) => {
        if (this.#session === opening) this.#session = null
        if (!this.#isDisposed) this.#options.onLost(reason)
      },
    })
    this.#session = opening
    this.#hasSaid = false
    opening.then(
      ({ client }) => client.on('notice', (notice) => this.#current?.notice(notice)),
      () => { if (this.#session === opening) this.#session = null },
    )
    return opening
  }

  /** Asks the gateway to cancel what runs; asked twice, ends the session. */
  async cancel(): Promise<void> {
    if (!this.#isRunning) return
    const isSecond = this.#isCancelling
    this.#isCancelling = true
    for (const statement of this.#statements) statement.cancelled()
    const session = await this.#session?.catch(() => null)
    if (session === null || session === undefined) return
    if (isSecond) session.tunnel.destroy(new GatehouseError('upstream_lost', 'the session was ended, because the statement did not follow a cancel', { side: 'client' }))
    else {
      await session.cancel()
      this.#cancelAgain(session, this.#statements)
    }
  }

  /** A request can overtake its statement: once more after a moment, if the same run goes on. */
  #cancelAgain(session: PostgresSession, run: readonly Statement[]): void {
    setTimeout(() => {
      if (this.#isRunning && this.#statements === run) session.cancel().catch(() => session.tunnel.destroy())
    }, cancelAgainMs).unref()
  }

  /** Rows of one of the last run's results; undefined if it is none of them. */
  page(result: string, offset: number, count: number): Promise<Cell[][]> | undefined {
    this.#usedAt = Date.now()
    const statement = this.#statements.find(({ state }) => state.result === result)
    return statement === undefined ? undefined : statement.spool?.page(offset, count) ?? Promise.resolve([])
  }

  #endSession(): void {
    const session = this.#session
    this.#session = null
    session?.then((opened) => opened.end(), () => undefined)
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true
    clearTimeout(this.#idle)
    this.#endSession()
    for (const statement of this.#statements) await statement.dispose()
  }
}
