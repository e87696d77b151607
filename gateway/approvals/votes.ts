// The votes of an approval with what is known of their givers now: gathered in the transaction that decides by them.
import type { ApprovalRecord, Vote } from '../store/approvals.ts'
import type { Principal } from '../../shared/principal.ts'
import { claimsTime, latestGroups, newestOf } from '../store/latest-claims.ts'
import type { Queries } from '../store/store.ts'
import type { CountedVote } from './rules.ts'

export const approvalsOf = ({ decisions }: Pick<ApprovalRecord, 'decisions'>): readonly Vote[] => decisions.filter(({ decision }) => decision === 'approve')

export async function countedVotes(queries: Queries, record: Pick<ApprovalRecord, 'decisions'>): Promise<readonly CountedVote[]> {
  const votes: CountedVote[] = []
  for (const { by, selves, groups, claimsAt } of approvalsOf(record)) {
    const known = await latestGroups(queries, by.id)
    // A token older than the one that decided says nothing new.
    const now = known === null ? null : newestOf([{ groups, claimsAt }, known])
    votes.push({ id: by.id, selves, groupsThen: groups, groupsNow: now?.groups ?? null })
  }
  return votes
}

/** An older token shows no more, and decides no more, than the newest that is known of its owner would. */
export async function asKnown(queries: Queries, principal: Principal): Promise<Principal> {
  const newest = await latestGroups(queries, principal.id)
  const claimsAt = claimsTime(principal.claims)
  if (newest === null || claimsAt === null || newest.claimsAt <= claimsAt) return principal
  return { ...principal, groups: newest.groups.filter((group) => principal.groups.includes(group)) }
}

/** As they were given: for lists, where nothing hangs on it. */
export const votesAsGiven = (record: Pick<ApprovalRecord, 'decisions'>): readonly CountedVote[] =>
  approvalsOf(record).map(({ by, selves, groups }) => ({ id: by.id, selves, groupsThen: groups, groupsNow: null }))
