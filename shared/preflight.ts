// What would become of a text if it were sent now, statement by statement: the gateway's own evaluator asked, nothing run.
import { z } from 'zod'

const texts = z.array(z.string()).readonly()

export const preflightVerdict = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('allowed') }),
  /** Allowed; these output columns come masked, as far as is known before it runs. */
  z.object({ kind: z.literal('masked'), columns: texts, reason: z.string() }),
  /** `by`: groups and users who may decide. `wantsReason`: it is not asked without one. */
  z.object({ kind: z.literal('approval'), by: texts, reason: z.string(), wantsReason: z.boolean().optional() }),
  z.object({ kind: z.literal('blocked'), reason: z.string() }),
  /** Not known: never to be shown as allowed. */
  z.object({ kind: z.literal('unknown'), reason: z.string() }),
])
export type PreflightVerdict = z.output<typeof preflightVerdict>

/** `start`, `end`: UTF-16 offsets in the text that was sent. */
export const preflightStatement = z.object({ start: z.number(), end: z.number(), tag: z.string(), verdict: preflightVerdict })
export type PreflightStatement = z.output<typeof preflightStatement>
