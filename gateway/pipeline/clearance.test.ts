// What runs by a grant goes on for as long as one lasts; what humans agreed to goes on whatever grants do.
import { expect, test } from 'vitest'
import type { ApprovalNeed } from '../../shared/approval.ts'
import { refusalOfRunning, type Clearance } from './clearance.ts'
import type { Judgement } from './judgement.ts'
import type { Session } from './session.ts'

const need: ApprovalNeed = { groups: ['on-call'], users: [], count: 1, withinMs: 1, also: [] }
const session = (grant: object | null) => ({
  context: { grants: { covering: () => grant } }, connection: { name: 'shop' }, lease: { principal: { id: 'corp:eve', claims: {} } },
}) as unknown as Session
const asked = { refusal: { kind: 'needs-approval', message: 'needs approval' }, verdict: { need }, resolved: {} } as unknown as Judgement
const allowed = { refusal: null, verdict: { need: null }, resolved: {} } as unknown as Judgement
const denied = { refusal: { kind: 'denied', message: 'denied by rule never' }, verdict: { need: null }, resolved: {} } as unknown as Judgement
const granted: Clearance = { need, why: 'granted', isGranted: true }
const approved: Clearance = { need, why: 'approved' }
const grant = { id: 'gr_1', expiresAt: Date.now() + 60_000 }

test.each([
  ['a grant that lasts', session(grant), asked, granted, null],
  ['a grant that is over', session(null), asked, granted, 'the grant it ran by is over'],
  ['an approval, when a grant is over', session(null), asked, approved, null],
  ['a policy that allows it by now', session(null), allowed, granted, null],
  ['a policy that denies it by now, grant or not', session(grant), denied, granted, 'denied by rule never'],
  ['nothing', session(null), asked, null, 'needs approval'],
] as const)('by %s', (_, at, decision, clearance, message) => {
  expect(refusalOfRunning(at, decision, clearance)?.message ?? null).toBe(message)
})
