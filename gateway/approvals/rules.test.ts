import { expect, test } from 'vitest'
import type { ApprovalNeed } from '../../shared/approval.ts'
import type { Principal } from '../../shared/principal.ts'
import type { Verdict } from '../../shared/verdict.ts'
import { requesterKeys, selvesOf } from './people.ts'
import { isAgreed, mayBreakGlass, mayRead, tally, whyNotBreakGlass, whyNotDecide, whyNotDeny, whyNotReview, whyNotStanding, whyNotWithdraw, type CountedVote, type Question } from './rules.ts'
import { member, onCall, principal } from './testing/people.ts'

const now = Date.now()
const requester = member('eve', 'engineers', 'on-call', 'admins')
function question(over: Partial<Question> & { readonly requester?: Principal; readonly need?: ApprovalNeed } = {}): Question {
  const who = over.requester ?? requester
  return {
    state: 'open', expiresAt: now + 1000, closeReason: null, decisions: [],
    asked: { selves: requesterKeys(who), requester: { id: who.id, kind: who.kind }, need: over.need ?? onCall }, ...over,
  }
}
const decidedBy = (who: Principal) => ({ by: { id: who.id }, selves: selvesOf(who) })
const ada = member('ada', 'on-call')

test('who is asked may decide', () => {
  expect(whyNotDecide(question(), ada, now)).toBeNull()
  expect(whyNotDecide(question({ need: { ...onCall, groups: [], users: ['corp:bob'] } }), member('bob'), now)).toBeNull()
})

test.each<[string, Partial<Parameters<typeof question>[0]>, Principal, string]>([
  ['the requester', {}, requester, 'forbidden'],
  ['the requester with another token, in more groups', {}, member('eve', 'on-call', 'dba'), 'forbidden'],
  ['the requester by another identity entry of the same issuer', {}, { ...member('eve', 'on-call'), id: 'staff:eve', provider: 'staff', email: null }, 'forbidden'],
  ['the requester by another provider with the same verified email', {}, { ...member('e123', 'on-call'), id: 'other:e123', email: 'EVE@example.com', claims: { iss: 'https://other.example.com', sub: 'e123' } }, 'forbidden'],
  ['an agent', {}, principal('bot', { kind: 'agent', groups: ['on-call'] }), 'approval_unknown'],
  ['CI', {}, principal('ci', { kind: 'ci', groups: ['on-call'] }), 'approval_unknown'],
  ['an agent with a token of a human that it acts for', {}, { ...ada, claims: { ...ada.claims, act: { sub: 'bot' } } }, 'forbidden'],
  ['an admin who is not asked', {}, member('root', 'admins', 'reviewers'), 'approval_unknown'],
  ['who is in a group of another name', {}, member('max', 'on-call-eu', 'On-Call'), 'approval_unknown'],
  ['who decided already', { decisions: [decidedBy(ada)] }, ada, 'already_decided'],
  ['who decided already by another sign-in', { decisions: [decidedBy({ ...ada, id: 'staff:ada' })] }, ada, 'already_decided'],
  ['anyone, of a denied one', { state: 'denied' }, ada, 'approval_closed'],
  ['anyone, of an approved one', { state: 'approved' }, ada, 'approval_closed'],
  ['anyone, of a used one', { state: 'used' }, ada, 'approval_closed'],
  ['anyone, of a withdrawn one', { state: 'withdrawn' }, ada, 'approval_closed'],
  ['anyone, after its time, swept or not', { expiresAt: now }, ada, 'approval_closed'],
])('%s may not decide', (_, over, decider, code) => {
  expect(whyNotDecide(question(over), decider, now)).toMatchObject({ code })
})

test('what is approved and not used may still be denied, once, by others than those who decided', () => {
  expect(whyNotDeny(question({ state: 'approved', decisions: [decidedBy(member('bob', 'on-call'))] }), ada, now)).toBeNull()
  expect(whyNotDeny(question({ state: 'approved', decisions: [decidedBy(ada)] }), ada, now)).toMatchObject({ code: 'already_decided' })
  expect(whyNotDeny(question({ state: 'approved' }), requester, now)).toMatchObject({ code: 'forbidden' })
  for (const over of [{ state: 'used' }, { state: 'denied' }, { state: 'approved', expiresAt: now }] as const) expect(whyNotDeny(question(over), ada, now)).toMatchObject({ code: 'approval_closed' })
})

test.each<[string, Record<string, unknown>, Principal]>([
  ['RFC 8693, the agent acts for the subject', { sub: 'ada', act: { sub: 'bot' } }, ada],
  ['RFC 8693, the actor is who is asked', { sub: 'tool', act: { sub: 'mid', act: { sub: 'ada' } } }, ada],
  ['a delegator named by subject', { sub: 'bot', delegator: 'ada' }, ada],
  ['a delegator named by principal id', { sub: 'bot', on_behalf_of: 'corp:ada' }, ada],
  ['a delegator named by email', { sub: 'bot', obo: { email: 'ada@example.com' } }, ada],
])('the delegator of an agent may not decide what it asks (%s)', (_, claims, decider) => {
  const agent = principal(String(claims['sub']), { id: `agents:${String(claims['sub'])}`, kind: 'agent', email: null, claims: { iss: 'https://id.example.com', ...claims } })
  expect(whyNotDecide(question({ requester: agent }), decider, now)).toMatchObject({ code: 'forbidden' })
  expect(whyNotDecide(question({ requester: agent }), member('bob', 'on-call'), now)).toBeNull()
})

test('only who asked and the humans who are asked may read it', () => {
  expect(mayRead(question(), requester)).toBe(true)
  expect(mayRead(question(), ada)).toBe(true)
  for (const other of [member('max'), member('root', 'admins'), principal('bot', { kind: 'agent', groups: ['on-call'] })]) expect(mayRead(question(), other)).toBe(false)
})

test('only who asked may withdraw, while it is active', () => {
  expect(whyNotWithdraw(question(), requester, now)).toBeNull()
  expect(whyNotWithdraw(question({ state: 'approved' }), requester, now)).toBeNull()
  expect(whyNotWithdraw(question(), ada, now)).toMatchObject({ code: 'forbidden' })
  expect(whyNotWithdraw(question({ state: 'used' }), requester, now)).toMatchObject({ code: 'approval_closed' })
})

const vote = (who: Principal, groupsNow: readonly string[] | null = null): CountedVote => ({ id: who.id, selves: selvesOf(who), groupsThen: who.groups, groupsNow })
const two: ApprovalNeed = { ...onCall, count: 2 }
const both: ApprovalNeed = { ...onCall, also: [{ groups: ['dba'], users: [], count: 1, withinMs: 1 }] }
const [dan, kim] = [member('dan', 'dba'), member('kim', 'on-call', 'dba')]

test.each<[string, ApprovalNeed, readonly CountedVote[], boolean]>([
  ['one of one', onCall, [vote(ada)], true],
  ['nobody', onCall, [], false],
  ['two people', two, [vote(ada), vote(kim)], true],
  ['one human in two groups of the need', { ...two, groups: ['on-call', 'dba'] }, [vote(kim)], false],
  ['one human twice', two, [vote(ada), vote(ada)], false],
  ['one human by two sign-ins', two, [vote(ada), vote({ ...ada, id: 'staff:ada' })], false],
  ['one human by two sign-ins of one verified email', two, [vote(ada), vote({ ...ada, id: 'x:1', claims: { iss: 'https://x', sub: '1' } })], false],
  ['a stranger', onCall, [vote(member('max', 'dba'))], false],
  ['who left the group since', onCall, [vote(ada, [])], false],
  ['who is in it still', onCall, [vote(ada, ['on-call'])], true],
  ['who joined it only after deciding', onCall, [vote(member('max'), ['on-call'])], false],
  ['two needs, one of them met', both, [vote(ada), vote(member('amy', 'on-call'))], false],
  ['two needs, each by its own', both, [vote(ada), vote(dan)], true],
  ['two needs and one human in both groups: one human is one agreement', both, [vote(kim)], false],
  ['two needs, and who fits both stands where the other cannot', both, [vote(kim), vote(ada)], true],
  ['two needs, in the other order', both, [vote(kim), vote(dan)], true],
  ['two rules that ask the very same people are one need', { ...onCall, also: [{ ...onCall, count: 2 }] }, [vote(ada), vote(kim)], true],
  ['and the larger count holds', { ...onCall, also: [{ ...onCall, count: 2 }] }, [vote(ada)], false],
])('quorum: %s', (_, need, votes, isMet) => {
  expect(tally(need, votes).isMet).toBe(isMet)
})

test('a tally says who is still missing', () => {
  expect(tally(both, [vote(kim)]).needs).toEqual([{ groups: ['on-call'], users: [], count: 1, have: 1 }, { groups: ['dba'], users: [], count: 1, have: 0 }])
})

const verdict = (over: Partial<Verdict>) => ({ effect: 'approve', rule: null, reason: 'because', matched: [], limit: { rows: null, seconds: null }, need: onCall, ...over }) as Verdict
test.each<[string, Verdict | null, boolean]>([
  ['the same', verdict({}), true],
  ['the same with another wait', verdict({ need: { ...onCall, withinMs: 1 } }), true],
  ['nothing to ask any more', verdict({ effect: 'allow', need: null }), true],
  ['a deny', verdict({ effect: 'deny', need: null }), false],
  ['other approvers', verdict({ need: { ...onCall, groups: ['dba'] } }), false],
  ['more of them', verdict({ need: two }), false],
  ['further ones', verdict({ need: both }), false],
  ['no answer', null, false],
])('an approval stands when policy now says: %s', (_, now, stands) => {
  expect(whyNotStanding(onCall, now) === null).toBe(stands)
})

test('an agreement satisfies what asks the same people, or fewer of them', () => {
  expect(isAgreed(two, onCall)).toBe(true)
  expect(isAgreed(onCall, two)).toBe(false)
  expect(isAgreed(onCall, both)).toBe(false)
  expect(isAgreed(both, onCall)).toBe(true)
})

const glass: ApprovalNeed = { ...onCall, breakGlass: ['incident'] }
test('break-glass is for the requester, a human, in a group of every rule that asks', () => {
  const hero = member('eve', 'incident')
  const asked = question({ need: glass, requester: hero })
  expect(whyNotBreakGlass(asked, hero, now)).toBeNull()
  expect(whyNotBreakGlass(asked, member('zoe', 'incident', 'on-call'), now)).toMatchObject({ code: 'forbidden' })
  expect(whyNotBreakGlass(asked, member('eve', 'engineers'), now)).toMatchObject({ code: 'forbidden' })
  expect(whyNotBreakGlass(asked, { ...hero, kind: 'agent' }, now)).toMatchObject({ code: 'forbidden' })
  expect(whyNotBreakGlass(question({ requester: hero }), hero, now)).toMatchObject({ code: 'forbidden' })
  expect(whyNotBreakGlass({ ...asked, state: 'denied' }, hero, now)).toMatchObject({ code: 'approval_closed' })
  expect(mayBreakGlass({ ...glass, also: [{ ...onCall }] }, ['incident'])).toBe(false)
})

test('a break-glass is reviewed by a human who was asked and is not the requester, once', () => {
  const broken = { ...question({ need: { ...glass, groups: ['on-call', 'engineers'] } }), brokenGlass: {}, review: null }
  expect(whyNotReview(broken, ada)).toBeNull()
  expect(whyNotReview(broken, requester)).toMatchObject({ code: 'forbidden' })
  expect(whyNotReview(broken, { ...ada, kind: 'agent' })).toMatchObject({ code: 'forbidden' })
  expect(whyNotReview(broken, member('root', 'admins'))).toMatchObject({ code: 'forbidden' })
  expect(whyNotReview({ ...broken, review: {} }, ada)).toMatchObject({ code: 'approval_closed' })
  expect(whyNotReview({ ...broken, brokenGlass: null }, ada)).toMatchObject({ code: 'forbidden' })
})
