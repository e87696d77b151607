// Approvals over HTTP: the desk asked by whoever calls. Who may do what is the desk's business (gateway/approvals/rules.ts).
import type { ApiContext } from './context.ts'
import type { Handlers } from './routes.ts'

type ApprovalRoutes = 'approvals' | 'approval' | 'decideApproval' | 'shortenApproval' | 'withdrawApproval' | 'explainApproval' | 'viewApproval' | 'breakGlass' | 'reviewApproval'

export function approvalHandlers({ approvals: { desk } }: ApiContext): Pick<Handlers, ApprovalRoutes> {
  return {
    approvals: (query, { principal }) => desk.list(principal, query),
    approval: ({ id }, { principal }) => desk.show(principal, id),
    decideApproval: ({ id, ...input }, { principal }) => desk.decide(principal, id, input),
    shortenApproval: ({ id, expiresAt }, { principal }) => desk.shorten(principal, id, Date.parse(expiresAt)),
    withdrawApproval: ({ id, reason }, { principal }) => desk.withdraw(principal, id, reason),
    explainApproval: ({ id, purpose }, { principal }) => desk.explain(principal, id, purpose),
    async viewApproval({ id }, { principal }) {
      await desk.looked(principal, id)
      return {}
    },
    breakGlass: ({ id, reason, incident }, { principal }) => desk.breakGlass(principal, id, { reason, incident }),
    reviewApproval: ({ id, note }, { principal }) => desk.review(principal, id, note),
  }
}
