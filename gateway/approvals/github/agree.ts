// A pull request that was found agrees to an approval: under its row everything that can change meanwhile is asked once more, and
// that the pull request is used once. Then the approval is as if its deciders had agreed.
import type { ApprovalTx } from '../../store/approvals.ts'
import { takePull, wasDeniedSince } from '../../store/pulls.ts'
import { isActive } from '../rules.ts'
import type { FoundPull } from './find-pull.ts'
import type { Question } from './question.ts'

/** Null: it agreed. Else why not. */
export async function agree(tx: ApprovalTx, { approval, hash }: Pick<Question, 'approval' | 'hash'>, found: FoundPull, now: number): Promise<string | null> {
  const record = await tx.lock(approval)
  if (record === null || record.state !== 'open' || !isActive(record, now)) return 'it is not open any more'
  if (await wasDeniedSince(tx, record.intent, found.mergedAt)) return 'somebody denied this command since the merge'
  const { repositoryId, ...body } = found
  if (!await takePull(tx, { approval, repositoryId, statement: hash, body, at: now })) return 'the pull request agreed to this statement once already'
  await tx.setState(approval, 'approved', null)
  await tx.audit({
    kind: 'approval-decided', principal: null,
    detail: { approval, decision: 'approve', reason: null, requester: record.asked.requester.id, pull: body.url, commit: body.commit, statement: hash, reviewers: body.reviewers.map(({ id, login }) => `${login} (${id})`).join(', ') },
  })
  await tx.event('decided', approval, null)
  return null
}
