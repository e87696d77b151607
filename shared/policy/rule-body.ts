// What a rule is about, of one protocol: its keys say which. A body whose keys are of two is about nothing that there is, and does not load.
import { z } from 'zod'
import type { ConnectionKind } from '../connection.ts'
import { kubernetesAllowSchema, kubernetesBodySchema, kubernetesShape, type KubernetesRuleBody } from './kubernetes-body.ts'
import { sqlAllowSchema, sqlBodySchema, sqlShape, type SqlBody } from './sql-body.ts'

export type RuleBody = SqlBody | KubernetesRuleBody

/** A rule is about connections of the kind that its body is of, and about no others. */
export const bodyKinds = { postgres: 'sql', kubernetes: 'kubernetes' } as const satisfies Record<ConnectionKind, RuleBody['kind']>

const sqlKeys = Object.keys(sqlShape)
const kubernetesKeys = Object.keys(kubernetesShape)

/** What belongs to protocols that come later: a rule nobody enforces must not load. */
const later: Readonly<Record<string, string>> = { ssh: 'ssh', commands: 'ssh', http: 'http', paths: 'http', mcp: 'mcp', tools: 'mcp', arguments: 'mcp' }

function bodyOf(sql: z.ZodType<SqlBody>, kubernetes: z.ZodType<KubernetesRuleBody>): z.ZodType<RuleBody> {
  return z.unknown().transform((written, context): RuleBody => {
    const keys = typeof written === 'object' && written !== null && !Array.isArray(written) ? Object.keys(written) : []
    const unavailable = keys.filter((key) => Object.hasOwn(later, key))
    for (const key of unavailable) context.addIssue({ code: 'custom', path: [key], message: `${later[key]!} rules are not available yet; this gateway enforces sql and kubernetes` })
    const mixed = mixedProblem(keys)
    if (mixed !== null) context.addIssue({ code: 'custom', message: mixed })
    const isKubernetes = keys.some((key) => kubernetesKeys.includes(key))
    const isWithoutVerbs = isKubernetes && !keys.includes('kubernetes') && mixed === null
    if (isWithoutVerbs) context.addIssue({ code: 'custom', message: 'says not which verbs; expected kubernetes: [verbs] such as { kubernetes: [get, list], resources: [pods] }' })
    if (unavailable.length > 0 || mixed !== null || isWithoutVerbs) return z.NEVER
    const parsed = (isKubernetes ? kubernetes : sql).safeParse(written)
    if (parsed.success) return parsed.data
    for (const issue of parsed.error.issues) context.addIssue(issue as Parameters<typeof context.addIssue>[0])
    return z.NEVER
  })
}

function mixedProblem(keys: readonly string[]): string | null {
  const [ofSql, ofKubernetes] = [sqlKeys, kubernetesKeys].map((own) => keys.filter((key) => own.includes(key)))
  if (ofSql!.length === 0 || ofKubernetes!.length === 0) return null
  return `mixes ${ofSql!.join(', ')} (of sql) with ${ofKubernetes!.join(', ')} (of kubernetes); a rule is about one of them: write two`
}

/** Of a deny or approve. */
export const ruleBodySchema = bodyOf(sqlBodySchema, kubernetesBodySchema)
export const allowBodySchema = bodyOf(sqlAllowSchema, kubernetesAllowSchema)
