// The store against a Desktop of words: answers are held back until the test lets them go.
import { beforeEach, expect, test } from 'vitest'
import { approvalSummary, type ApprovalEvent, type ApprovalSummary } from '../../shared/approval.ts'
import type { Desktop } from '../../shared/ipc.ts'
import { provideDesktop } from '../lib/current-desktop.ts'
import { sampleApprovals } from '../testing/fake-approvals.ts'
import { loadOlder, refreshApprovals, takeApproval, useApprovals } from './approvals.ts'
import { newsOf } from './news.ts'

const [one, two] = sampleApprovals().map((whole) => approvalSummary.parse(whole)) as [ApprovalSummary, ApprovalSummary]
let answers: { readonly filter: string; readonly before?: string; readonly give: (approvals: readonly ApprovalSummary[], next?: string | null) => void }[]

beforeEach(() => {
  answers = []
  useApprovals.setState({ byId: {}, lists: {} })
  provideDesktop({
    call: (_: string, input: { readonly filter: string; readonly before?: string }) => new Promise((resolve) => { answers.push({ ...input, give: (approvals, next = null) => resolve({ approvals, next }) }) }),
    on: () => () => undefined,
  } as unknown as Desktop)
})

const stateOf = (id: string) => useApprovals.getState().byId[id]?.state
const giveAll = (approvals: readonly ApprovalSummary[], next: string | null = null) => { for (const answer of answers.splice(0)) answer.give(answer.filter === 'open' ? approvals : [], next) }

test('a list that was asked for before an event does not undo what the event said', async () => {
  const listing = refreshApprovals()
  takeApproval({ ...one, state: 'denied' })
  giveAll([one, two])
  await listing
  expect([stateOf(one.id), stateOf(two.id)]).toEqual(['denied', 'open'])
})

test('listing anew forgets what is in no list any more', async () => {
  takeApproval(one)
  const listing = refreshApprovals()
  giveAll([two])
  await listing
  expect(Object.keys(useApprovals.getState().byId)).toEqual([two.id])
})

test('of two listings the newer one counts, whichever answers last', async () => {
  const older = refreshApprovals()
  const [late] = [answers.splice(0)]
  const newer = refreshApprovals()
  giveAll([two])
  await newer
  for (const answer of late) answer.give([one])
  await older
  expect(Object.keys(useApprovals.getState().byId)).toEqual([two.id])
})

test('older ones come behind those that are there, and an event said more of one meanwhile', async () => {
  const listing = refreshApprovals()
  giveAll([two], two.id)
  await listing
  const loading = loadOlder('open')
  takeApproval({ ...one, state: 'expired' })
  answers[0]!.give([one], null)
  await loading
  expect([answers[0]!.before, stateOf(one.id), stateOf(two.id)]).toEqual([two.id, 'expired', 'open'])
})

test('an answer that an event has overtaken does not take it back', () => {
  takeApproval({ ...one, state: 'used' })
  takeApproval({ ...one, state: 'approved' })
  expect(stateOf(one.id)).toBe('used')
})

test('news are of what one may decide, and of one’s own that others ended', () => {
  const event = (kind: ApprovalEvent['kind'], approval: ApprovalSummary, by = one.requester): ApprovalEvent => ({ cursor: '1', at: one.createdAt, kind, by, approval, grant: null })
  const mine = { ...one, permitted: { ...one.permitted, isRequester: true, decide: 'yours' } }
  const otto = { id: 'o', email: 'otto@x', kind: 'human' as const }
  expect(newsOf(event('opened', one))).toMatchObject({ tone: 'wait', title: 'eli.ng@acme.example asks for approval on shop' })
  expect(newsOf(event('opened', mine))).toBeNull()
  expect(newsOf(event('viewed', one))).toBeNull()
  expect(newsOf(event('decided', { ...mine, state: 'denied', decisions: [{ by: otto, decision: 'deny', reason: 'no', at: one.createdAt }] }, { ...one.requester, ...otto }))).toMatchObject({ tone: 'bad', title: 'Denied by otto@x', text: 'no' })
  expect(newsOf(event('closed', { ...mine, state: 'withdrawn' }))).toBeNull()
})
