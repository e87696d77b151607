// How the gateway tells that a statement waits for humans: with the startup option of masks.ts, the DETAIL of its NoticeResponse of SQLSTATE
// 01G02 is JSON (gateway/protocols/postgres/hold.ts). It comes again as a sign of life while the statement waits.
import { z } from 'zod'
import type { HeldStatement } from '../../../shared/ipc.ts'
import { jsonOf } from '../../json.ts'

export const heldSqlState = '01G02'

const waiting = z.object({
  approval: z.string().regex(/^ap_\w{1,60}$/), groups: z.array(z.string()), users: z.array(z.string()), count: z.number(),
  expiresAt: z.iso.datetime(), shortenedBy: z.string().nullable(),
})

/** Null where we cannot read it: then it is shown as the notice it is. */
export const heldOf = (detail: string | undefined): HeldStatement | null => waiting.safeParse(jsonOf(detail ?? '')).data ?? null
