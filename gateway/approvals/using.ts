// The single use: immediately before a command goes upstream, under the row's lock, everything is asked once more.
import { wantsReason, type ApprovalNeed } from '../../shared/approval.ts'
import type { ApprovalRecord, ApprovalTx } from '../store/approvals.ts'
import { endApproval } from './closing.ts'
import type { Held } from './held.ts'
import { closedMessage, githubOf, mayBreakGlass, tally } from './rules.ts'
import { latestOf } from './store-time.ts'
import { asKnown, countedVotes } from './votes.ts'

/** Null: it is used up now, and the command may go. `need`: what policy asks now. */
export async function useUp(tx: ApprovalTx, { approval, id, command }: Held, { need, now }: { readonly need: ApprovalNeed; readonly now: number }): Promise<string | null> {
  const record = await tx.lock(approval)
  await tx.holdGone(id)
  if (record === null) return 'the approval is gone from the store'
  if (record.state === 'used') return 'the approval was used already: it runs one command once'
  if (record.state !== 'approved') return closedMessage(record)
  if (record.expiresAt <= await latestOf(tx, now)) {
    await endApproval(tx, record, { state: 'expired' })
    return 'the approval expired before it was used'
  }
  const lost = await whyNotAgreed(tx, record, { need, groups: (await asKnown(tx, command.principal)).groups })
  if (lost !== null) {
    await endApproval(tx, record, { state: 'withdrawn', by: null, reason: lost })
    return lost
  }
  await tx.setState(approval, 'used', `ran as ${command.command} of session ${command.session}`)
  await tx.audit({ kind: 'approval-used', principal: record.asked.requester.id, detail: { approval, session: command.session, command: command.command, intent: record.intent } })
  await tx.event('used', approval, null)
  return null
}

async function whyNotAgreed(tx: ApprovalTx, record: ApprovalRecord, { need, groups }: { readonly need: ApprovalNeed; readonly groups: readonly string[] }): Promise<string | null> {
  if (record.brokenGlass !== null) return mayBreakGlass(need, groups) ? null : 'policy gives no break-glass here any more'
  if (record.purpose === null && wantsReason(need)) return 'policy wants a reason now, and none was given; run the command again with one'
  if (record.pull !== null) return githubOf(need) !== null ? null : 'policy takes no pull request here any more'
  return tally(record.asked.need, await countedVotes(tx, record)).isMet ? null : 'an approver is no longer among those whom policy asks; run the command again to ask anew'
}
