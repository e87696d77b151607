// Why a verdict is what it is: every rule of every policy with what made it match or not, and every access with the rules that
// allow it. Asks the very matchers that evaluate(…) asks; decides nothing. Pure.
import type { CommandFacts } from '../../shared/command.ts'
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { Principal } from '../../shared/principal.ts'
import type { Effect, LimitObligation, RuleRef } from '../../shared/verdict.ts'
import { compileSnapshot, isAbout, type CompiledRule } from './compile.ts'
import { ask } from './ask.ts'
import type { Asked } from './asked.ts'
import type { PolicySnapshot } from './snapshot.ts'
import type { PrincipalMatcher } from './who.ts'

export interface RuleExplanation {
  readonly rule: RuleRef
  readonly effect: Effect
  readonly isMatch: boolean
  readonly why: string
  /** Of `mode: shadow`: decides nothing. */
  readonly isShadow: boolean
  readonly limit: LimitObligation | null
}

export interface AccessExplanation {
  /** Of SQL the kind of access, of Kubernetes the verb or privilege. */
  readonly kind: string
  readonly relations: readonly string[]
  /** Needs no rule of its own. */
  readonly isFree: boolean
  /** Allow rules that cover it, or one of the relations it may mean. */
  readonly allowedBy: readonly RuleRef[]
}

export interface Explanation { readonly rules: readonly RuleExplanation[]; readonly accesses: readonly AccessExplanation[] }

export function explain(snapshot: PolicySnapshot, principal: Principal, connection: ConnectionSummary, facts: CommandFacts, now: number): Explanation {
  const asked = ask({ principal, connection, facts, now })
  const policies = compileSnapshot(snapshot).policies.map((policy) => ({ policy, isHere: policy.holdsOn(connection) }))
  const rules = policies.flatMap(({ policy, isHere }) => policy.rules.map((rule): RuleExplanation => ({
    rule: rule.ref, effect: rule.rule.effect, limit: rule.rule.limit, isShadow: rule.rule.mode === 'shadow',
    ...(isHere ? matchOf(rule, principal, asked) : { isMatch: false, why: `connection: policy ${policy.policy} does not hold on ${connection.name}` }),
  })))
  const allows = policies.flatMap(({ policy, isHere }) => (isHere ? policy.rules : []).filter(({ rule, who }) => rule.effect === 'allow' && rule.mode === 'enforce' && isAbout(who, principal, false)))
  const covered = allows.map((rule) => ({ ref: rule.ref, places: new Set(asked.matched(rule)) }))
  return {
    rules,
    accesses: asked.pieces.map((piece, at) => ({ ...piece, allowedBy: covered.filter(({ places }) => places.has(at)).map(({ ref }) => ref) })),
  }
}

interface Match { readonly isMatch: boolean; readonly why: string }

function matchOf(rule: CompiledRule & { readonly who: PrincipalMatcher }, principal: Principal, asked: Asked): Match {
  const isAllow = rule.rule.effect === 'allow'
  if (!isAbout(rule.who, principal, !isAllow)) return { isMatch: false, why: 'who: is not about this principal' }
  // The same rule without its conditions says whether it was they that did not hold.
  const places = asked.matched(unconditional(rule))
  if (places.length === 0) return { isMatch: false, why: `accesses: ${isAllow ? 'covers' : 'is about'} none of them` }
  if (asked.matched(rule).length === 0) return { isMatch: false, why: rule.rule.when === null ? 'rows-over: fewer rows are estimated' : 'when: does not hold' }
  return { isMatch: true, why: `accesses: ${places.map((at) => accessText(asked.pieces[at]!)).join(', ')}` }
}

function unconditional(rule: CompiledRule): CompiledRule {
  return rule.kind === 'sql' ? { ...rule, when: null, rule: { ...rule.rule, rowsOver: null } } : { ...rule, when: null }
}

export function accessText({ kind, relations }: { readonly kind: string; readonly relations: readonly string[] }): string {
  return relations.length === 0 ? kind : `${kind} on ${relations.join(' or ')}`
}
