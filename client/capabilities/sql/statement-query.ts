// One statement as `pg` runs it: a simple Query message, rows handed on one by one and never gathered. What stops reading
// when the disk is slow is the stream itself, so the server waits, not our memory.
import type { Connection, Submittable } from 'pg'
import type { Cell } from '../../../shared/ipc.ts'

export interface Field { readonly name: string; readonly dataTypeID: number }

/** What PostgreSQL said of a failed statement, as `pg` gives it. */
export interface ServerError { readonly code?: string; readonly message: string; readonly detail?: string; readonly hint?: string; readonly position?: string }

export interface StatementEvents {
  columns(fields: readonly Field[]): void
  row(cells: readonly Cell[]): void
  /** The command tag, `SELECT 20`. */
  complete(tag: string): void
  failed(error: ServerError): void
}

export class StatementQuery implements Submittable {
  readonly #text: string
  readonly #events: StatementEvents
  readonly #ended = Promise.withResolvers<void>()
  #connection: Connection | null = null
  #results = 0
  #isHeld = false

  constructor(text: string, events: StatementEvents) {
    this.#text = text
    this.#events = events
  }

  /** Resolves when the server has said all it has to say of the statement, well or not. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  submit(connection: Connection): void {
    this.#connection = connection
    connection.query(this.#text)
  }

  /** Reads no more until `until` settles. */
  hold(until: Promise<void>): void {
    const stream = this.#connection?.stream
    if (this.#isHeld || stream === undefined) return
    this.#isHeld = true
    stream.pause()
    const resume = () => { this.#isHeld = false; stream.resume() }
    until.then(resume, resume)
  }

  handleRowDescription({ fields }: { readonly fields: readonly Field[] }): void {
    // A rule can make one statement answer with several results; the first is the one that was asked for.
    if (this.#results++ === 0) this.#events.columns(fields)
  }

  handleDataRow({ fields }: { readonly fields: readonly Cell[] }): void {
    if (this.#results <= 1) this.#events.row(fields)
  }

  /** COPY … TO STDOUT: its lines are shown as rows of one column. */
  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    if (this.#results === 0) this.handleRowDescription({ fields: [{ name: 'copy', dataTypeID: 25 }] })
    this.#events.row([chunk.toString('utf8').replace(/\n$/, '')])
  }

  handleCopyInResponse(connection: Connection & { sendCopyFail(why: string): void }): void {
    // The editor has no data to send; PostgreSQL then fails the statement with this text.
    connection.sendCopyFail('the editor has nothing to copy from: use psql with \\copy, or INSERT')
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#events.complete(text)
  }

  handleEmptyQuery(): void {
    this.#events.complete('')
  }

  handlePortalSuspended(): void {
    // Comes of Execute with a row limit only; a simple query has none.
  }

  handleReadyForQuery(): void {
    this.#ended.resolve()
  }

  handleError(error: ServerError): void {
    this.#events.failed(error)
    this.#ended.resolve()
  }
}
