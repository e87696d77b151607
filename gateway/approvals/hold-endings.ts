// How a session's wait ends in the store, one transaction each: its time is over, its policy changed, its client left.
import { approvalHolderLostMs } from '../limits.ts'
import type { ApprovalRows } from '../store/approvals.ts'
import type { Hold } from './approvals.ts'
import { endApproval, isFinal } from './closing.ts'
import type { Held } from './held.ts'
import { personOf } from './people.ts'

export type Leaving = Parameters<Hold['release']>[0]

export const leavingReasons = {
  cancelled: 'the requester cancelled the command', disconnected: 'the requester disconnected', 'session-ended': "the requester's session ended",
} as const satisfies Record<Leaving, string>

/** The session waits no more; the approval itself ends only with its own time. */
export const expireHold = (rows: ApprovalRows, held: Held): Promise<void> => rows.transaction(async (tx) => {
  const record = await tx.lock(held.approval)
  await tx.holdGone(held.id)
  if (record === null || isFinal(record.state)) return
  if (record.expiresAt <= held.expiresAt) await endApproval(tx, record, { state: 'expired' })
  else await tx.event('holder-gone', record.id, null)
})

export const withdrawApproval = (rows: ApprovalRows, approval: string, reason: string): Promise<void> => rows.transaction(async (tx) => {
  const record = await tx.lock(approval)
  if (record !== null && !isFinal(record.state)) await endApproval(tx, record, { state: 'withdrawn', by: null, reason })
})

/** `keepsOpen`: the gateway stops, and what was asked stays open for its retry. */
export const leaveApproval = (rows: ApprovalRows, held: Held, { why, keepsOpen, now }: { readonly why: Leaving; readonly keepsOpen: boolean; readonly now: number }): Promise<void> => rows.transaction(async (tx) => {
  const record = await tx.lock(held.approval)
  await tx.holdGone(held.id)
  if (record === null || isFinal(record.state)) return
  const others = record.holds.some(({ id, goneAt, seenAt }) => id !== held.id && goneAt === null && seenAt > now - approvalHolderLostMs)
  if (others || keepsOpen) await tx.event('holder-gone', record.id, null)
  else await endApproval(tx, record, { state: 'withdrawn', by: personOf(held.command.principal), reason: leavingReasons[why] })
})
