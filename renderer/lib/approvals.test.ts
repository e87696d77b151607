import { expect, test } from 'vitest'
import { approvalSummary, type ApprovalSummary } from '../../shared/approval.ts'
import { sampleApprovals, me } from '../testing/fake-approvals.ts'
import { askedFor, decidersOf, isIn, standingOf, timeAgo, timeLeft } from './approvals.ts'

const all = sampleApprovals().map((whole) => approvalSummary.parse(whole))
const first = all[0] as ApprovalSummary
const context = { principal: me.id, now: Date.now() }

test('one is open as long as it may be decided and its time is not over', () => {
  expect(isIn('open', first, context)).toBe(true)
  expect(isIn('open', first, { ...context, now: Date.parse(first.expiresAt) })).toBe(false)
  expect(isIn('open', { ...first, permitted: { ...first.permitted, decide: 'decided' } }, context)).toBe(false)
})

test('each list has its own, as the gateway says what is permitted', () => {
  const idsIn = (filter: 'mine' | 'decided' | 'reviews') => all.filter((each) => isIn(filter, each, context)).map(({ id }) => id.slice(-4))
  expect(idsIn('mine')).toEqual(['BBB4'])
  expect(idsIn('decided')).toEqual(['BBB1', 'BBB2', 'BBB5'])
  expect(idsIn('reviews')).toEqual(['BBB3'])
})

test('what is past its time is called expired before the gateway says so', () => {
  expect(standingOf(first, Date.parse(first.expiresAt) + 1)).toEqual({ word: 'expired', tone: 'quiet' })
  expect(standingOf({ ...first, state: 'denied' }, Date.now()).tone).toBe('bad')
})

test('a grant says what it opens and for how long', () => {
  expect(askedFor({ subject: { kind: 'grant', kinds: ['select', 'update'], on: ['public.orders'], minutes: 60 } })).toBe('select, update on public.orders for 1 hour')
  expect(askedFor({ subject: { kind: 'grant', kinds: ['*'], on: null, minutes: 90 } })).toBe('any statement on any table for 90 minutes')
  expect(decidersOf({ groups: ['dba'], users: ['test:ann'], count: 2 })).toBe('2 of dba or test:ann')
})

test('time left and time past', () => {
  expect([-5, 61_000, 14 * 60_000 + 32_000, 7_500_000, 72 * 3_600_000].map(timeLeft)).toEqual(['0:00', '1:01', '14:32', '2 h 05 m', '3 d'])
  expect([10, 61_000, 7_500_000].map(timeAgo)).toEqual(['just now', '1 min ago', '2 h ago'])
})
