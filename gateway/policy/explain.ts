// Why a verdict is what it is: every rule of every policy with what made it match or not, and every access with the rules that
// allow it. Asks the very matchers that evaluate(…) asks; decides nothing. Pure.
import type { ResolvedAccess, SqlCommandFacts, SqlKind } from '../../shared/command.ts'
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { Principal } from '../../shared/principal.ts'
import type { Effect, LimitObligation, RuleRef } from '../../shared/verdict.ts'
import { compileSnapshot, isAbout, type CompiledRule } from './compile.ts'
import { accessesOf, coversAny, isFree, orElse, type Needed } from './evaluate.ts'
import type { PolicySnapshot } from './snapshot.ts'
import type { PrincipalMatcher } from './who.ts'

export interface RuleExplanation {
  readonly rule: RuleRef
  readonly effect: Effect
  readonly isMatch: boolean
  readonly why: string
  readonly limit: LimitObligation | null
}

export interface AccessExplanation {
  readonly kind: SqlKind
  readonly relations: readonly string[]
  /** Needs no rule of its own. */
  readonly isFree: boolean
  /** Allow rules that cover it, or one of the relations it may mean. */
  readonly allowedBy: readonly RuleRef[]
}

export interface Explanation { readonly rules: readonly RuleExplanation[]; readonly accesses: readonly AccessExplanation[] }

export function explain(snapshot: PolicySnapshot, principal: Principal, connection: ConnectionSummary, facts: SqlCommandFacts): Explanation {
  const needed = facts.statements.map(accessesOf)
  const policies = compileSnapshot(snapshot).policies.map((policy) => ({ policy, isHere: policy.holdsOn(connection) }))
  const rules = policies.flatMap(({ policy, isHere }) => policy.rules.map((rule): RuleExplanation => ({
    rule: rule.ref, effect: rule.rule.effect, limit: rule.rule.limit,
    ...(isHere ? matchOf(rule, principal, needed) : { isMatch: false, why: `connection: policy ${policy.policy} does not hold on ${connection.name}` }),
  })))
  const allows = policies.flatMap(({ policy, isHere }) => (isHere ? policy.rules : []).filter(({ rule, who }) => rule.effect === 'allow' && isAbout(who, principal, false)))
  return { rules, accesses: needed.flatMap((one) => one.accesses.map((access) => accessOf(one, access, allows))) }
}

function accessOf({ statement }: Needed, access: ResolvedAccess, allows: readonly CompiledRule[]): AccessExplanation {
  return {
    kind: access.kind, relations: access.relations, isFree: isFree(statement, access),
    allowedBy: allows.filter((rule) => coversAny(rule, access)).map(({ ref }) => ref),
  }
}

function matchOf(rule: CompiledRule & { readonly who: PrincipalMatcher }, principal: Principal, needed: readonly Needed[]): { readonly isMatch: boolean; readonly why: string } {
  const isAllow = rule.rule.effect === 'allow'
  if (!isAbout(rule.who, principal, !isAllow)) return { isMatch: false, why: 'who: is not about this principal' }
  const hits = needed.flatMap(({ statement, accesses }) => accesses.filter((access) => (isAllow
    ? coversAny(rule, access)
    : orElse(() => rule.matches.mayConcern(access, statement.statement.isHarmless), true))))
  if (hits.length === 0) return { isMatch: false, why: `accesses: ${isAllow ? 'covers' : 'is about'} none of them` }
  return { isMatch: true, why: `accesses: ${hits.map(accessText).join(', ')}` }
}

export function accessText({ kind, relations }: { readonly kind: SqlKind; readonly relations: readonly string[] }): string {
  return relations.length === 0 ? kind : `${kind} on ${relations.join(' or ')}`
}
