// What happened to approvals that concerns this person now, told in the corner of the window until it is read or goes by itself. The
// inbox has it all; this only saves looking there.
import { create } from 'zustand'
import type { ApprovalEvent, ApprovalSummary } from '../../shared/approval.ts'
import { mayNotify } from '../../shared/on-call.ts'
import { askedFor, nameOf } from '../lib/approvals.ts'
import { useSettings } from './settings.ts'

export interface News { readonly id: number; readonly approval: string; readonly tone: 'wait' | 'good' | 'bad'; readonly title: string; readonly text: string }

export const useNews = create<{ readonly items: readonly News[] }>(() => ({ items: [] }))

const shownMax = 3
const shownMs = 12_000
let nextId = 1

export const dismissNews = (id: number): void => useNews.setState(({ items }) => ({ items: items.filter((item) => item.id !== id) }))
export const dismissNewsOf = (approval: string): void => useNews.setState(({ items }) => ({ items: items.filter((item) => item.approval !== approval) }))

export function tellOf(event: ApprovalEvent): void {
  const said = newsOf(event)
  // What was decided, by whomever, need not be asked about any more.
  if (event.approval.permitted.decide !== null) dismissNewsOf(event.approval.id)
  // What became of one's own is an answer, not a call.
  const isCall = !event.approval.permitted.isRequester
  if (said === null || (isCall && !mayNotify(useSettings.getState().notifications, new Date()))) return
  const id = nextId++
  useNews.setState(({ items }) => ({ items: [...items.filter(({ approval }) => approval !== event.approval.id), { id, approval: event.approval.id, ...said }].slice(-shownMax) }))
  setTimeout(() => dismissNews(id), shownMs)
}

/** Null: it does not concern them, or they did it themselves. */
export function newsOf({ kind, by, approval }: ApprovalEvent): Omit<News, 'id' | 'approval'> | null {
  const where = approval.connection.name
  if (kind === 'opened' && approval.permitted.decide === null) return { tone: 'wait', title: `${nameOf(approval.requester)} asks for approval on ${where}`, text: askedFor(approval) }
  if (kind === 'broke-glass' && approval.permitted.review === null) return { tone: 'bad', title: `${nameOf(approval.requester)} broke the glass on ${where}`, text: askedFor(approval) }
  if (!approval.permitted.isRequester || by?.id === approval.requester.id) return null
  return endOf(kind, approval)
}

function endOf(kind: ApprovalEvent['kind'], approval: ApprovalSummary): Omit<News, 'id' | 'approval'> | null {
  const last = approval.decisions.at(-1)
  if (kind === 'decided' && approval.state === 'denied') return { tone: 'bad', title: `Denied${last === undefined ? '' : ` by ${nameOf(last.by)}`}`, text: last?.reason ?? askedFor(approval) }
  if ((kind === 'decided' && approval.state === 'approved') || kind === 'grant-opened') return { tone: 'good', title: `Approved${last === undefined ? '' : ` by ${nameOf(last.by)}`}`, text: askedFor(approval) }
  if (kind === 'closed' && (approval.state === 'expired' || approval.state === 'withdrawn')) return { tone: 'bad', title: approval.state === 'expired' ? 'Nobody decided in time' : 'Withdrawn', text: approval.closeReason ?? askedFor(approval) }
  return null
}
