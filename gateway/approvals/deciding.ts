// One decision, inside its transaction: written with what must still hold when the command runs; and what follows from it.
import { GatehouseError } from '../../shared/errors.ts'
import type { Principal } from '../../shared/principal.ts'
import type { ApprovalRecord, ApprovalTx } from '../store/approvals.ts'
import { createGrantRows } from '../store/grants.ts'
import { claimsTime } from '../store/latest-claims.ts'
import { endApproval } from './closing.ts'
import type { DecisionInput } from './create-desk.ts'
import { refuse } from './desk-answers.ts'
import { exactOf } from './desk-exact.ts'
import { classText } from './grants.ts'
import { newId } from './ids.ts'
import { personOf, selvesOf } from './people.ts'
import { tally, whyNotDecide, whyNotDeny, type Objection } from './rules.ts'
import type { Seal } from './seal.ts'
import { approvalsOf, countedVotes } from './votes.ts'

/** `who`: the principal, in the newest groups that are known of it; `at`: what time it is. */
export interface Asking { readonly who: Principal; readonly at: number }

interface Deciding extends Asking { readonly input: DecisionInput; readonly seal: Pick<Seal, 'open'> }

export async function decide(tx: ApprovalTx, record: ApprovalRecord, { who, at, input, seal }: Deciding): Promise<void> {
  const { decision, reason, attempt = null, minutes = null } = input
  const before = record.decisions.find(({ by }) => by.id === who.id)
  if (before !== undefined && attempt !== null && before.attempt === attempt && before.decision === decision) return
  refuse((decision === 'deny' ? whyNotDeny : whyNotDecide)(record, who, at))
  const { sealed } = exactOf(record, seal)
  if (decision === 'approve' && sealed !== null) refuse({ code: 'forbidden', message: `what cannot be read cannot be approved: ${sealed}` })
  refuse(whyNotMinutes(record, minutes))
  const by = personOf(who)
  await tx.insertVote(record.id, { by, selves: [...selvesOf(who)], decision, reason, groups: [...who.groups], claimsAt: claimsTime(who.claims) ?? at, minutes, attempt })
  await tx.audit({ kind: 'approval-decided', principal: by.id, detail: { approval: record.id, decision, reason, minutes, requester: record.asked.requester.id } })
  await tx.event('decided', record.id, by)
  if (decision === 'deny') await endApproval(tx, record, { state: 'denied', by, reason })
  else await agree(tx, (await tx.lock(record.id))!, at)
}

/** The quorum may be there now; a command then waits for its use, a grant opens. */
async function agree(tx: ApprovalTx, record: ApprovalRecord, at: number): Promise<void> {
  if (!tally(record.asked.need, await countedVotes(tx, record)).isMet) return
  if (record.kind === 'command') return tx.setState(record.id, 'approved', null)
  await openGrant(tx, record, at)
}

async function openGrant(tx: ApprovalTx, record: ApprovalRecord, at: number): Promise<void> {
  const { subject, requester, connection, need } = record.asked
  if (subject.kind !== 'grant') throw new GatehouseError('internal', `approval ${record.id} is of no grant`)
  const minutes = Math.min(subject.minutes, ...approvalsOf(record).flatMap((vote) => vote.minutes ?? []))
  const id = newId('gr', at)
  const { delegator: _, run: __, ...principal } = requester
  await createGrantRows(tx).insert({
    id, approval: record.id, connection: connection.name, principal, class: { kinds: subject.kinds, on: subject.on, ...(subject.protocol !== undefined && { protocol: subject.protocol }) }, agreed: need,
    purpose: record.purpose ?? '', approvedBy: approvalsOf(record).map(({ by }) => by), openedAt: at, expiresAt: at + minutes * 60_000,
  })
  await tx.setState(record.id, 'used', `opened a grant for ${minutes} minutes`)
  await tx.audit({ kind: 'grant-opened', principal: requester.id, detail: { grant: id, approval: record.id, connection: connection.name, class: classText(subject), minutes } })
  await tx.event('grant-opened', record.id, null)
}

function whyNotMinutes({ asked: { subject } }: ApprovalRecord, minutes: number | null): Objection | null {
  if (minutes === null) return null
  if (subject.kind !== 'grant') return { code: 'input_invalid', message: 'minutes are of a grant; this is one command' }
  return minutes <= subject.minutes ? null : { code: 'input_invalid', message: `a grant can be shortened, not widened: ${subject.minutes} minutes are asked for` }
}
