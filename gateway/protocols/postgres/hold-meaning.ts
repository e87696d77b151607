// What a command means beside its letters: who runs it, where, as which role, under which settings, with which values, on which
// relations. The intent is the hash of all that; two commands with the same intent are the same command (design.md §6).
import { createHash, hash } from 'node:crypto'
import type { SqlStatement } from '../../../shared/command.ts'
import type { Decision } from '../../pipeline/access.ts'
import { timeoutNames, type Timeout } from '../../sql/backend-state.ts'
import type { Bind } from './codec/frontend.ts'

/**
 * The settings of one session as a hash over what changed them, in order: sessions that began alike and said the same have the same.
 * After code that nobody sees it is nobody else's. What a rollback takes back still counts, which keeps apart what may be the same.
 */
export class Settings {
  #trail: string
  /** Of the timeouts that end a waiting transaction, what the session itself has set, milliseconds; null: set to something unread. */
  readonly timeouts = new Map<Timeout, number | null>()
  readonly #session: string
  #unseen = 0

  /** `startup`: what the client brought in its startup packet. */
  constructor(session: string, startup: ReadonlyMap<string, string>) {
    this.#session = session
    const settings = [...startup].filter(([name]) => name !== 'application_name').toSorted(([a], [b]) => (a < b ? -1 : 1))
    this.#trail = hash('sha256', JSON.stringify(settings), 'hex')
    for (const name of timeoutNames) if (startup.has(name)) this.timeouts.set(name, milliseconds(startup.get(name)!))
  }

  get trail(): string {
    return this.#trail
  }

  /** A command goes upstream. */
  note(text: string, { facts, runsCode }: Decision): void {
    if (!runsCode && !facts.statements.some(changesSettings)) return
    const isSeen = !runsCode && facts.statements.every((statement) => !changesSettings(statement) || statement.kind === 'set' || statement.kind === 'set-role')
    this.#trail = hash('sha256', JSON.stringify([this.#trail, isSeen ? text : [this.#session, this.#unseen++]]), 'hex')
    for (const name of timeoutNames) {
      if (facts.statements.some(({ setting }) => setting === name)) this.timeouts.set(name, valueSet(text, name))
    }
  }
}

function changesSettings({ kind, setting, setsSearchPath, functions, accesses }: SqlStatement): boolean {
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

export interface Meaning {
  readonly principal: string
  readonly connection: string
  readonly database: string
  /** With which the session signed in. */
  readonly user: string
  readonly settings: string
  /** Unqualified names resolve by the catalog's path, or by one that only the settings tell. */
  readonly searchPath: string
  readonly text: string
  /** Texts of the prepared statements that it executes. */
  readonly executes: readonly string[]
  /** Of the values and their types. */
  readonly parameters: string
}

export function intentOf(meaning: Meaning, { resolved, catalog }: Decision): string {
  const relations = [...new Set(resolved.statements.flatMap(({ accesses }) => accesses.flatMap(({ relations: names }) => names)))].toSorted()
  return hash('sha256', JSON.stringify({ ...meaning, path: catalog.searchPath, relations: relations.map((name) => {
    const relation = catalog.byName.get(name)
    // Another table of the same name is another table, and a view redefined is another view.
    return [name, relation?.oid ?? null, relation === undefined ? null : catalog.derivations?.views.get(relation.oid) ?? null]
  }) }), 'hex')
}

/** Types as Parse declared them, formats and bytes as Bind gave them. */
export function digestOf({ parameters, parameterFormats }: Bind, types: Buffer): string {
  const digest = createHash('sha256').update(`${types.toString('hex')} ${parameterFormats.join(',')} ${parameters.length}`)
  for (const value of parameters) {
    digest.update(value === null ? ' null' : ` ${value.length} `)
    if (value !== null) digest.update(value)
  }
  return digest.digest('hex')
}
