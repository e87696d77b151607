// How an approval ends, the same whoever ends it: its state, its event, its audit event, in one transaction.
import type { ApprovalState, Person } from '../../shared/approval.ts'
import type { ApprovalRecord, ApprovalTx } from '../store/approvals.ts'

export type Ending =
  | { readonly state: 'denied'; readonly by: Person; readonly reason: string | null }
  | { readonly state: 'expired' }
  /** `by` null: by policy, or because the session ended. */
  | { readonly state: 'withdrawn'; readonly by: Person | null; readonly reason: string }

export async function endApproval(tx: ApprovalTx, record: ApprovalRecord, ending: Ending): Promise<void> {
  const reason = reasonOf(record, ending)
  const by = 'by' in ending ? ending.by : null
  await tx.setState(record.id, ending.state, reason)
  await tx.audit({ kind: 'approval-closed', principal: by?.id ?? null, detail: { approval: record.id, state: ending.state, reason } })
  await tx.event('closed', record.id, by)
}

function reasonOf(record: ApprovalRecord, ending: Ending): string {
  switch (ending.state) {
    case 'denied': return `denied by ${ending.by.email ?? ending.by.id}${ending.reason === null ? '' : `: ${ending.reason}`}`
    case 'expired': return record.state === 'approved' ? 'it was approved, and not used in time' : 'nobody agreed in time'
    case 'withdrawn': return ending.reason
  }
}

export const isFinal = (state: ApprovalState): boolean => state !== 'open' && state !== 'approved'
