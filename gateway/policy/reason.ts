// The sentence a verdict gives people: what, why, by which rule. What it is of a command stands in sql-reason.ts and kubernetes-reason.ts.
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { Hit } from './asked.ts'
import type { CompiledRule } from './compile.ts'

export const denyReason = ({ rule, denied }: Hit): string => `denied by ${ruleName(rule)}: ${denied()}`

export function approveReason({ rule, held }: Hit): string {
  const { groups, users } = rule.rule.need ?? { groups: [], users: [] }
  return `held by ${ruleName(rule)} for ${[...groups, ...users].map(printable).join(' or ')}: ${held()} needs approval`
}

export const noRuleReason = (connection: ConnectionSummary): string => `no rule gives you access to connection ${printable(connection.name)}`

export const allowReason = (rule: CompiledRule | null): string =>
  rule === null ? 'needs no rule beyond access to the connection' : `allowed by ${ruleName(rule)}`

const ruleName = ({ ref }: CompiledRule): string => `rule ${ref.rule} (policy ${ref.policy})`

/** A name may hold anything: line breaks, controls and bidirectional marks are shown, not obeyed. */
export function printable(name: string): string {
  const shown = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
  return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown
}
