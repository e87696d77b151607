// Approvals and grants over HTTP. Until the desk behind them is composed, each answers that there is none.
import { GatehouseError } from '../../shared/errors.ts'
import type { Handlers } from './routes.ts'

type ApprovalRoutes = 'approvals' | 'approval' | 'decideApproval' | 'shortenApproval' | 'withdrawApproval' | 'explainApproval' | 'viewApproval'
  | 'breakGlass' | 'reviewApproval' | 'requestGrant' | 'grants' | 'revokeGrant' | 'preflight' | 'maskedColumns'

export function approvalHandlers(): Pick<Handlers, ApprovalRoutes> {
  const none = () => Promise.reject(new GatehouseError('not_found', 'approvals are not available yet', { side: 'client' }))
  return {
    approvals: none, approval: none, decideApproval: none, shortenApproval: none, withdrawApproval: none, explainApproval: none, viewApproval: none,
    breakGlass: none, reviewApproval: none, requestGrant: none, grants: none, revokeGrant: none, preflight: none, maskedColumns: none,
  }
}
