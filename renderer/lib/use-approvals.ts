// The approvals of one list, as they stand now.
import type { ApprovalSummary } from '../../shared/approval.ts'
import type { ApprovalFilter } from '../../shared/ipc.ts'
import { useApprovals } from '../stores/approvals.ts'
import { useLogin } from '../stores/login.ts'
import { listOf } from './approvals.ts'
import { useNow } from './use-now.ts'

export function useList(filter: ApprovalFilter): readonly ApprovalSummary[] {
  const byId = useApprovals((store) => store.byId)
  const principal = useLogin((login) => login.principal?.id ?? '')
  const now = useNow()
  return listOf(filter, Object.values(byId), { principal, now })
}

/** What calls for this person. */
export function useCounts(): { readonly open: number; readonly reviews: number } {
  return { open: useList('open').length, reviews: useList('reviews').length }
}
