// The YAML of a policy file, as zod schemas (design.md §4). Unknown keys are errors, and so is a rule that this gateway could not
// enforce. What is parsed is normalised: lists are lists, durations are milliseconds, `who` is requirements.
import { z } from 'zod'
import { approvalWithinMsDefault, approvalWithinMsMax, conditionCharactersMax, limitSecondsMax } from '../limits.ts'
import type { ApprovalNeed } from '../approval.ts'
import type { Effect, LimitObligation } from '../verdict.ts'
import { parseDuration } from './duration.ts'
import { detectorSchema, type CustomDetector } from './detector.ts'
import { functionPinSchema, type FunctionPin } from './functions.ts'
import { maskSchema, type MaskRule } from './mask.ts'
import { policyTestSchema, type PolicyTest } from './policy-test.ts'
import { allowBodySchema, ruleBodySchema, type RuleBody } from './rule-body.ts'
import { githubRepository, globText, knownKeys, oneOrMany, plainName, principalId, someOf } from './shapes.ts'
import { isNobody, nobody, whoSchema, type Who } from './who.ts'

export interface Rule {
  readonly id: string
  readonly who: Who
  readonly effect: Effect
  readonly body: RuleBody
  /** A CEL expression that must be true besides; null: none. Its types are checked where it is compiled, gateway/policy/condition.ts. */
  readonly when: string | null
  /** Only statements that give or change more rows than this, as PostgreSQL's planner estimates; null: any. Of deny and approve. */
  readonly rowsOver: number | null
  /** `shadow`: decided and recorded, not enforced. */
  readonly mode: 'enforce' | 'shadow'
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
  readonly detectors: readonly CustomDetector[]
  readonly masks: readonly MaskRule[]
  readonly tests: readonly PolicyTest[]
  readonly functions?: readonly FunctionPin[]
}

const durationExpected = 'expected a duration of at most 7d, such as 90s, 15m or 1h'
const duration = z.string({ error: durationExpected }).transform((text, context) => {
  const ms = parseDuration(text)
  if (ms !== null && ms <= approvalWithinMsMax) return ms
  context.addIssue({ code: 'custom', message: durationExpected })
  return z.NEVER
})

const limitShape = { rows: z.number().int().min(1).optional(), seconds: z.number().positive().max(limitSecondsMax, { error: `expected at most ${limitSecondsMax}, a week (limitSecondsMax)` }).optional() }
const limitSchema = z.strictObject(limitShape, knownKeys(limitShape))
  .refine((limit) => limit.rows !== undefined || limit.seconds !== undefined, { error: 'expected rows, seconds or both' })
  .transform((limit): LimitObligation => ({ rows: limit.rows ?? null, seconds: limit.seconds ?? null }))

const name = z.string().min(1)
const githubShape = {
  repository: githubRepository,
  path: globText.refine((path) => !path.startsWith('/'), { error: 'expected a glob over paths of the repository, such as migrations/**, without a slash before it' }),
}
const byShape = {
  github: z.strictObject(githubShape, knownKeys(githubShape)).optional(), groups: oneOrMany(name).optional(), users: oneOrMany(principalId).optional(), count: z.number().int().min(1).default(1),
}
const bySchema = z.strictObject(byShape, knownKeys(byShape))
  .refine((by) => (by.groups ?? []).length + (by.users ?? []).length > 0, { error: 'names nobody who could approve, or deny it; expected groups or users' })

const breakGlassShape = { groups: someOf(name) }
const breakGlassSchema = z.strictObject(breakGlassShape, knownKeys(breakGlassShape))

const condition = z.string({ error: 'expected a condition in CEL, such as \'now.getHours("Europe/Berlin") >= 9\'' }).min(1, { error: 'says nothing; leave the key out' })
  .max(conditionCharactersMax, { error: `is longer than ${conditionCharactersMax} characters (conditionCharactersMax)` })

const ruleShape = {
  id: plainName, who: whoSchema.optional(),
  allow: allowBodySchema.optional(), approve: ruleBodySchema.optional(), deny: ruleBodySchema.optional(),
  when: condition.optional(), 'rows-over': z.number().int().min(0).optional(),
  mode: z.enum(['enforce', 'shadow'], { error: 'expected enforce or shadow' }).default('enforce'),
  limit: limitSchema.optional(), by: bySchema.optional(), within: duration.optional(), 'break-glass': breakGlassSchema.optional(),
  reason: z.enum(['required', 'optional'], { error: 'expected required or optional: whether who asks must say what it is for' }).optional(),
}
type WrittenRule = z.output<z.ZodObject<typeof ruleShape, z.core.$strict>>

const effects = ['allow', 'approve', 'deny'] as const

const ruleSchema = z.strictObject(ruleShape, knownKeys(ruleShape)).superRefine(checkRule).transform((rule): Rule => {
  const effect = effects.find((word) => rule[word] !== undefined) ?? 'deny'
  const { by, 'break-glass': breakGlass } = rule
  return {
    id: rule.id, who: rule.who ?? nobody, effect, body: rule[effect] ?? { kind: 'sql', kinds: ['*'], on: null, columns: null, functions: null },
    when: rule.when ?? null, rowsOver: rule['rows-over'] ?? null, mode: rule.mode, limit: rule.limit ?? null,
    need: by === undefined ? null : {
      groups: by.groups ?? [], users: by.users ?? [], count: by.count, withinMs: rule.within ?? approvalWithinMsDefault,
      ...(breakGlass !== undefined && { breakGlass: breakGlass.groups }), ...(by.github !== undefined && { github: by.github }),
      ...(rule.reason === 'required' && { wantsReason: true as const }),
    },
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
  if (effect === 'allow' && rule['rows-over'] !== undefined) problem('only a deny or approve has rows-over: an estimate opens nothing; limit: { rows } is exact', ['rows-over'])
  if (effect === 'deny' && rule.limit !== undefined) problem('a deny has no limit', ['limit'])
  if (effect === 'approve' && rule.by === undefined) problem('an approve rule needs by: who may approve, such as { groups: [on-call], count: 1 }')
  if (rule[effect!]?.kind === 'kubernetes') checkKubernetes(rule, problem)
  if (effect !== 'approve' && rule.by !== undefined) problem('only an approve rule has by', ['by'])
  if (effect !== 'approve' && rule.within !== undefined) problem('only an approve rule has within', ['within'])
  if (effect !== 'approve' && rule['break-glass'] !== undefined) problem('only an approve rule has break-glass: there is nobody else to go past', ['break-glass'])
  if (effect !== 'approve' && rule.reason !== undefined) problem('only an approve rule has reason: nobody else is there to read it', ['reason'])
}

function checkKubernetes({ limit, 'rows-over': rowsOver }: WrittenRule, problem: (message: string, path: string[]) => void): void {
  if (limit?.rows != null) problem('a Kubernetes request has no rows; limit: { seconds } is how long it may take', ['limit'])
  if (rowsOver !== undefined) problem('nobody estimates rows of a Kubernetes request; deletes: { over, within } counts deletes', ['rows-over'])
}

const labelName = z.string().min(1)
const policyShape = {
  policy: plainName,
  connections: someOf(globText).optional(),
  labels: z.record(labelName, someOf(globText)).refine((labels) => Object.keys(labels).length > 0, { error: 'names no label' }).optional(),
  rules: z.array(ruleSchema).default([]),
  detectors: z.array(detectorSchema).default([]),
  masks: z.array(maskSchema).default([]),
  tests: z.array(policyTestSchema).default([]),
  functions: z.array(functionPinSchema).default([]),
}

export const policySchema: z.ZodType<Policy> = z.strictObject(policyShape, knownKeys(policyShape))
  .superRefine((file, context) => {
    const scopes = [file.connections, file.labels].filter((scope) => scope !== undefined).length
    if (scopes !== 1) context.addIssue({ code: 'custom', message: `expected ${scopes === 0 ? 'connections or labels: a policy says where it holds' : 'one of connections and labels, not both'}` })
  })
  .transform(({ policy, connections, labels, rules, detectors, masks, tests, functions }): Policy => ({
    policy, scope: labels === undefined ? { kind: 'connections', names: connections ?? [] } : { kind: 'labels', labels }, rules, detectors, masks, tests, functions,
  }))
