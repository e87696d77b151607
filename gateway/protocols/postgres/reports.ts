// Everything the upstream says beside results: errors, notices, notifications, reported settings. Each passes masker.ts, for the
// client, and for the record as if nobody were exempt.
import type { RunningAnswer } from './answers.ts'
import { decodeNotification, decodeParameterStatus, decodeReport } from './codec/backend.ts'
import { FrameError, type FrameReader } from './codec/frame-reader.ts'
import { backend } from './codec/types.ts'
import { cleanNotification, cleanReport, hidesSetting } from './masker.ts'
import type { Outlet } from './outlet.ts'
import type { PostgresSession } from './postgres-session.ts'
import { refusalMessage } from './refusal.ts'

export class Reports {
  readonly #session: PostgresSession
  readonly #reader: FrameReader
  readonly #outlet: Outlet

  constructor(session: PostgresSession, reader: FrameReader, outlet: Outlet) {
    this.#session = session
    this.#reader = reader
    this.#outlet = outlet
  }

  /** An error of the command that runs, if one does; our own words where it was our time limit that stopped it. */
  error(running: RunningAnswer | null, fields: ReadonlyMap<string, string>): void {
    const seconds = running?.command.decision.verdict.limit.seconds ?? null
    const isOvertime = running !== null && seconds !== null && fields.get('C') === '57014' && Date.now() - running.command.startedAt >= seconds * 1000
    if (isOvertime) this.#outlet.say(refusalMessage({ kind: 'limit', message: `the statement ran longer than ${seconds} s, the limit of your access` }))
    else this.#report(backend.errorResponse, fields, running)
  }

  notice(running: RunningAnswer | null): void {
    this.#report(backend.noticeResponse, decodeReport(this.#reader), running)
  }

  notification(): void {
    this.#outlet.send(this.#reader, cleanNotification(decodeNotification(this.#reader), this.#session.access()))
  }

  parameterStatus(): void {
    const { name, value } = decodeParameterStatus(this.#reader)
    // Our reading of statements rests on these; no statement we let through changes them, so code did.
    if (name === 'standard_conforming_strings' && value !== 'on') throw new FrameError('standard_conforming_strings was switched off')
    if (name === 'client_encoding' && value !== 'UTF8') throw new FrameError('client_encoding was changed')
    // PostgreSQL 18 reports it: code may have set it, which no statement showed.
    if (name === 'search_path') {
      this.#session.searchPath = 'unknown'
      this.#session.epoch++
    }
    if (!hidesSetting(name, this.#session.access())) this.#outlet.forward(this.#reader)
  }

  #report(type: number, fields: ReadonlyMap<string, string>, running: RunningAnswer | null): void {
    const access = this.#session.access()
    const isTainted = running?.command.decision.isTainted ?? true
    this.#outlet.send(this.#reader, cleanReport(type, fields, { isMasked: access.isMasked, scanner: access.clientScanner, isTainted }))
    if (running === null) return
    this.#outlet.recordAs(running, this.#reader, cleanReport(type, fields, { isMasked: access.bound.hasColumns, scanner: access.recordScanner, isTainted }))
  }
}
