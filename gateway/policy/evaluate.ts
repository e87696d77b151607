// The one sentence (design.md §4): any matching deny wins; else any matching approve; else allow; else deny. Pure: values in, a
// verdict out. A statement is a set of accesses: deny and approve match on any one, an allow must cover every one.
import type { ApprovalNeed } from '../../shared/approval.ts'
import type { CommandFacts, ResolvedAccess, ResolvedStatement } from '../../shared/command.ts'
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { Principal } from '../../shared/principal.ts'
import type { LimitObligation, RuleRef, ShadowRef, Verdict } from '../../shared/verdict.ts'
import { Asked, candidates, covers, uncoveredPart, type Hit, type Uncovered } from './asked.ts'
import { hasRule, viewOf, type CompiledRule, type View } from './compile.ts'
import { allowReason, approveReason, denyReason, noRuleReason, uncoveredReason } from './reason.ts'
import type { PolicySnapshot } from './snapshot.ts'

/** `now`: milliseconds since the epoch, for conditions that look at the clock. */
export function evaluate(snapshot: PolicySnapshot, principal: Principal, connection: ConnectionSummary, facts: CommandFacts, now: number): Verdict {
  const view = viewOf(snapshot, principal, connection)
  const asked = new Asked({ principal, connection, facts, now })
  const judged = judge(view, asked, connection)
  const shadow = shadowed(view, asked)
  return { ...judged, shadow, isTimed: asked.isTimed }
}

/**
 * Whether the verdict depends on how many rows the statement would give or change, which costs an EXPLAIN to find out. Not where it
 * is refused anyway: what somebody may not run is not planned for them either.
 */
export function needsEstimate(snapshot: PolicySnapshot, principal: Principal, connection: ConnectionSummary, facts: CommandFacts, now: number): boolean {
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
  const allowed = allowing(view.allow, asked)
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
  const uncovered = firstUncovered(view.allow, asked)
  if (uncovered !== null) return refused(uncoveredReason(uncovered), null, matched)
  return {
    effect: 'allow', rule: allowed[0]?.ref ?? null, reason: allowReason(allowed[0] ?? null), matched, limit: strictest(allowed), need: null,
  }
}

/** For deny and approve. */
const concerned = (rules: readonly CompiledRule[], asked: Asked): readonly Hit[] => rules.flatMap((rule) => asked.concern(rule) ?? [])

/** Allow rules that cover some access, or one of the relations it may mean. */
function allowing(rules: readonly CompiledRule[], asked: Asked): readonly CompiledRule[] {
  const found = new Set(asked.needed.flatMap((needed) => asked.applying(rules, needed).filter((rule) => needed.accesses.some((access) => coversAny(rule, access)))))
  return rules.filter((rule) => found.has(rule))
}

export const coversAny = (rule: CompiledRule, access: ResolvedAccess): boolean => candidates(access).some((relation) => covers(rule, access.kind, relation))

/** Each candidate of each access, by the rules together. */
function firstUncovered(rules: readonly CompiledRule[], asked: Asked): Uncovered | null {
  for (const needed of asked.needed) {
    const applying = asked.applying(rules, needed)
    for (const access of needed.accesses) {
      if (isFree(needed.statement, access)) continue
      for (const relation of candidates(access)) {
        const uncovered = uncoveredPart(applying, needed, { kind: access.kind, relation })
        if (uncovered !== null) return uncovered
      }
    }
  }
  return null
}

function shadowed({ shadow }: View, asked: Asked): readonly ShadowRef[] {
  if (shadow.length === 0) return []
  const allows = new Set(allowing(shadow.filter(({ rule }) => rule.effect === 'allow'), asked))
  return shadow.flatMap((rule) => {
    const isMatch = rule.rule.effect === 'allow' ? allows.has(rule) : asked.concern(rule) !== null
    return isMatch ? [{ ...rule.ref, effect: rule.rule.effect }] : []
  })
}

/** Needs no rule beyond any rule: reading the listed catalogs, and what a harmless statement does without touching a relation. */
export function isFree(statement: ResolvedStatement, access: ResolvedAccess): boolean {
  if (access.isFreeCatalog) return access.kind === 'select' && access.relations.length > 0
  return statement.statement.isHarmless && access.relations.length === 0
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
