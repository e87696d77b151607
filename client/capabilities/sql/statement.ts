// How one statement of a run stands, built from what the server says, told at most every stateIntervalMs while rows arrive.
import { randomUUID } from 'node:crypto'
import { GatehouseError } from '../../../shared/errors.ts'
import type { Cell, ColumnMask, ResultColumn, SqlError, StatementState } from '../../../shared/ipc.ts'
import { noticeCharactersMax, noticesMax, stateIntervalMs } from '../../limits.ts'
import { heldOf, heldSqlState } from './held.ts'
import { masksOf, masksSqlState } from './masks.ts'
import { openSpool, type Spool } from './spool.ts'
import { utf16Offset, type Span } from './split.ts'
import { StatementQuery, type Field, type ServerError } from './statement-query.ts'

/** A NoticeResponse as `pg` gives it. */
export interface ServerNotice { readonly severity?: string | undefined; readonly code?: string | undefined; readonly message?: string | undefined; readonly detail?: string | undefined; readonly hint?: string | undefined }

export interface StatementOptions {
  readonly run: string
  readonly index: number
  readonly text: string
  readonly span: Span
  readonly spoolFolder: string
  readonly typeName: (oid: number) => string
  readonly onState: (state: StatementState) => void
}

export class Statement {
  readonly #options: StatementOptions
  #state: StatementState
  #masks: ReadonlyMap<number, ColumnMask> = new Map()
  #spool: Spool | null = null
  #startedAt = 0
  #timer: NodeJS.Timeout | undefined
  #noticesDropped = 0
  #isCancelled = false

  constructor(options: StatementOptions) {
    this.#options = options
    const { run, index, text, span } = options
    this.#state = {
      run, index, text: text.slice(span.start, span.end), offset: span.start, status: 'queued', result: null,
      columns: [], rows: 0, tag: null, ms: 0, notices: [], error: null, held: null,
    }
  }

  get state(): StatementState {
    return this.#state
  }

  get spool(): Spool | null {
    return this.#spool
  }

  /** The next failure is what the user asked for. */
  cancelled(): void {
    this.#isCancelled = true
    if (this.#state.status === 'queued') this.#become({ status: 'cancelled' })
  }

  running(): void {
    this.#startedAt = performance.now()
    this.#become({ status: 'running' })
  }

  /** Runs it; `submit` hands the query to `pg`, `stop` asks the server to end it. Never rejects: the outcome is the state. */
  async execute(submit: (query: StatementQuery) => void, stop: () => void): Promise<void> {
    const spool = this.#spool = await openSpool(this.#options.spoolFolder)
    let fault: GatehouseError | null = null
    const query: StatementQuery = new StatementQuery(this.#state.text, {
      columns: (fields) => this.#described(fields),
      row: (cells) => {
        if (fault !== null) return
        try {
          this.#took(spool, cells)
          if (spool.isBehind) query.hold(spool.drained())
        } catch (error) {
          fault = error instanceof GatehouseError ? error : new GatehouseError('internal', 'a row could not be kept', { cause: error })
          stop()
        }
      },
      complete: (tag) => { this.#state = { ...this.#state, tag } },
      failed: (error) => this.failed(error),
    })
    submit(query)
    await query.ended
    await spool.drained().catch((error: unknown) => { fault ??= error as GatehouseError })
    if (fault !== null) this.#end('failed', faultOf(fault))
    else if (this.#state.status === 'running') this.#end('done', null)
  }

  notice(notice: ServerNotice): void {
    if (notice.code === masksSqlState) {
      this.#masks = masksOf(notice.detail)
      return
    }
    const held = notice.code === heldSqlState ? heldOf(notice.detail) : null
    // Said again and again, so that proxies see life: the app shows the approval itself.
    if (held !== null) return this.#become({ held })
    if (this.#state.notices.length >= noticesMax) {
      this.#noticesDropped++
      return
    }
    const lines = [`${notice.severity ?? 'NOTICE'}: ${notice.message ?? ''}`]
    if (notice.detail) lines.push(`DETAIL: ${notice.detail}`)
    if (notice.hint) lines.push(`HINT: ${notice.hint}`)
    this.#state = { ...this.#state, notices: [...this.#state.notices, lines.join('\n').slice(0, noticeCharactersMax)] }
    this.#soon()
  }

  failed(error: ServerError | Error): void {
    if (this.#state.status === 'done' || this.#state.status === 'failed' || this.#state.status === 'cancelled') return
    const said = sqlErrorOf(error, this.#state.text)
    this.#end(this.#isCancelled && said.code === '57014' ? 'cancelled' : 'failed', said)
  }

  #described(fields: readonly Field[]): void {
    const columns = fields.map(({ name, dataTypeID }, index): ResultColumn => ({ name, type: this.#options.typeName(dataTypeID), mask: this.#masks.get(index) ?? null }))
    this.#become({ columns, result: randomUUID() })
  }

  #took(spool: Spool, cells: readonly Cell[]): void {
    spool.append(cells)
    this.#soon()
  }

  #end(status: 'done' | 'failed' | 'cancelled', error: SqlError | null): void {
    const notices = this.#noticesDropped === 0 ? this.#state.notices : [...this.#state.notices, `and ${this.#noticesDropped} more`]
    this.#become({ status, error, notices })
  }

  #become(change: Partial<StatementState>): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const ms = this.#startedAt === 0 ? 0 : Math.round(performance.now() - this.#startedAt)
    this.#state = { ...this.#state, ...change, rows: this.#spool?.rows ?? 0, ms }
    this.#options.onState(this.#state)
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => this.#become({}), stateIntervalMs)
  }

  async dispose(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#spool?.dispose()
  }
}

// The gateway's refusals by SQLSTATE and wording (design.md §4): a plain 42501 is the database's own.
const refusalStates = new Set(['42501', '54000', '0A000', '58000', '58030'])
const refusalWords = /^denied by |^approval ap_|^no rule |^held by |needs approval|the limit of your access|cannot be decided|could not be decided|through Gatehouse|was not made in this session|what is masked for you/

export function sqlErrorOf(error: ServerError | Error, text: string): SqlError {
  const { code, message, detail, hint, position } = error as ServerError
  const at = position === undefined ? Number.NaN : Number.parseInt(position, 10)
  return {
    code: code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : '08006',
    message: message.slice(0, noticeCharactersMax),
    detail: detail?.slice(0, noticeCharactersMax) ?? null,
    hint: hint?.slice(0, noticeCharactersMax) ?? null,
    position: Number.isInteger(at) && at > 0 ? utf16Offset(text, at) : null,
    isRefusal: code !== undefined && refusalStates.has(code) && refusalWords.test(message),
  }
}

// Ours, not the server's: 53100 is disk_full, 54000 program_limit_exceeded.
const faultOf = (fault: GatehouseError): SqlError => ({
  code: fault.code === 'limit_exceeded' ? '54000' : '53100', message: fault.message, detail: null, hint: null, position: null, isRefusal: false,
})
