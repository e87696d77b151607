// Whose reviews count: people with the right to write, who approved the very commit that was merged, and had no hand in it. Pure.
import type { Commits, Pull, Review } from './answers.ts'

export interface Reviewer { readonly id: number; readonly login: string }

export interface Reviewed {
  readonly pull: Pull
  readonly reviews: readonly Review[]
  readonly commits: Commits
  /** Ids of accounts that cannot count: whoever asked, as far as it is known. */
  readonly excluded: ReadonlySet<string>
}

/** The key under which approvals know somebody's account on GitHub (people.ts). */
export const githubKey = (id: number | string): string => `github:${id}`

/** Null: somebody's last word is that it must change, so it is not agreed to. */
export function reviewersOf({ pull, reviews, commits, excluded }: Reviewed): readonly Reviewer[] | null {
  const last = lastWords(reviews)
  if (last.some(({ state }) => state === 'CHANGES_REQUESTED')) return null
  const hands = new Set([pull.user.id, ...commits.flatMap(({ author, committer }) => [author.id, committer.id])])
  return last
    .filter(({ state, commit_id: commit, user }) => state === 'APPROVED' && commit === pull.head.sha && user.type === 'User' && !hands.has(user.id) && !excluded.has(githubKey(user.id)))
    .map(({ user: { id, login } }) => ({ id, login }))
}

/** By stable id: a login can be given to another. A remark takes nothing back; a dismissal does, being the state of what it dismissed. */
function lastWords(reviews: readonly Review[]): readonly Review[] {
  const byUser = new Map<number, Review>()
  const inOrder = reviews.toSorted((a, b) => a.submitted_at - b.submitted_at || a.id - b.id)
  for (const review of inOrder) if (review.state !== 'COMMENTED' && review.state !== 'PENDING') byUser.set(review.user.id, review)
  return [...byUser.values()]
}
