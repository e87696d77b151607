// The sentence a verdict gives people: what, why, by which rule. Kinds and relation names only, never values of the statement.
import { noSchema, type ResolvedAccess, type SqlKind } from '../../shared/command.ts'
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { CompiledRule } from './compile.ts'

export function denyReason(rule: CompiledRule, access: ResolvedAccess): string {
  // A rule without `on` speaks of the kind as such, so the sentence does too.
  const on = rule.rule.body.on === null ? '' : onRelation(access.relations[0] ?? null)
  return `denied by ${ruleName(rule)}: ${access.kind} is not allowed${on}`
}

export function approveReason(rule: CompiledRule, access: ResolvedAccess): string {
  const { groups, users } = rule.rule.need ?? { groups: [], users: [] }
  const deciders = [...groups, ...users]
  return `held by ${ruleName(rule)} for ${deciders.map(printable).join(' or ')}: ${access.kind}${onRelation(access.relations[0] ?? null)} needs approval`
}

export const uncoveredReason = (kind: SqlKind, relation: string | null): string => `no rule allows ${kind}${onRelation(relation)}`

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
