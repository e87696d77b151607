// What the meaning of a held command hangs on beside its text, in PostgreSQL's terms: the settings of its session, and the values
// of its parameters (gateway/pipeline/meaning.ts puts all of it together).
import { hash } from 'node:crypto'
import type { SqlStatement } from '../../../shared/command.ts'
import type { Decision } from '../../pipeline/access.ts'
import type { Meaning } from '../../pipeline/meaning.ts'
import { timeoutNames, type Timeout } from '../../sql/backend-state.ts'
import type { Bind } from './codec/frontend.ts'
import { typeAt } from './parameters.ts'
import { isReasonSetting, reasonSaid } from './reason.ts'

/**
 * The settings of one session as a hash over what changed them, in order: sessions that began alike and said the same have the same.
 * After code that nobody sees it is nobody else's. What a rollback takes back still counts, which keeps apart what may be the same.
 */
export class Settings {
  #trail: string
  #isTouched = false
  /** Of the timeouts that end a waiting transaction, what the session itself has set, milliseconds; null: set to something unread. */
  readonly timeouts = new Map<Timeout, number | null>()
  readonly #session: string
  readonly #reasonAtStart: string | null
  #reason: string | null
  #unseen = 0

  /** `startup`: what the client brought in its startup packet, and what it said there that its commands are for. */
  constructor(session: string, startup: ReadonlyMap<string, string>, reason: string | null = null) {
    this.#session = session
    this.#reason = this.#reasonAtStart = reason
    const settings = [...startup].filter(([name]) => name !== 'application_name').toSorted(([a], [b]) => (a < b ? -1 : 1))
    this.#trail = hash('sha256', JSON.stringify(settings), 'hex')
    for (const name of timeoutNames) if (startup.has(name)) this.timeouts.set(name, milliseconds(startup.get(name)!))
  }

  get trail(): string {
    return this.#trail
  }

  /** Something was set since the startup, or may have been. */
  get isTouched(): boolean {
    return this.#isTouched
  }

  /** What the client says its commands are for; who approves them reads it. `text` may say so itself, of what comes behind. */
  reasonFor(text: string, statements: readonly SqlStatement[]): string | null {
    const said = reasonSaid(text, statements)
    return said === undefined ? this.#reason : said.reason ?? this.#reasonAtStart
  }

  /** A command goes upstream. */
  note(text: string, { facts, runsCode }: Decision): void {
    this.#reason = this.reasonFor(text, facts.statements)
    if (!runsCode && !facts.statements.some(changesSettings)) return
    const isSeen = !runsCode && facts.statements.every((statement) => !changesSettings(statement) || statement.kind === 'set' || statement.kind === 'set-role')
    this.#isTouched = true
    this.#trail = hash('sha256', JSON.stringify([this.#trail, isSeen ? text : [this.#session, this.#unseen++]]), 'hex')
    for (const name of timeoutNames) {
      if (facts.statements.some(({ setting }) => setting === name)) this.timeouts.set(name, valueSet(text, name))
    }
  }
}

/** What commands are for changes nothing of what they do, and a retry may say it in other words. */
function changesSettings({ kind, setting, setsSearchPath, functions, accesses }: SqlStatement): boolean {
  if (kind === 'set' && isReasonSetting(setting)) return false
  return kind === 'set' || kind === 'set-role' || setting !== null || setsSearchPath || functions.some(({ name }) => name === 'set_config')
    || accesses.some(({ kind: does, relation }) => does !== 'select' && relation?.name === 'pg_settings')
}

function valueSet(text: string, name: Timeout): number | null {
  const value = new RegExp(`\\b${name}\\s*(?:=|\\bto\\b)\\s*'?([\\w. ]+)`, 'i').exec(text)?.[1]
  return value === undefined ? null : milliseconds(value)
}

/** As PostgreSQL reads a setting whose unit is milliseconds. */
function milliseconds(value: string): number | null {
  const match = /^\s*'?(\d+)\s*(us|ms|s|min|h|d)?\s*'?\s*$/.exec(value)
  return match === null ? null : Math.round(Number(match[1]) * units[match[2] ?? 'ms']!)
}

const units: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 }

/** Types as Parse declared them (Int32 each; none: the server infers it), formats and bytes as Bind gave them. */
export function valuesOf({ parameters, parameterFormats }: Bind, types: Buffer): Meaning['parameters'] {
  return parameters.map((value, index) => ({
    value, typeOid: typeAt(types, index),
    // Protocol 55.7, Bind: no formats means all text, one means it for all.
    format: (parameterFormats.length === 1 ? parameterFormats[0] : parameterFormats[index]) ?? 0,
  }))
}
