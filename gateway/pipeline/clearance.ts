// Under which a command goes on although policy says `approve`: humans have agreed to it, or to its like for a time, or it runs
// nothing yet. It covers what the same humans are asked about, and nothing else.
import type { ApprovalNeed } from '../../shared/approval.ts'
import { actingId } from '../approvals/people.ts'
import { isSameNeed } from '../approvals/rules.ts'
import type { Judgement } from './judgement.ts'
import type { Refusal } from './refusal.ts'
import type { Session } from './session.ts'

export interface Clearance {
  readonly need: ApprovalNeed | null
  readonly why: string
  /** By a grant: only for as long as that lasts. */
  readonly isGranted?: boolean
}

/** Why a command may not run, or no longer, under this decision; null: it may. */
export function refusalNow(decision: Judgement | Refusal, clearance: Pick<Clearance, 'need'> | null): Refusal | null {
  if (!('verdict' in decision)) return decision
  const { refusal, verdict: { need } } = decision
  const isCleared = refusal?.kind === 'needs-approval' && clearance !== null && clearance.need !== null && need !== null && isSameNeed(need, clearance.need)
  return isCleared ? null : refusal
}

/** Of what runs already: why it may not go on; null: it may. What runs by a grant goes on for as long as one lasts. */
export function refusalOfRunning(session: Session, decision: Judgement | Refusal, clearance: Clearance | null): Refusal | null {
  if (clearance?.isGranted !== true || !('verdict' in decision) || decision.refusal?.kind !== 'needs-approval') return refusalNow(decision, clearance)
  return grantedNow(session, decision) === null ? { kind: 'needs-approval', message: 'the grant it ran by is over', hint: 'Ask for access again, or run it again to ask for approval.' } : null
}

/** The same humans have granted this kind of command for a time; null: they are asked. */
export function grantedNow({ context, lease, connection }: Session, { resolved, verdict: { need } }: Judgement): Clearance | null {
  const grant = need && context.grants.covering({ principal: actingId(lease.principal), connection: connection.name, facts: resolved, need })
  return grant && { need, why: `granted until ${new Date(grant.expiresAt).toISOString()} (grant ${grant.id})`, isGranted: true }
}
