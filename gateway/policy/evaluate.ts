// The one sentence (design.md §4): any matching deny wins; else any matching approve; else allow; else deny. Pure: values in, a
// verdict out. What a rule is about is for its protocol to say: sql-asked.ts, kubernetes-asked.ts.
import type { ApprovalNeed } from '../../shared/approval.ts'
import type { CommandFacts } from '../../shared/command.ts'
import type { ConnectionSummary } from '../../shared/connection.ts'
import { bodyKinds } from '../../shared/policy/rule-body.ts'
import type { Principal } from '../../shared/principal.ts'
import type { LimitObligation, RuleRef, ShadowRef, Verdict } from '../../shared/verdict.ts'
import { ask } from './ask.ts'
import type { Asked, Hit } from './asked.ts'
import { hasRule, viewOf, type CompiledRule, type View } from './compile.ts'
import { allowReason, approveReason, denyReason, noRuleReason } from './reason.ts'
import type { PolicySnapshot } from './snapshot.ts'

/** `now`: milliseconds since the epoch, for conditions that look at the clock. */
export function evaluate(snapshot: PolicySnapshot, principal: Principal, connection: ConnectionSummary, facts: CommandFacts, now: number): Verdict {
  const view = viewOf(snapshot, principal, connection)
  const asked = ask({ principal, connection, facts, now })
  // What is none of the connection's protocol, no rule is about.
  const judged = facts.kind === bodyKinds[connection.kind] ? judge(view, asked, connection) : refused(noRuleReason(connection), null, [])
  const shadow = shadowed(view, asked)
  return { ...judged, shadow, isTimed: asked.isTimed }
}

/**
 * Whether the verdict depends on how many rows the statement would give or change, which costs an EXPLAIN to find out. Not where it
 * is refused anyway: what somebody may not run is not planned for them either.
 */
export function needsEstimate(snapshot: PolicySnapshot, principal: Principal, connection: ConnectionSummary, facts: CommandFacts, now: number): boolean {
  if (facts.kind !== 'sql') return false
  const { deny, approve, shadow } = viewOf(snapshot, principal, connection)
  if (![...deny, ...approve, ...shadow].some(({ rule }) => rule.rowsOver !== null)) return false
  const few = evaluate(snapshot, principal, connection, { ...facts, estimatedRows: 0 }, now)
  if (few.effect === 'deny' && few.rule !== null) return false
  const many = evaluate(snapshot, principal, connection, { ...facts, estimatedRows: null }, now)
  if (few.effect === 'deny' && many.effect === 'deny') return false
  return many.effect !== few.effect || many.matched.length !== few.matched.length || many.shadow.length !== few.shadow.length
}

function judge(view: View, asked: Asked, connection: ConnectionSummary): Omit<Verdict, 'shadow' | 'isTimed'> {
  const denied = concerned(view.deny, asked)
  const approved = concerned(view.approve, asked)
  const allowed = asked.allowing(view.allow)
  const matched = [...denied.map(({ rule }) => rule), ...approved.map(({ rule }) => rule), ...allowed].map(({ ref }) => ref)

  const [deny] = denied
  if (deny !== undefined) return refused(denyReason(deny), deny.rule.ref, matched)
  const [approve] = approved
  if (approve !== undefined) {
    return {
      effect: 'approve', rule: approve.rule.ref, reason: approveReason(approve), matched,
      limit: strictest([...approved.map(({ rule }) => rule), ...allowed]), need: needOf(approved.map(({ rule }) => rule)),
    }
  }
  if (!hasRule(view)) return refused(noRuleReason(connection), null, matched)
  const uncovered = asked.uncovered(view.allow)
  if (uncovered !== null) return refused(uncovered, null, matched)
  return {
    effect: 'allow', rule: allowed[0]?.ref ?? null, reason: allowReason(allowed[0] ?? null), matched, limit: strictest(allowed), need: null,
  }
}

/** For deny and approve. */
const concerned = (rules: readonly CompiledRule[], asked: Asked): readonly Hit[] => rules.flatMap((rule) => asked.concern(rule) ?? [])

function shadowed({ shadow }: View, asked: Asked): readonly ShadowRef[] {
  if (shadow.length === 0) return []
  const allows = new Set(asked.allowing(shadow.filter(({ rule }) => rule.effect === 'allow')))
  return shadow.flatMap((rule) => {
    const isMatch = rule.rule.effect === 'allow' ? allows.has(rule) : asked.concern(rule) !== null
    return isMatch ? [{ ...rule.ref, effect: rule.rule.effect }] : []
  })
}

const noLimit: LimitObligation = { rows: null, seconds: null }

function refused(reason: string, rule: RuleRef | null, matched: readonly RuleRef[]): ReturnType<typeof judge> {
  return { effect: 'deny', rule, reason, matched, limit: noLimit, need: null }
}

/** Obligations add up, the strictest wins. */
function strictest(rules: readonly CompiledRule[]): LimitObligation {
  return rules.reduce<LimitObligation>((limit, { rule }) => (rule.limit === null ? limit : {
    rows: least(limit.rows, rule.limit.rows), seconds: least(limit.seconds, rule.limit.seconds),
  }), noLimit)
}

const least = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.min(a, b))

function needOf(rules: readonly CompiledRule[]): ApprovalNeed | null {
  const needs = rules.flatMap(({ rule }) => (rule.need === null ? [] : [rule.need]))
  const [first, ...also] = needs
  return first === undefined ? null : { ...first, withinMs: Math.min(...needs.map((need) => need.withinMs)), also }
}
