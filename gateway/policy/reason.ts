// The sentence a verdict gives people: what, why, by which rule. Kinds and relation names only, never values of the statement.
import { noSchema } from '../../shared/command.ts'
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { Hit, Uncovered } from './asked.ts'
import type { CompiledRule } from './compile.ts'
import type { Concern } from './sql-body.ts'

export function denyReason({ rule, access, concern }: Hit): string {
  // A rule without `on` speaks of the kind as such, so the sentence does too.
  const { on, columns } = rule.rule.body
  return `denied by ${ruleName(rule)}: ${access.kind} is not allowed${on === null && columns === null ? '' : onRelation(concern.relation)}${besides(concern)}${over(rule)}`
}

export function approveReason({ rule, access, concern }: Hit): string {
  const { groups, users } = rule.rule.need ?? { groups: [], users: [] }
  const deciders = [...groups, ...users]
  return `held by ${ruleName(rule)} for ${deciders.map(printable).join(' or ')}: ${access.kind}${onRelation(concern.relation)}${besides(concern)}${over(rule)} needs approval`
}

export function uncoveredReason({ kind, relation, column }: Uncovered): string {
  return `no rule allows ${kind}${onRelation(relation)}${besides({ column, call: null })}`
}

/** The estimate itself stays here: it tells of rows that people may not count. */
const over = ({ rule }: CompiledRule): string => (rule.rowsOver === null ? '' : ` of what may be more than ${rule.rowsOver} rows`)

function besides({ column, call }: Pick<Concern, 'column' | 'call'>): string {
  return `${column === null ? '' : column === '*' ? ' (all columns)' : ` (column ${printable(column)})`}${call === null ? '' : ` with ${printable(call)}()`}`
}

export const noRuleReason = (connection: ConnectionSummary): string => `no rule gives you access to connection ${printable(connection.name)}`

export const allowReason = (rule: CompiledRule | null): string =>
  rule === null ? 'needs no rule beyond access to the connection' : `allowed by ${ruleName(rule)}`

const ruleName = ({ ref }: CompiledRule): string => `rule ${ref.rule} (policy ${ref.policy})`

function onRelation(relation: string | null): string {
  if (relation === null) return ''
  // Where there is no schema people wrote the name alone.
  return ` on ${printable(relation.startsWith(`${noSchema}.`) ? relation.slice(noSchema.length + 1) : relation)}`
}

/** An identifier may hold anything: line breaks, controls and bidirectional marks are shown, not obeyed. */
function printable(name: string): string {
  const shown = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
  return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown
}
