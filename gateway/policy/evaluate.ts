// The one sentence (design.md §4): any matching deny wins; else any matching approve; else allow; else deny. Pure: values in, a
// verdict out. A statement is a set of accesses: deny and approve match on any one, an allow must cover every one.
import type { ApprovalNeed } from '../../shared/approval.ts'
import type { CommandFacts, ResolvedAccess, ResolvedStatement, SqlKind } from '../../shared/command.ts'
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { Principal } from '../../shared/principal.ts'
import type { LimitObligation, RuleRef, Verdict } from '../../shared/verdict.ts'
import { hasRule, viewOf, type CompiledRule } from './compile.ts'
import { allowReason, approveReason, denyReason, noRuleReason, uncoveredReason } from './reason.ts'
import type { PolicySnapshot } from './snapshot.ts'

/** `now`, milliseconds since the epoch, is part of the signature for rules that look at the clock; no rule does yet. */
export function evaluate(
  snapshot: PolicySnapshot, principal: Principal, connection: ConnectionSummary, facts: CommandFacts, _now: number,
): Verdict {
  const view = viewOf(snapshot, principal, connection)
  const needed = facts.statements.map(accessesOf)
  const denied = concerned(view.deny, needed)
  const approved = concerned(view.approve, needed)
  const allowed = view.allow.filter((rule) => needed.some(({ accesses }) => accesses.some((access) => coversAny(rule, access))))
  const matched = [...denied.map(({ rule }) => rule), ...approved.map(({ rule }) => rule), ...allowed].map(({ ref }) => ref)

  const [deny] = denied
  if (deny !== undefined) return refused(denyReason(deny.rule, deny.access), deny.rule.ref, matched)
  const [approve] = approved
  if (approve !== undefined) {
    return {
      effect: 'approve', rule: approve.rule.ref, reason: approveReason(approve.rule, approve.access), matched,
      limit: strictest([...approved.map(({ rule }) => rule), ...allowed]), need: needOf(approved.map(({ rule }) => rule)),
    }
  }
  if (!hasRule(view)) return refused(noRuleReason(connection), null, matched)
  const uncovered = firstUncovered(view.allow, needed)
  if (uncovered !== null) return refused(uncoveredReason(uncovered.kind, uncovered.relation), null, matched)
  return {
    effect: 'allow', rule: allowed[0]?.ref ?? null, reason: allowReason(allowed[0] ?? null), matched, limit: strictest(allowed), need: null,
  }
}

export interface Needed { readonly statement: ResolvedStatement; readonly accesses: readonly ResolvedAccess[] }

/** The statement's own kind is asked about too, where no access bears it: `do`, `set`, `create` of a role, `select 1`. */
export function accessesOf(statement: ResolvedStatement): Needed {
  const { kind } = statement.statement
  if (statement.accesses.some((access) => access.kind === kind)) return { statement, accesses: statement.accesses }
  return { statement, accesses: [...statement.accesses, { kind, relations: [], isFreeCatalog: false }] }
}

interface Hit { readonly rule: CompiledRule; readonly access: ResolvedAccess }

/** For deny and approve. */
function concerned(rules: readonly CompiledRule[], needed: readonly Needed[]): readonly Hit[] {
  const hits: Hit[] = []
  for (const rule of rules) {
    const access = firstConcerned(rule, needed)
    if (access !== undefined) hits.push({ rule, access })
  }
  return hits
}

/** A rule that fails to evaluate counts as a match. */
function firstConcerned({ matches }: CompiledRule, needed: readonly Needed[]): ResolvedAccess | undefined {
  for (const { statement, accesses } of needed) {
    const { isHarmless } = statement.statement
    const access = accesses.find((one) => orElse(() => matches.mayConcern(one, isHarmless), true))
    if (access !== undefined) return access
  }
  return undefined
}

export const coversAny = (rule: CompiledRule, access: ResolvedAccess): boolean => candidates(access).some((relation) => covers(rule, access.kind, relation))

/** For allow: a rule that fails to evaluate covers nothing. */
const covers = (rule: CompiledRule, kind: SqlKind, relation: string | null): boolean => orElse(() => rule.matches.covers(kind, relation), false)

const noRelation: readonly null[] = [null]
const candidates = (access: ResolvedAccess): readonly (string | null)[] => (access.relations.length === 0 ? noRelation : access.relations)

/** Rules cover together: each candidate of each access by some rule. */
function firstUncovered(rules: readonly CompiledRule[], needed: readonly Needed[]): { readonly kind: SqlKind; readonly relation: string | null } | null {
  for (const { statement, accesses } of needed) {
    for (const access of accesses) {
      if (isFree(statement, access)) continue
      for (const relation of candidates(access)) {
        if (!rules.some((rule) => covers(rule, access.kind, relation))) return { kind: access.kind, relation }
      }
    }
  }
  return null
}

/** Needs no rule beyond any rule: reading the listed catalogs, and what a harmless statement does without touching a relation. */
export function isFree(statement: ResolvedStatement, access: ResolvedAccess): boolean {
  if (access.isFreeCatalog) return access.kind === 'select' && access.relations.length > 0
  return statement.statement.isHarmless && access.relations.length === 0
}

export function orElse(ask: () => boolean, onError: boolean): boolean {
  try {
    return ask()
  } catch {
    return onError
  }
}

const noLimit: LimitObligation = { rows: null, seconds: null }

function refused(reason: string, rule: RuleRef | null, matched: readonly RuleRef[]): Verdict {
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
