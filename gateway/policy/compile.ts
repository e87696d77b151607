// A snapshot's rules as closures, narrowed to one principal on one connection and kept as long as all three live. What is
// decided per command (evaluate.ts) then looks at a handful of rules and compares strings.
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { DetectorRef } from '../../shared/policy/detector.ts'
import { splitColumnPath } from '../../shared/policy/json-path.ts'
import type { MaskRule } from '../../shared/policy/mask.ts'
import { bodyKinds, type RuleBody } from '../../shared/policy/rule-body.ts'
import type { PolicyScope, Rule } from '../../shared/policy/rule.ts'
import { compileGlobs } from '../../shared/policy/glob.ts'
import type { Principal } from '../../shared/principal.ts'
import type { RuleRef } from '../../shared/verdict.ts'
import { resolveDetectors } from './detectors.ts'
import { compileCondition, type Condition } from './condition.ts'
import { compileKubernetesBody, type KubernetesMatcher } from './kubernetes-body.ts'
import type { MaskSet, PolicySnapshot } from './snapshot.ts'
import { compileSqlBody, type SqlMatcher } from './sql-body.ts'
import { compileWho, type PrincipalMatcher } from './who.ts'

interface CompiledOf<Kind extends RuleBody['kind'], Matcher> {
  readonly kind: Kind
  readonly ref: RuleRef
  readonly rule: Rule & { readonly body: Extract<RuleBody, { readonly kind: Kind }> }
  readonly matches: Matcher
  /** Null: whenever. */
  readonly when: Condition | null
}
export type SqlRule = CompiledOf<'sql', SqlMatcher>
export type KubernetesRule = CompiledOf<'kubernetes', KubernetesMatcher>
export type CompiledRule = SqlRule | KubernetesRule

/** The rules that are about this principal on this connection and its kind, in the order of their files. */
export interface View {
  readonly deny: readonly CompiledRule[]
  readonly approve: readonly CompiledRule[]
  readonly allow: readonly CompiledRule[]
  /** Of `mode: shadow`, of any effect: in none of the others. */
  readonly shadow: readonly CompiledRule[]
  readonly masks: MaskSet
}

/** Only what gives access counts: a principal whom policies merely deny things has no business on the connection. */
export const hasRule = (view: View): boolean => view.allow.length > 0 || view.approve.length > 0

interface CompiledPolicy {
  readonly policy: string
  readonly holdsOn: (connection: ConnectionSummary) => boolean
  readonly rules: readonly (CompiledRule & { readonly who: PrincipalMatcher })[]
  readonly masks: readonly { readonly rule: MaskRule; readonly detectors: readonly DetectorRef[]; readonly isExempt: PrincipalMatcher }[]
}

interface Compiled {
  readonly policies: readonly CompiledPolicy[]
  readonly views: WeakMap<ConnectionSummary, WeakMap<Principal, View>>
}

const compiledSnapshots = new WeakMap<PolicySnapshot, Compiled>()

/** Done at load, so that the first command does not wait for it. */
export function compileSnapshot(snapshot: PolicySnapshot): Compiled {
  const known = compiledSnapshots.get(snapshot)
  if (known !== undefined) return known
  const detectorsNamed = resolveDetectors(snapshot.policies)
  const policies = snapshot.policies.map((policy): CompiledPolicy => ({
    policy: policy.policy,
    holdsOn: compileScope(policy.scope),
    rules: policy.rules.map((rule) => ({ ...compileRule(policy.policy, rule), who: compileWho(rule.who) })),
    masks: policy.masks.map((rule) => ({ rule, detectors: rule.target.kind === 'detect' ? detectorsNamed(rule.target.detectors) : [], isExempt: compileWho(rule.except) })),
  }))
  const compiled: Compiled = { policies, views: new WeakMap() }
  compiledSnapshots.set(snapshot, compiled)
  return compiled
}

function compileRule(policy: string, { body, ...rule }: Rule): CompiledRule {
  const common = { ref: { policy, rule: rule.id }, when: rule.when === null ? null : conditionOf(rule.when, body.kind) }
  return body.kind === 'sql' ? { kind: 'sql', ...common, rule: { ...rule, body }, matches: compileSqlBody(body) }
    : { kind: 'kubernetes', ...common, rule: { ...rule, body }, matches: compileKubernetesBody(body) }
}

export function viewOf(snapshot: PolicySnapshot, principal: Principal, connection: ConnectionSummary): View {
  const { policies, views } = compileSnapshot(snapshot)
  let ofConnection = views.get(connection)
  if (ofConnection === undefined) views.set(connection, (ofConnection = new WeakMap()))
  let view = ofConnection.get(principal)
  if (view === undefined) ofConnection.set(principal, (view = narrow(policies, principal, connection)))
  return view
}

function narrow(policies: readonly CompiledPolicy[], principal: Principal, connection: ConnectionSummary): View {
  const here = policies.filter((policy) => policy.holdsOn(connection))
  const rules = here.flatMap((policy) => policy.rules.filter(({ kind, rule, who }) => kind === bodyKinds[connection.kind] && isAbout(who, principal, rule.effect !== 'allow')))
  const enforced = rules.filter(({ rule }) => rule.mode === 'enforce')
  return {
    deny: enforced.filter(({ rule }) => rule.effect === 'deny'),
    approve: enforced.filter(({ rule }) => rule.effect === 'approve'),
    allow: enforced.filter(({ rule }) => rule.effect === 'allow'),
    shadow: rules.filter(({ rule }) => rule.mode === 'shadow'),
    masks: maskSet(here, principal),
  }
}

/** A policy with a wrong condition does not load (load.ts); should one be here all the same, it can never be evaluated. */
function conditionOf(text: string, kind: RuleBody['kind']): Condition {
  const compiled = compileCondition(text, kind)
  if (compiled.ok) return compiled.condition
  return { isTimed: false, constant: null, holds: () => { throw new TypeError(compiled.problem) } }
}

/** Closed: a `who` that cannot be evaluated counts in a deny or approve, and not in an allow or an `except` (design.md §4). */
export function isAbout(who: PrincipalMatcher, principal: Principal, onError: boolean): boolean {
  try {
    return who(principal)
  } catch {
    return onError
  }
}

function maskSet(policies: readonly CompiledPolicy[], principal: Principal): MaskSet {
  const masks = policies.flatMap(({ policy, masks }) => masks.map(({ rule, detectors, isExempt }) => ({
    target: rule.target, detectors, shown: { policy, rule: rule.id, as: rule.as, isExempt: isAbout(isExempt, principal, false) },
  })))
  return {
    columns: masks.flatMap(({ target, shown }) => (target.kind === 'columns' ? target.columns.map((pattern) => ({ ...shown, ...columnOf(pattern) })) : [])),
    fields: masks.flatMap(({ target, shown }) => {
      if (target.kind !== 'fields') return []
      const { kind: _, ...of } = target
      return [{ ...shown, ...of }]
    }),
    detect: masks.flatMap(({ target, detectors, shown }) => (target.kind === 'detect' ? [{ ...shown, as: 'redact' as const, detectors }] : [])),
  }
}

function columnOf(pattern: string): { readonly column: string; readonly path?: string } {
  const { column, path } = splitColumnPath(pattern)
  return path === null ? { column } : { column, path }
}

export function compileScope(scope: PolicyScope): (connection: ConnectionSummary) => boolean {
  if (scope.kind === 'connections') {
    const matches = compileGlobs(scope.names, '.')
    return (connection) => matches(connection.name)
  }
  const labels = Object.entries(scope.labels).map(([label, globs]) => ({ label, matches: compileGlobs(globs, '/') }))
  return ({ labels: own }) => labels.every(({ label, matches }) => Object.hasOwn(own, label) && matches(own[label] ?? ''))
}
