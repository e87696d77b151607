// The `sql: […], on: […]` of a rule against one access of a statement. Two questions, because a name may stand for several
// relations: may the rule be about this access (deny, approve), and which of its relations does it surely cover (allow).
import type { ResolvedAccess, SqlKind } from '../../shared/command.ts'
import { compileRelationGlob, type RelationGlob } from '../../shared/policy/identifier-glob.ts'
import type { SqlBody } from '../../shared/policy/rule.ts'
import { baseKind, sqlKinds } from '../../shared/policy/sql-kinds.ts'

export interface SqlMatcher {
  /** The kind matches, and any relation the access may mean. `isHarmless`: of the statement the access is of. */
  readonly mayConcern: (access: ResolvedAccess, isHarmless: boolean) => boolean
  /** The kind matches, and this relation whichever way its name is read; null, no relation: `on` is satisfied. */
  readonly covers: (kind: SqlKind, relation: string | null) => boolean
}

export function compileSqlBody(body: SqlBody): SqlMatcher {
  const kinds = new Set<SqlKind | '*'>(body.kinds)
  const isAnyKind = kinds.has('*')
  const isNamed = (kind: SqlKind) => kinds.has(kind) || kinds.has(baseKind[kind] ?? kind)
  const isAboutKind = (kind: SqlKind) => isAnyKind || isNamed(kind)
  const on = body.on === null ? null : body.on.map(compileRelationGlob)
  return {
    mayConcern: (access, isHarmless) => {
      if (!isAboutKind(access.kind)) return false
      if (on === null) return true
      if (access.relations.length === 0) return mayTouchUnseen(access.kind, isNamed(access.kind), isHarmless)
      return isOn(on, access.relations)
    },
    covers: (kind, relation) => isAboutKind(kind) && (on === null || relation === null || on.some((glob) => glob.mustMatch(relation))),
  }
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
