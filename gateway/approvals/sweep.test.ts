import { afterAll, beforeAll, expect, test } from 'vitest'
import { approvalEventsKeptMs, approvalSealedMs } from '../limits.ts'
import { openOffice, type Office } from './testing/office.ts'
import { held, member } from './testing/people.ts'

let now = Date.now()
let office: Office
beforeAll(async () => { office = await openOffice({ now: () => now }) })
afterAll(() => office.close())

const ada = member('ada', 'on-call')

test('an approval for which nobody waits any more ends at its time, and says so before the sweep', async () => {
  const { id } = await office.desk.requestGrant(member('eve', 'engineers'), { connection: held().connection, kinds: ['delete'], on: null, minutes: 5, purpose: 'x' })
  now += 900_000
  expect(await office.desk.show(ada, id)).toMatchObject({ state: 'expired', permitted: { decide: expect.stringContaining('expired') as string } })
  await expect(office.desk.decide(ada, id, { decision: 'approve', reason: null })).rejects.toMatchObject({ code: 'approval_closed' })
  expect((await office.rows.get(id))?.state).toBe('open')
  await office.sweep.run()
  expect(await office.rows.get(id)).toMatchObject({ state: 'expired', closeReason: 'nobody agreed in time' })
})

test('exact texts and events are forgotten in their time, the newest event never', async () => {
  const hold = await office.broker.hold(held({ expiresAt: now + 900_000 }))
  await office.desk.decide(ada, hold.approval, { decision: 'deny', reason: null })
  expect((await office.desk.show(ada, hold.approval)).exact).not.toBeNull()
  const { newest } = await office.events.range()
  now += approvalEventsKeptMs + 1
  await office.sweep.run()
  expect(await office.events.range()).toEqual({ oldest: newest, newest })
  expect((await office.desk.show(ada, hold.approval)).exact).not.toBeNull()
  now += approvalSealedMs
  await office.sweep.run()
  expect(await office.desk.show(ada, hold.approval)).toMatchObject({ exact: null, sealed: expect.stringContaining('removed with age') as string })
})

test('a list goes on behind its last page', async () => {
  const eve = member('eve-lists', 'engineers')
  const ids: string[] = []
  for (let count = 0; count < 5; count++, now++) ids.unshift((await office.desk.requestGrant(eve, { connection: held().connection, kinds: ['delete'], on: null, minutes: 5, purpose: 'x' })).id)
  const seen: string[] = []
  for (let before: string | undefined, more = true; more;) {
    const page = await office.desk.list(ada, { filter: 'open', before, limit: 2 })
    seen.push(...page.approvals.map(({ id }) => id))
    more = page.next !== null
    before = page.next ?? undefined
  }
  expect(seen).toEqual(ids)
  expect((await office.desk.list(eve, { filter: 'mine', limit: 10 })).approvals.map(({ id }) => id)).toEqual(ids)
  expect((await office.desk.list(eve, { filter: 'open', limit: 10 })).approvals).toEqual([])
  expect((await office.desk.list(eve, { filter: 'all', limit: 10 })).approvals.map(({ id }) => id)).toEqual(ids)
  expect((await office.desk.list(ada, { filter: 'all', limit: 100 })).approvals.length).toBeGreaterThan(5)
  expect((await office.desk.list(member('max', 'sales'), { filter: 'all', limit: 100 })).approvals).toEqual([])
})
