// The `sql`, `on`, `columns` and `functions` of a rule against one access of a statement. Two questions, because a name may stand for
// several things: may the rule be about this access (deny, approve), and what of it does it surely cover (allow).
import type { ResolvedAccess, SqlKind } from '../../shared/command.ts'
import { compileGlobs } from '../../shared/policy/glob.ts'
import { compileRelationGlob, type RelationGlob } from '../../shared/policy/identifier-glob.ts'
import type { SqlBody } from '../../shared/policy/sql-body.ts'
import { baseKind, sqlKinds } from '../../shared/policy/sql-kinds.ts'
import { compileFunctionGlobs, type FunctionGlobs } from './function-glob.ts'
import type { ColumnNeed, Uses } from './uses.ts'

/** What made a rule match beside the access itself, for the reason. */
export interface Concern { readonly relation: string | null; readonly column: string | null; readonly call: string | null }

export interface SqlMatcher {
  /** The kind matches, and any relation the access may mean, and any column and function asked for. `isHarmless`: of the access's statement. */
  readonly concern: (access: ResolvedAccess, uses: Uses, isHarmless: boolean) => Concern | null
  /** The kind matches, and this relation whichever way its name is read; null, no relation: `on` is satisfied. */
  readonly covers: (kind: SqlKind, relation: string | null) => boolean
  /** Every function the statement calls is in the list. */
  readonly coversCalls: (uses: Uses) => boolean
  /** The column is in the list; `*`, the whole row, only if the list has a lone `*`. */
  readonly coversColumn: (name: string) => boolean
}

export function compileSqlBody(body: SqlBody): SqlMatcher {
  const kinds = new Set<SqlKind | '*'>(body.kinds)
  const isAnyKind = kinds.has('*')
  const isNamed = (kind: SqlKind) => kinds.has(kind) || kinds.has(baseKind[kind] ?? kind)
  const isAboutKind = (kind: SqlKind) => isAnyKind || isNamed(kind)
  const on = body.on === null ? null : body.on.map(compileRelationGlob)
  const columns = body.columns === null ? null : columnGlobs(body.columns)
  const functions = body.functions === null ? null : compileFunctionGlobs(body.functions)
  return {
    concern: (access, uses, isHarmless) => {
      const isKind = isAboutKind(access.kind)
      // `where ssn = '…'` of an UPDATE or DELETE reads the column too: a deny of reading it is about that.
      if (!isKind && !(columns !== null && isAboutKind('select'))) return null
      const call = functions === null ? null : concernedCall(functions, uses, isUnseen(access.kind, isHarmless))
      if (call === undefined) return null
      const relation = access.relations[0] ?? null
      if (columns === null && on === null) return { relation, column: null, call }
      if (access.relations.length === 0) return isKind && mayTouchUnseen(access.kind, isNamed(access.kind), isHarmless) ? { relation: null, column: null, call } : null
      if (columns === null) return isOn(on!, access.relations) ? { relation, column: null, call } : null
      const found = concernedColumn({ on, columns }, access, { uses, isReadOnly: !isKind })
      return found === null ? null : { ...found, call }
    },
    covers: (kind, relation) => isAboutKind(kind) && !(functions !== null && isUnseen(kind, false))
      && (on === null || relation === null || on.some((glob) => glob.mustMatch(relation))),
    coversCalls: (uses) => functions === null || uses.calls.every(functions.mustBe),
    coversColumn: (name) => columns === null || columns.covers(name),
  }
}

/** Code nobody sees from here may call any function. */
const isUnseen = (kind: SqlKind, isHarmless: boolean): boolean => !isHarmless && sqlKinds[kind] === 'opaque'

/** The name for the reason; null: it may call one that cannot be named; undefined: it calls none of them. */
function concernedCall(functions: FunctionGlobs, { calls }: Uses, isUnseenCode: boolean): string | null | undefined {
  const call = calls.find(functions.mayBe)
  if (call === undefined) return isUnseenCode ? null : undefined
  return call.kind === 'known' ? call.name : null
}

interface ColumnGlobs { readonly matches: (name: string) => boolean; readonly covers: (name: string) => boolean }

function columnGlobs(patterns: readonly string[]): ColumnGlobs {
  const matches = compileGlobs(patterns, null)
  const isAll = patterns.includes('*')
  return { matches, covers: (name) => (name === '*' ? isAll : matches(name)) }
}

interface OnColumns { readonly on: readonly RelationGlob[] | null; readonly columns: ColumnGlobs }

function concernedColumn({ on, columns }: OnColumns, access: ResolvedAccess, { uses, isReadOnly }: { readonly uses: Uses; readonly isReadOnly: boolean }) {
  for (const relation of access.relations) {
    if (on !== null && !isOn(on, [relation])) continue
    const need = uses.columns(access.kind, relation).find((one) => (one.isRead || !isReadOnly) && mayBe(columns, one, uses.all(relation)))
    if (need !== undefined) return { relation, column: need.name }
  }
  return null
}

/** A whole row is every column the table has; of a table that is not known, any. */
function mayBe({ matches }: ColumnGlobs, { name }: ColumnNeed, all: ReadonlySet<string> | null): boolean {
  if (name !== '*') return matches(name)
  return all === null || [...all].some(matches)
}

/**
 * No table satisfies `on` (design.md §4): a kind that the rule names is meant wherever it comes. But `sql: "*", on: [hr.pay]` means
 * what may touch that table: code nobody sees from here, not BEGIN or SET; and a select that reads no table is on none, or a deny on
 * one table would refuse `select 1`.
 */
function mayTouchUnseen(kind: SqlKind, isNamed: boolean, isHarmless: boolean): boolean {
  if (kind === 'select') return false
  return isNamed || (!isHarmless && sqlKinds[kind] !== 'statement')
}

function isOn(on: readonly RelationGlob[], relations: readonly string[]): boolean {
  return relations.some((relation) => on.some((glob) => glob.mayMatch(relation)))
}
