// An ApprovalNeed as a column of JSON holds it.
import { z } from 'zod'
import type { ApprovalNeed } from '../../shared/approval.ts'

const needPart = z.object({
  groups: z.array(z.string()), users: z.array(z.string()), count: z.number().int().min(1), withinMs: z.number(), breakGlass: z.array(z.string()).optional(),
  wantsReason: z.literal(true).optional(),
  github: z.object({ repository: z.string(), path: z.string() }).optional(),
})
export const needSchema: z.ZodType<ApprovalNeed> = needPart.extend({ also: z.array(needPart) }).transform(withoutUndefined)

/** zod gives `breakGlass: undefined` and the like a type that exact optional properties refuse. */
function withoutUndefined({ also, ...first }: z.output<typeof needPart> & { also: z.output<typeof needPart>[] }): ApprovalNeed {
  const part = ({ breakGlass, github, wantsReason, ...rest }: z.output<typeof needPart>) => ({ ...rest, ...(breakGlass !== undefined && { breakGlass }), ...(github !== undefined && { github }), ...(wantsReason && { wantsReason }) })
  return { ...part(first), also: also.map(part) }
}
