// How the gateway tells which result columns are masked: asked for with the startup option `gatehouse.masks=on`, it sends a
// NoticeResponse of SQLSTATE 01G01 before the RowDescription it speaks of, its DETAIL a JSON array.
import { z } from 'zod'
import type { ColumnMask } from '../../../shared/ipc.ts'
import { jsonOf } from '../../json.ts'

export const masksOption = '-c gatehouse.masks=on'
export const masksSqlState = '01G01'

const maskNotice = z.array(z.object({
  /** 0-based place of the column in the result. */
  index: z.number().int().min(0), name: z.string(),
  policy: z.string(), rule: z.string(), as: z.string(), why: z.string(),
}))

/** Column index → its mask. A detail that we cannot read masks nothing away: the values are masked already, only the mark is lost. */
export function masksOf(detail: string | undefined): ReadonlyMap<number, ColumnMask> {
  const parsed = maskNotice.safeParse(jsonOf(detail ?? ''))
  return new Map(parsed.data?.map(({ index, policy, rule, as, why }) => [index, { policy, rule, as, why }]))
}
