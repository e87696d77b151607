// The `tests:` of a policy file. Here they are read and checked for shape; `gatehouse policy test` runs them.
import { z } from 'zod'
import { knownKeys, oneOrMany } from './shapes.ts'

const text = z.string().min(1)
const asShape = {
  id: text.optional(), groups: oneOrMany(text).default([]), email: text.optional(),
  kind: z.enum(['human', 'ci', 'agent'], { error: 'expected human, ci or agent' }).default('human'),
  claims: z.record(text, z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])).default({}),
}
const shape = {
  as: z.strictObject(asShape, knownKeys(asShape)),
  run: text,
  connection: text.optional(),
  expect: z.enum(['allow', 'approve', 'deny'], { error: 'expected allow, approve or deny' }),
  /** Id of the rule that decides. */
  rule: text.optional(),
  /** When, for `when:`; now if left out. */
  at: z.iso.datetime({ offset: true, error: 'expected a time with its zone, such as "2026-12-24T18:00:00+01:00"' }).transform((text) => Date.parse(text)).optional(),
  /** As PostgreSQL's planner estimates, for `rows-over`; not known if left out. */
  rows: z.number().int().min(0).optional(),
  /** Exactly these output columns are masked. */
  masked: oneOrMany(text).optional(),
}

export const policyTestSchema = z.strictObject(shape, knownKeys(shape))
export type PolicyTest = z.output<typeof policyTestSchema>
