// What a command means beside its letters: who runs it, where, as which role, under which settings, with which values, on which
// relations. The intent is the hash of all that; two commands with the same intent are the same command (design.md §6).
import { intentHash, type Intent } from '../approvals/intent.ts'
import type { SearchPath } from '../sql/resolve.ts'
import type { Decision } from './access.ts'
import { behindOf } from './behind.ts'

export interface Meaning extends Pick<Intent, 'principal' | 'connection' | 'database' | 'text' | 'parameters'> {
  /** With which the session signed in at the database. */
  readonly user: string
  /** A hash over what the session has set since, its role among it. */
  readonly settings: string
  /** Unqualified names resolve by the catalog's path, or by one that only the settings tell. */
  readonly searchPath: SearchPath
  /** Nothing in the session has changed what its letters mean, and it has no parameters. */
  readonly isPlain?: boolean
}

export function intentOf({ user, settings, searchPath, ...rest }: Meaning, { resolved, catalog }: Decision): string {
  const names = [...new Set(resolved.statements.flatMap(({ accesses }) => accesses.flatMap(({ relations }) => relations)))].toSorted()
  // Another table of the same name is another table, and a view redefined is another view.
  const relations = names.map((name) => {
    const oid = catalog.byName.get(name)?.oid ?? null
    return [name, oid, oid === null ? null : catalog.derivations?.views.get(oid) ?? null]
  })
  const behind = behindOf(names, catalog)
  const bodies = bodiesOf(resolved, catalog, behind.runsCode)
  return intentHash({ ...rest, role: JSON.stringify([user, settings]), searchPath: JSON.stringify([searchPath, catalog.searchPath, relations, behind.definitions, ...(bodies.length === 0 ? [] : [bodies])]) })
}

/** A function redefined is another function. It may call any other, so where one of the database's own is called, or stands behind what is touched, all of them count. */
function bodiesOf({ statements }: Decision['resolved'], { bodies = new Map<string, string>(), userFunctions }: Decision['catalog'], runsCode: boolean): readonly (readonly [string, string])[] {
  if (!runsCode && !statements.some(({ statement: { functions } }) => functions.some(({ name }) => userFunctions.has(name.toLowerCase())))) return []
  return [...bodies].filter(([name]) => !name.startsWith('pg_temp')).toSorted(([a], [b]) => (a < b ? -1 : 1))
}

/** Of an HTTP-like request: what its line and body do not say is which object they will meet. */
export interface RequestMeaning {
  readonly principal: string
  readonly connection: string
  /** Method, target, content type. */
  readonly line: string
  readonly body: Uint8Array | null
  /** Which object it is about, as it is now; null: none, or not known. */
  readonly state: string | null
}

export function intentOfRequest({ principal, connection, line, body, state }: RequestMeaning): string {
  const parameters = body === null ? [] : [{ typeOid: 0, format: 1, value: body }]
  return intentHash({ principal, connection, database: '', role: null, searchPath: JSON.stringify([state]), text: line, parameters })
}
