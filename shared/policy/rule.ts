// The YAML of a policy file, as zod schemas (design.md §4). Unknown keys are errors, and so is a rule that this gateway could not
// enforce. What is parsed is normalised: lists are lists, durations are milliseconds, `who` is requirements.
import { z } from 'zod'
import { approvalWithinMsDefault, approvalWithinMsMax } from '../limits.ts'
import type { ApprovalNeed } from '../approval.ts'
import type { SqlKind } from '../command.ts'
import type { Effect, LimitObligation } from '../verdict.ts'
import { parseDuration } from './duration.ts'
import { identifierGlobProblem } from './identifier-glob.ts'
import { functionPinSchema, type FunctionPin } from './functions.ts'
import { maskSchema, type MaskRule } from './mask.ts'
import { policyTestSchema, type PolicyTest } from './policy-test.ts'
import { globText, knownKeys, oneOrMany, plainName, principalId, someOf } from './shapes.ts'
import { baseKind, sqlKindProblem } from './sql-kinds.ts'
import { isNobody, nobody, whoSchema, type Who } from './who.ts'

export interface SqlBody {
  readonly kind: 'sql'
  /** `*` stands for every kind. */
  readonly kinds: readonly (SqlKind | '*')[]
  /** Globs over `schema.table`; null: any table, and none. */
  readonly on: readonly string[] | null
}

export interface Rule {
  readonly id: string
  readonly who: Who
  readonly effect: Effect
  readonly body: SqlBody
  readonly limit: LimitObligation | null
  /** Of an approve rule; null otherwise. */
  readonly need: Omit<ApprovalNeed, 'also'> | null
}

export type PolicyScope =
  | { readonly kind: 'connections'; readonly names: readonly string[] }
  /** Every label must be there, with one of the values. */
  | { readonly kind: 'labels'; readonly labels: Readonly<Record<string, readonly string[]>> }

export interface Policy {
  readonly policy: string
  readonly scope: PolicyScope
  readonly rules: readonly Rule[]
  readonly masks: readonly MaskRule[]
  readonly tests: readonly PolicyTest[]
  readonly functions?: readonly FunctionPin[]
}

const sqlKind = z.string().superRefine((word, context) => {
  const problem = word === '*' ? null : sqlKindProblem(word)
  if (problem !== null) context.addIssue({ code: 'custom', message: problem })
}).transform((word) => word as SqlKind | '*')

const relationGlob = globText.superRefine((pattern, context) => {
  const problem = identifierGlobProblem(pattern, 2)
  if (problem !== null) context.addIssue({ code: 'custom', message: problem })
})

/** What belongs to protocols that come later: a rule nobody enforces must not load. */
const notYet = (kind: string) => z.never({ error: `${kind} rules are not available yet; this gateway enforces sql` }).optional()
const later = { kubernetes: notYet('kubernetes'), ssh: notYet('ssh'), http: notYet('http'), mcp: notYet('mcp'),
  resources: notYet('kubernetes'), namespaces: notYet('kubernetes'), commands: notYet('ssh'), paths: notYet('http'),
  tools: notYet('mcp'), arguments: notYet('mcp') }
const bodyShape = { sql: someOf(sqlKind).optional(), on: someOf(relationGlob).optional(), ...later }

const bodySchema = z.strictObject(bodyShape, knownKeys(bodyShape, { hidden: Object.keys(later) }))
  .superRefine((body, context) => {
    if (body.sql === undefined) context.addIssue({ code: 'custom', message: 'says nothing; expected sql: [kinds] such as { sql: [select], on: ["public.*"] }' })
  })
  .transform((body): SqlBody => ({ kind: 'sql', kinds: body.sql ?? [], on: body.on ?? null }))

/** Allow of `update` covers `update-without-where`: an allow that names only the latter would read as if it did not. */
const allowSchema = bodySchema.superRefine((body, context) => {
  for (const [at, kind] of body.kinds.entries()) {
    const base = kind === '*' ? undefined : baseKind[kind]
    if (base !== undefined) {
      context.addIssue({ code: 'custom', path: ['sql', at], message: `an allow of ${base} covers ${kind} already; name it in a deny or approve to hold it back` })
    }
  }
})

const durationExpected = 'expected a duration of at most 7d, such as 90s, 15m or 1h'
const duration = z.string({ error: durationExpected }).transform((text, context) => {
  const ms = parseDuration(text)
  if (ms !== null && ms <= approvalWithinMsMax) return ms
  context.addIssue({ code: 'custom', message: durationExpected })
  return z.NEVER
})

const limitShape = { rows: z.number().int().min(1).optional(), seconds: z.number().positive().optional() }
const limitSchema = z.strictObject(limitShape, knownKeys(limitShape))
  .refine((limit) => limit.rows !== undefined || limit.seconds !== undefined, { error: 'expected rows, seconds or both' })
  .transform((limit): LimitObligation => ({ rows: limit.rows ?? null, seconds: limit.seconds ?? null }))

const name = z.string().min(1)
const byShape = { groups: oneOrMany(name).optional(), users: oneOrMany(principalId).optional(), count: z.number().int().min(1).default(1) }
const bySchema = z.strictObject(byShape, knownKeys(byShape))
  .refine((by) => (by.groups ?? []).length + (by.users ?? []).length > 0, { error: 'names nobody who could approve; expected groups or users' })

const ruleShape = {
  id: plainName, who: whoSchema.optional(),
  allow: allowSchema.optional(), approve: bodySchema.optional(), deny: bodySchema.optional(),
  limit: limitSchema.optional(), by: bySchema.optional(), within: duration.optional(),
}
type WrittenRule = z.output<z.ZodObject<typeof ruleShape, z.core.$strict>>

const effects = ['allow', 'approve', 'deny'] as const

const ruleSchema = z.strictObject(ruleShape, knownKeys(ruleShape)).superRefine(checkRule).transform((rule): Rule => {
  const effect = effects.find((word) => rule[word] !== undefined) ?? 'deny'
  const { by } = rule
  return {
    id: rule.id, who: rule.who ?? nobody, effect, body: rule[effect] ?? { kind: 'sql', kinds: ['*'], on: null }, limit: rule.limit ?? null,
    need: by === undefined ? null : { groups: by.groups ?? [], users: by.users ?? [], count: by.count, withinMs: rule.within ?? approvalWithinMsDefault },
  }
})

function checkRule(rule: WrittenRule, context: z.RefinementCtx): void {
  const problem = (message: string, path: string[] = []) => context.addIssue({ code: 'custom', message, path })
  const given = effects.filter((word) => rule[word] !== undefined)
  if (given.length !== 1) return problem(`expected exactly one of allow, approve, deny; found ${given.length === 0 ? 'none' : given.join(' and ')}`)
  const [effect] = given
  if (effect !== 'allow' && isNobody(rule.who ?? nobody)) {
    problem(`names nobody, so it would ${effect === 'deny' ? 'deny' : 'ask about'} nothing; write who: everyone, or name them`, rule.who === undefined ? [] : ['who'])
  }
  if (effect === 'deny' && rule.limit !== undefined) problem('a deny has no limit', ['limit'])
  if (effect === 'approve' && rule.by === undefined) problem('an approve rule needs by: who may approve, such as { groups: [on-call], count: 1 }')
  if (effect !== 'approve' && rule.by !== undefined) problem('only an approve rule has by', ['by'])
  if (effect !== 'approve' && rule.within !== undefined) problem('only an approve rule has within', ['within'])
}

const labelName = z.string().min(1)
const policyShape = {
  policy: plainName,
  connections: someOf(globText).optional(),
  labels: z.record(labelName, someOf(globText)).refine((labels) => Object.keys(labels).length > 0, { error: 'names no label' }).optional(),
  rules: z.array(ruleSchema).default([]),
  masks: z.array(maskSchema).default([]),
  tests: z.array(policyTestSchema).default([]),
  functions: z.array(functionPinSchema).default([]),
}

export const policySchema: z.ZodType<Policy> = z.strictObject(policyShape, knownKeys(policyShape))
  .superRefine((file, context) => {
    const scopes = [file.connections, file.labels].filter((scope) => scope !== undefined).length
    if (scopes !== 1) context.addIssue({ code: 'custom', message: `expected ${scopes === 0 ? 'connections or labels: a policy says where it holds' : 'one of connections and labels, not both'}` })
  })
  .transform(({ policy, connections, labels, rules, masks, tests, functions }): Policy => ({
    policy, scope: labels === undefined ? { kind: 'connections', names: connections ?? [] } : { kind: 'labels', labels }, rules, masks, tests, functions,
  }))
