// The exact text of an approval, opened for one reader; and why it cannot be, in words.
import { estimateReason, type ApprovalWhole } from '../../shared/approval.ts'
import type { Principal } from '../../shared/principal.ts'
import type { ApprovalRecord } from '../store/approvals.ts'
import type { Seal } from './seal.ts'

export type Exact = Pick<ApprovalWhole, 'exact' | 'sealed'>

export function exactOf({ id, kind, sealed }: ApprovalRecord, seal: Pick<Seal, 'open'>): Exact {
  if (kind === 'grant') return { exact: null, sealed: null }
  if (sealed === null) return { exact: null, sealed: 'the exact text was removed with age; the recording has the masked one' }
  const opened = seal.open(id, sealed)
  return opened.ok ? { exact: opened.exact, sealed: null } : { exact: null, sealed: opened.why }
}

/** The planner's estimate tells of values, which may come masked to who asks: it is for who decides. */
export function exactFor(record: ApprovalRecord, principal: Principal, seal: Pick<Seal, 'open'>): Exact {
  const { exact, sealed } = exactOf(record, seal)
  if (exact === null || record.asked.requester.id !== principal.id) return { exact, sealed }
  const { estimatedRows, reasons, ...risk } = exact.risk
  return { exact: { ...exact, risk: { ...risk, estimatedRows: null, reasons: reasons.filter((reason) => estimatedRows === null || reason !== estimateReason(estimatedRows)) } }, sealed }
}
