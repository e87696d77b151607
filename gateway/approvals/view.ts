// Approvals and grants as the API shows them to one caller: what it is, how it stands, what this caller may do and why not. Pure.
import type { ApprovalSummary, Grant, Person } from '../../shared/approval.ts'
import type { Principal } from '../../shared/principal.ts'
import { approvalHolderLostMs } from '../limits.ts'
import type { ApprovalRecord } from '../store/approvals.ts'
import type { GrantRecord } from '../store/grants.ts'
import { githubOf, tally, whyNotBreakGlass, whyNotDecide, whyNotDeny, whyNotReview, whyNotWithdraw } from './rules.ts'
import { votesAsGiven } from './votes.ts'

const iso = (ms: number) => new Date(ms).toISOString()
const isoOrNull = (ms: number | null) => (ms === null ? null : iso(ms))

export function summaryFor(record: ApprovalRecord, principal: Principal, now: number): ApprovalSummary {
  const { asked } = record
  // Between its time and the next sweep it says what the rules say already.
  const isOver = (record.state === 'open' || record.state === 'approved') && record.expiresAt <= now
  return {
    id: record.id, state: isOver ? 'expired' : record.state, subject: asked.subject, requester: asked.requester, connection: asked.connection,
    rule: asked.rule, reason: asked.reason, purpose: record.purpose, riskLevel: asked.riskLevel,
    needs: needsOf(record),
    createdAt: iso(record.createdAt), expiresAt: iso(record.expiresAt), closedAt: isoOrNull(record.closedAt), closeReason: record.closeReason,
    decisions: record.decisions.map(({ by, decision, reason, at }) => ({ by, decision, reason, at: iso(at) })),
    ...(record.pull !== null && { pull: record.pull }),
    viewers: record.viewers.map(({ by, at }) => ({ by, at: iso(at) })),
    held: record.holds.map(({ session, command, since, goneAt, seenAt }) => ({ session, command, since: iso(since), isLive: goneAt === null && seenAt > now - approvalHolderLostMs })),
    grant: record.grant,
    brokenGlass: record.brokenGlass === null ? null : { ...record.brokenGlass, review: record.review },
    permitted: {
      isRequester: asked.requester.id === principal.id,
      decide: whyNotDecide(record, principal, now)?.message ?? null,
      deny: whyNotDeny(record, principal, now)?.message ?? null,
      withdraw: whyNotWithdraw(record, principal, now)?.message ?? null,
      breakGlass: record.kind === 'grant' ? 'break-glass is for a command that waits' : whyNotBreakGlass(record, principal, now)?.message ?? null,
      review: whyNotReview(record, principal)?.message ?? null,
    },
  }
}

/** A pull request meets the one need there is, whole. */
function needsOf({ asked: { need }, ...record }: ApprovalRecord): ApprovalSummary['needs'] {
  const github = githubOf(need)
  return tally(need, votesAsGiven(record)).needs.map((one) => ({ ...one, ...(record.pull !== null && { have: one.count }), ...(github !== null && { github }) }))
}

export function grantFor(grant: GrantRecord, { cannotRevoke, now }: { readonly cannotRevoke: string | null; readonly now: number }): Grant {
  const state = grant.revokedAt !== null ? 'revoked' : grant.expiresAt <= now ? 'expired' : 'active'
  return {
    id: grant.id, approval: grant.approval, principal: grant.principal, connection: grant.connection, purpose: grant.purpose, state,
    ...grant.class, openedAt: iso(grant.openedAt), expiresAt: iso(grant.expiresAt), approvedBy: grant.approvedBy,
    revoked: grant.revoked === null || grant.revokedAt === null ? null : { ...grant.revoked, at: iso(grant.revokedAt) },
    permitted: { revoke: state === 'active' ? cannotRevoke : `it is ${state} already` },
  }
}

export const nameOf = ({ id, email }: Person): string => email ?? id
