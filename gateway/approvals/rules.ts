// The rules of design.md §6, as values: who may decide, what a quorum is, what still holds when the command runs. Nobody is exempt:
// there is no admin here. Pure; whoever asks gathers first.
import type { ApprovalNeed, ApprovalState, GithubNeed } from '../../shared/approval.ts'
import type { ErrorCode } from '../../shared/errors.ts'
import type { Principal } from '../../shared/principal.ts'
import type { Verdict } from '../../shared/verdict.ts'
import { deciderKeys, isDelegated, isSamePerson } from './people.ts'

export type NeedPart = Omit<ApprovalNeed, 'also'>

/** What of an approval the rules look at. */
export interface Question {
  readonly state: ApprovalState
  readonly expiresAt: number
  readonly closeReason: string | null
  readonly asked: { readonly selves: readonly string[]; readonly requester: { readonly id: string; readonly kind: string }; readonly need: ApprovalNeed }
  readonly decisions: readonly { readonly by: { readonly id: string }; readonly selves: readonly string[] }[]
}

export interface Objection { readonly code: ErrorCode; readonly message: string }

/** `need` and everything that is needed besides. */
export const partsOf = ({ also, ...first }: ApprovalNeed): readonly NeedPart[] => [first, ...also]

export const isNamed = (part: Pick<NeedPart, 'groups' | 'users'>, id: string, groups: readonly string[]): boolean =>
  part.users.includes(id) || part.groups.some((group) => groups.includes(group))

const couldDecide = ({ asked }: Question, { kind, id, groups }: Principal): boolean =>
  kind === 'human' && partsOf(asked.need).some((part) => isNamed(part, id, groups))

/** Who asked, and the humans who are asked; of the others nobody, whatever else they may do. */
export const mayRead = (question: Question, principal: Principal): boolean =>
  question.asked.requester.id === principal.id || couldDecide(question, principal)

interface Bar extends Objection { readonly holds: (question: Question, decider: Principal, now: number) => boolean }

/** In this order; the first that holds is the answer. */
const bars: readonly Bar[] = [
  { code: 'approval_unknown', message: 'no such approval, or not one that you asked for or could decide; gatehouse approvals list shows yours', holds: (question, decider) => !mayRead(question, decider) },
  { code: 'forbidden', message: 'you asked for this yourself, so others decide; you can withdraw it', holds: ({ asked }, decider) => isSamePerson(asked.selves, deciderKeys(decider)) },
  { code: 'forbidden', message: 'only humans decide, and this token is of a machine', holds: (_, decider) => decider.kind !== 'human' },
  { code: 'forbidden', message: 'this token acts for another (act), and decisions are made in person', holds: (_, decider) => isDelegated(decider) },
  { code: 'forbidden', message: 'you are not among those whom policy asks', holds: (question, decider) => !couldDecide(question, decider) },
  { code: 'already_decided', message: 'you have decided this approval already; a decision is final', holds: ({ decisions }, { id }) => decisions.some(({ by }) => by.id === id) },
  { code: 'already_decided', message: 'you have decided this approval already, by another sign-in of yours', holds: ({ decisions }, decider) => decisions.some(({ selves }) => isSamePerson(selves, deciderKeys(decider))) },
]

/** Null: they may, one way or the other. */
export function whyNotDecide(question: Question, decider: Principal, now: number): Objection | null {
  return whoseNotDecide(question, decider, now) ?? (question.state === 'open' && question.expiresAt > now ? null : closed(question))
}

/** Null: they may. What is agreed to and has not run yet can still be denied, by somebody who has not decided. */
export function whyNotDeny(question: Question, decider: Principal, now: number): Objection | null {
  return whoseNotDecide(question, decider, now) ?? (isActive(question, now) ? null : closed(question))
}

function whoseNotDecide(question: Question, decider: Principal, now: number): Objection | null {
  const bar = bars.find(({ holds }) => holds(question, decider, now))
  return bar === undefined ? null : { code: bar.code, message: bar.message }
}

const closed = (question: Question): Objection => ({ code: 'approval_closed', message: closedMessage(question) })

export function whyNotWithdraw(question: Question, principal: Principal, now: number): Objection | null {
  if (question.asked.requester.id !== principal.id) return { code: 'forbidden', message: 'only who asked can withdraw it; to refuse it, deny it' }
  return isActive(question, now) ? null : { code: 'approval_closed', message: closedMessage(question) }
}

/** A human of a group that every rule which asks names for it. */
export function whyNotBreakGlass(question: Question, principal: Principal, now: number): Objection | null {
  if (question.asked.requester.id !== principal.id) return { code: 'forbidden', message: 'only who asked can go on without approval' }
  if (principal.kind !== 'human' || isDelegated(principal)) return { code: 'forbidden', message: 'break-glass is for humans in person' }
  if (!mayBreakGlass(question.asked.need, principal.groups)) return { code: 'forbidden', message: 'policy gives you no break-glass here' }
  return question.state === 'open' && question.expiresAt > now ? null : { code: 'approval_closed', message: closedMessage(question) }
}

export const mayBreakGlass = (need: ApprovalNeed, groups: readonly string[]): boolean =>
  partsOf(need).every((part) => (part.breakGlass ?? []).some((group) => groups.includes(group)))

/** Whoever could have decided it looks at it afterwards: a human who is not the requester. */
export function whyNotReview(question: Question & { readonly brokenGlass: object | null; readonly review: object | null }, principal: Principal): Objection | null {
  if (question.brokenGlass === null) return { code: 'forbidden', message: 'nothing was passed by break-glass here' }
  if (isSamePerson(question.asked.selves, deciderKeys(principal))) return { code: 'forbidden', message: 'you broke the glass yourself, so others review it' }
  if (isDelegated(principal) || !couldDecide(question, principal)) return { code: 'forbidden', message: 'only humans whom policy asks review it' }
  return question.review === null ? null : { code: 'approval_closed', message: 'it was reviewed already' }
}

export const isActive = ({ state, expiresAt }: Pick<Question, 'state' | 'expiresAt'>, now: number): boolean =>
  (state === 'open' || state === 'approved') && expiresAt > now

const closedWords = {
  open: 'it has expired', approved: 'it is approved already', denied: 'it is denied', expired: 'it has expired', withdrawn: 'it is withdrawn', used: 'it was approved and used',
} as const satisfies Record<ApprovalState, string>

export const closedMessage = ({ state, closeReason }: Pick<Question, 'state' | 'closeReason'>): string =>
  `${closedWords[state]}, so it takes no more answers${closeReason === null ? '' : `: ${closeReason}`}`

/** An approval given, with the groups that counted then and those known now. */
export interface CountedVote {
  readonly id: string
  readonly selves: readonly string[]
  readonly groupsThen: readonly string[]
  /** The newest known; null: nothing newer is known. */
  readonly groupsNow: readonly string[] | null
}

export interface Tally {
  /** In the order of the needs; `have` counts distinct people, each towards one need only. */
  readonly needs: readonly (Pick<NeedPart, 'groups' | 'users' | 'count'> & { readonly have: number })[]
  readonly isMet: boolean
}

/**
 * Whether the quorum is there. People are counted, not votes: who has two sign-ins counts once. A vote counts towards a need whose
 * groups its giver was in when deciding and is in now. One human counts for one need only, so a command that two teams must
 * agree to is agreed to by two people; rules that ask the very same people are one need, with the larger count.
 */
export function tally(need: ApprovalNeed, votes: readonly CountedVote[]): Tally {
  const parts = distinctParts(need)
  const people = votes.filter((vote, at) => !votes.slice(0, at).some((earlier) => isSamePerson(earlier.selves, vote.selves)))
  const fits = people.map((vote) => parts.map((part) => counts(part, vote)))
  const taken = match(parts.map(({ count }) => count), fits)
  const needs = parts.map(({ groups, users, count }, part) => ({ groups, users, count, have: taken.filter((each) => each === part).length }))
  return { needs, isMet: needs.every(({ have, count }) => have >= count) }
}

const counts = (part: NeedPart, { id, groupsThen, groupsNow }: CountedVote): boolean =>
  isNamed(part, id, groupsThen) && (groupsNow === null || isNamed(part, id, groupsNow))

/** The need each person is counted for, -1: none; as many as possible (augmenting paths over a few people and needs). */
function match(counts: readonly number[], fits: readonly (readonly boolean[])[]): readonly number[] {
  const taken = fits.map(() => -1)
  function place(person: number, seen: Set<number>): boolean {
    for (const [part, isFit] of fits[person]!.entries()) {
      if (!isFit || seen.has(part)) continue
      seen.add(part)
      const holders = taken.flatMap((held, other) => (held === part ? [other] : []))
      if (holders.length < counts[part]! || holders.some((other) => place(other, seen))) {
        taken[person] = part
        return true
      }
    }
    return false
  }
  for (const person of fits.keys()) place(person, new Set())
  return taken
}

function distinctParts(need: ApprovalNeed): readonly NeedPart[] {
  const byPeople = new Map<string, NeedPart>()
  for (const part of partsOf(need)) {
    const key = peopleKey(part)
    const known = byPeople.get(key)
    if (known === undefined || known.count < part.count) byPeople.set(key, part)
  }
  return [...byPeople.values()]
}

const peopleKey = ({ groups, users }: Pick<NeedPart, 'groups' | 'users'>): string => JSON.stringify([[...new Set(groups)].toSorted(), [...new Set(users)].toSorted()])

/** One need, whose agreement and of how many: equal keys ask the same of the same. */
export function needKeys(need: ApprovalNeed): readonly string[] {
  const github = githubOf(need)
  return [...distinctParts(need).map((part) => `${part.count} of ${peopleKey(part)}`), ...(github === null ? [] : [`or ${JSON.stringify([github.repository, github.path])}`])].toSorted()
}

/**
 * Whose merged pull requests agree in the place of deciders; null: none do. Only where every rule that asks says the same: whether a
 * reviewer there is a decider here is not known, and one human counts for one need only.
 */
export function githubOf(need: ApprovalNeed): GithubNeed | null {
  const [first, ...others] = partsOf(need)
  const github = first?.github
  if (github === undefined || distinctParts(need).length !== 1) return null
  return others.every((other) => other.github?.repository === github.repository && other.github.path === github.path) ? github : null
}

/** Of the one need that a pull request may meet. */
export const reviewersNeeded = (need: ApprovalNeed): number => Math.max(...partsOf(need).map(({ count }) => count))

/** Whether what was agreed to satisfies what is needed: of each need the same people, and at least as many. */
export const isAgreed = (agreed: ApprovalNeed, need: ApprovalNeed): boolean => distinctParts(need).every((part) =>
  distinctParts(agreed).some((given) => peopleKey(given) === peopleKey(part) && given.count >= part.count))

/** The same is asked of the same. How long they have is none of it. */
export const isSameNeed = (one: ApprovalNeed, other: ApprovalNeed): boolean => JSON.stringify(needKeys(one)) === JSON.stringify(needKeys(other))

/** Null: what policy says now still asks the same of the same people, or less. Else why the approval does not stand. */
export function whyNotStanding(sealed: ApprovalNeed, verdict: Verdict | null): string | null {
  if (verdict === null) return 'policy could not be asked about it again'
  switch (verdict.effect) {
    case 'allow': return null
    case 'deny': return `policy refuses it now: ${verdict.reason}`
    case 'approve': return verdict.need !== null && isSameNeed(verdict.need, sealed) ? null : 'policy asks others now'
  }
}
