// What of an SQL command a rule is about, in words: kinds and relation names only, never values of the statement.
import { noSchema, type ResolvedAccess, type SqlKind } from '../../shared/command.ts'
import type { SqlRule } from './compile.ts'
import { printable } from './reason.ts'
import type { Concern } from './sql-body.ts'

export interface SqlHit { readonly rule: SqlRule; readonly access: ResolvedAccess; readonly concern: Concern }

export interface Uncovered { readonly kind: SqlKind; readonly relation: string | null; readonly column: string | null }

export function sqlDenied({ rule, access, concern }: SqlHit): string {
  // A rule without `on` speaks of the kind as such, so the sentence does too.
  const { on, columns } = rule.rule.body
  return `${access.kind} is not allowed${on === null && columns === null ? '' : onRelation(concern.relation)}${besides(concern)}${over(rule.rule.rowsOver)}`
}

export function sqlHeld({ rule, access, concern }: SqlHit): string {
  return `${access.kind}${onRelation(concern.relation)}${besides(concern)}${over(rule.rule.rowsOver)}`
}

export function sqlUncovered({ kind, relation, column }: Uncovered): string {
  return `no rule allows ${kind}${onRelation(relation)}${besides({ column, call: null })}`
}

/** The estimate itself stays here: it tells of rows that people may not count. */
const over = (rowsOver: number | null): string => (rowsOver === null ? '' : ` of what may be more than ${rowsOver} rows`)

function besides({ column, call }: Pick<Concern, 'column' | 'call'>): string {
  return `${column === null ? '' : column === '*' ? ' (all columns)' : ` (column ${printable(column)})`}${call === null ? '' : ` with ${printable(call)}()`}`
}

function onRelation(relation: string | null): string {
  if (relation === null) return ''
  // Where there is no schema people wrote the name alone.
  return ` on ${printable(relation.startsWith(`${noSchema}.`) ? relation.slice(noSchema.length + 1) : relation)}`
}
