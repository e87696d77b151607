// What is wrong with rules without being an error: an allow that a deny always beats, one that another covers, one for everything
// and everyone, a condition that is always the same. Pure, and cautious: it speaks only where the texts themselves prove it.
import { isDeepStrictEqual } from 'node:util'
import { compileRelationGlob } from '../../shared/policy/identifier-glob.ts'
import type { Policy, Rule } from '../../shared/policy/rule.ts'
import type { SqlBody } from '../../shared/policy/sql-body.ts'
import { baseKind } from '../../shared/policy/sql-kinds.ts'
import type { Who } from '../../shared/policy/who.ts'
import { isEverything, kubernetesCovers, passedBy } from './check-kubernetes.ts'
import { compileCondition } from './condition.ts'

export interface RuleWarning {
  /** Index of the policy and of its rule. */
  readonly policy: number
  readonly rule: number
  readonly message: string
}

interface Placed { readonly policy: number; readonly at: number; readonly rule: Rule; readonly file: Policy }

export function checkRules(policies: readonly Policy[]): readonly RuleWarning[] {
  const all = policies.flatMap((file, policy) => file.rules.map((rule, at): Placed => ({ policy, at, rule, file })))
  return all.flatMap((one, index) => {
    const message = warningOf(one, index, all)
    return message === null ? [] : [{ policy: one.policy, rule: one.at, message }]
  })
}

function warningOf(one: Placed, index: number, all: readonly Placed[]): string | null {
  const constant = constantOf(one.rule)
  if (constant === false) return 'never takes effect: its when is always false'
  if (constant === true) return 'its when is always true, so it says nothing'
  const passed = one.rule.effect === 'allow' || one.rule.body.kind === 'sql' ? null : passedBy(one.rule.body)
  if (passed !== null) return passed
  // A rule in shadow is there to be looked at, whatever others do.
  if (one.rule.effect === 'deny' || one.rule.mode === 'shadow') return null
  const deny = all.find((other) => other.rule.effect === 'deny' && holdsWherever(other, one))
  if (deny !== undefined) return `never takes effect: ${nameOf(deny)} denies all of it`
  if (one.rule.effect !== 'allow') return null
  const cover = all.find((other, at) => isCover(other, one) && (at < index || !isCover(one, other)))
  if (cover !== undefined) return `adds nothing: ${nameOf(cover)} allows all of it, for the same people`
  return isOverBroad(one.rule) ? `allows everything ${one.rule.body.kind === 'sql' ? 'on every table' : 'but privileges'} to everyone` : null
}

const nameOf = ({ rule, file }: Placed): string => `rule ${rule.id} (policy ${file.policy})`

/** An allow with a limit of its own still does something: it makes the limit stricter. */
function isCover(wide: Placed, narrow: Placed): boolean {
  if (wide === narrow || wide.rule.effect !== 'allow') return false
  const addsLimit = narrow.rule.limit !== null && !isDeepStrictEqual(narrow.rule.limit, wide.rule.limit)
  return !addsLimit && holdsWherever(wide, narrow)
}

function constantOf({ when, body }: Rule): boolean | null {
  const compiled = when === null ? null : compileCondition(when, body.kind)
  return compiled?.ok === true ? compiled.condition.constant : null
}

function holdsWherever(wide: Placed, narrow: Placed): boolean {
  return isUnconditional(wide.rule) && isDeepStrictEqual(wide.file.scope, narrow.file.scope) && meansAll(wide.rule.who, narrow.rule.who) && bodyCovers(wide.rule, narrow.rule)
}

function bodyCovers({ body: wide, effect }: Rule, { body: narrow }: Rule): boolean {
  if (wide.kind === 'sql') return narrow.kind === 'sql' && kindsCover(wide, narrow) && tablesCover(wide, narrow)
  return narrow.kind === 'kubernetes' && kubernetesCovers(wide, narrow, effect)
}

/** Nothing beside kinds and tables narrows it, and it is enforced. */
function isUnconditional({ body, when, rowsOver, mode }: Rule): boolean {
  const isWhole = body.kind === 'sql' ? body.columns === null && body.functions === null : body.argv === null && body.fields === null
  return isWhole && when === null && rowsOver === null && mode === 'enforce'
}

const meansAll = (wide: Who, narrow: Who): boolean => isEveryone(wide) || (narrow.anyOf.length > 0 && isDeepStrictEqual(wide, narrow))

function isEveryone({ anyOf }: Who): boolean {
  return anyOf.some(({ requires, except }) => requires.length > 0 && requires.every(({ kind }) => kind === 'everyone') && except.anyOf.length === 0)
}

function kindsCover(wide: SqlBody, narrow: SqlBody): boolean {
  return wide.kinds.includes('*') || narrow.kinds.every((kind) => wide.kinds.includes(kind) || (kind !== '*' && wide.kinds.includes(baseKind[kind] ?? kind)))
}

function tablesCover(wide: SqlBody, narrow: SqlBody): boolean {
  if (wide.on === null) return true
  // Without `on` the narrow one is about what touches no table too.
  if (narrow.on === null) return false
  return narrow.on.every((glob) => wide.on!.some((other) => other === glob || isAnyTable(other) || (!glob.includes('*') && compileRelationGlob(other).mustMatch(glob))))
}

const isAnyTable = (glob: string): boolean => glob === '*' || glob === '*.*'

function isOverBroad(rule: Rule): boolean {
  const { who, body } = rule
  if (!isUnconditional(rule) || !isEveryone(who)) return false
  return body.kind === 'sql' ? body.kinds.includes('*') && (body.on === null || body.on.some(isAnyTable)) : isEverything(body)
}
