// Approvals in words: which list one belongs to, what is asked, by whom it may be decided, how it stands. Pure.
import type { ApprovalSummary, GrantClass, Person, PullAgreed } from '../../shared/approval.ts'
import type { ApprovalFilter } from '../../shared/ipc.ts'
import { plural } from './format.ts'
import { requestWords } from './kubernetes-request.ts'

export const nameOf = ({ email, id }: Pick<Person, 'email' | 'id'>): string => email ?? id

export const pullName = ({ repository, number }: Pick<PullAgreed, 'repository' | 'number'>): string => `${repository}#${number}`

/** The gateway's own lists (GET /v1/approvals), asked of what an event said. `principal`: who is signed in. */
export function isIn(filter: ApprovalFilter, approval: ApprovalSummary, { principal, now }: Reader): boolean {
  switch (filter) {
    case 'open': return approval.permitted.decide === null && Date.parse(approval.expiresAt) > now
    case 'mine': return approval.permitted.isRequester
    case 'decided': return approval.decisions.some(({ by }) => by.id === principal) || (approval.pull !== undefined && !approval.permitted.isRequester)
    case 'reviews': return approval.permitted.review === null
  }
}

interface Reader { readonly principal: string; readonly now: number }

/** What is to be decided: what expires first, first. The rest: the newest first. */
export function listOf(filter: ApprovalFilter, all: readonly ApprovalSummary[], reader: Reader): readonly ApprovalSummary[] {
  const by = (one: ApprovalSummary, other: ApprovalSummary) => (filter === 'open' ? one.expiresAt.localeCompare(other.expiresAt) : other.createdAt.localeCompare(one.createdAt))
  return all.filter((approval) => isIn(filter, approval, reader)).toSorted(by)
}

/** What is asked, in one line; a command as it is recorded, with what is masked left out. */
export function askedFor({ subject }: Pick<ApprovalSummary, 'subject'>): string {
  if (subject.kind === 'command') return subject.protocol === 'kubernetes' ? requestWords(subject.recorded) : subject.recorded
  return `${classOf(subject)} for ${minutesOf(subject.minutes)}`
}

/** What a grant opens, in the words of its protocol. */
export function classOf({ kinds, on, protocol }: GrantClass): string {
  const [any, anywhere] = protocol === 'kubernetes' ? ['any request', 'any resource'] : ['any statement', 'any table']
  return `${kinds.includes('*') ? any : kinds.join(', ')} on ${on === null ? anywhere : on.join(', ')}`
}
export const minutesOf = (minutes: number): string => (minutes % 60 === 0 ? plural(minutes / 60, 'hour') : plural(minutes, 'minute'))

/** `on-call`, `2 of dba or test:ann`. */
export const decidersOf = ({ groups, users, count }: { readonly groups: readonly string[]; readonly users: readonly string[]; readonly count: number }): string =>
  `${count > 1 ? `${count} of ` : ''}${[...groups, ...users].join(' or ')}`

export interface Standing { readonly word: string; readonly tone: 'wait' | 'good' | 'bad' | 'quiet' }

export function standingOf({ state, brokenGlass, expiresAt, subject }: ApprovalSummary, now: number): Standing {
  if (brokenGlass !== null) return brokenGlass.review === null ? { word: 'broke glass', tone: 'bad' } : { word: 'reviewed', tone: 'quiet' }
  if ((state === 'open' || state === 'approved') && Date.parse(expiresAt) <= now) return { word: 'expired', tone: 'quiet' }
  switch (state) {
    case 'open': return { word: 'open', tone: 'wait' }
    case 'approved': return { word: 'approved', tone: 'good' }
    case 'denied': return { word: 'denied', tone: 'bad' }
    case 'used': return { word: subject.kind === 'grant' ? 'granted' : 'approved, ran', tone: 'good' }
    case 'expired': return { word: 'expired', tone: 'quiet' }
    case 'withdrawn': return { word: 'withdrawn', tone: 'quiet' }
  }
}

/** `14:32`, `2 h 05 m`, `3 d`: what a person needs to know of the time that is left. */
export function timeLeft(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)]
  if (hours >= 48) return `${Math.floor(hours / 24)} d`
  if (hours >= 1) return `${hours} h ${String(minutes % 60).padStart(2, '0')} m`
  return `${minutes}:${String(seconds % 60).padStart(2, '0')}`
}

export function timeAgo(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${minutes} min ago`
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h ago` : `${Math.floor(minutes / 1440)} d ago`
}
