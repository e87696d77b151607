// Ten thousand approvals in the store: lists, one approval, decisions and the event stream stay quick, and no answer grows with them.
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { approvalsListedMax, eventPageMax } from '../limits.ts'
import { startPostgres, type RealPostgres } from '../testing/real-postgres.ts'
import { openOffice, type Office } from './testing/office.ts'
import { held, member } from './testing/people.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const many = 10_000
/** Far above what it takes (tens of milliseconds), far below what a scan of all with its decisions would. */
const quickMs = 1_500
const ada = member('ada', 'on-call')
const max = member('max', 'sales')
let postgres: RealPostgres
let office: Office

beforeAll(async () => {
  postgres = await startPostgres()
  office = await openOffice({ database: await postgres.database('many') })
  const first = await office.broker.hold(held())
  // Its like, many times: most are over, by many people; a hundred are open.
  await office.store.query(`
    insert into gatehouse.approvals (id, kind, state, intent, requester_id, connection, likeness, asked, purpose, sealed, created_at, expires_at, closed_at, close_reason)
    select 'ap_00' || lpad(i::text, 10, '0'), a.kind, case when i > ${many - 100} then 'open' else 'used' end, 'intent-' || i, 'corp:p' || (i % 500), a.connection, a.likeness, a.asked, 'INC-' || i, a.sealed,
      now() - interval '1 day', now() + interval '1 hour', case when i > ${many - 100} then null else now() end, null
    from gatehouse.approvals a, generate_series(1, ${many}) i where a.id = '${first.approval}'`)
  await office.store.query(`
    insert into gatehouse.approval_decisions (approval, principal_id, body, attempt, at)
    select 'ap_00' || lpad(i::text, 10, '0'), 'corp:d' || (i % 50), json_build_object('by', json_build_object('id', 'corp:d' || (i % 50), 'email', null, 'kind', 'human'), 'selves', '[]'::json, 'decision', 'approve', 'reason', 'fine', 'groups', '["on-call"]'::json, 'claimsAt', 1, 'minutes', null), null, now()
    from generate_series(1, ${many - 100}) i`)
  await office.store.query(`
    insert into gatehouse.approval_events (at, kind, approval, by_person) select now(), 'opened', 'ap_00' || lpad(i::text, 10, '0'), null from generate_series(1, ${many}) i`)
  await office.store.query('analyze gatehouse.approvals')
  first.release('cancelled')
})
afterAll(async () => {
  await office?.close()
  await postgres?.stop()
})

async function timed<T>(work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now()
  const result = await work()
  expect(performance.now() - startedAt).toBeLessThan(quickMs)
  return result
}

test.each(['open', 'mine', 'decided', 'reviews', 'all'] as const)('the list of what is %s comes at once, a page of it', async (filter) => {
  for (const who of [ada, max, member('p7', 'engineers'), member('d7', 'on-call')]) {
    const { approvals } = await timed(() => office.desk.list(who, { filter, limit: 50 }))
    expect(approvals.length).toBeLessThanOrEqual(50)
  }
})

test('pages go through all of it, none twice', async () => {
  const seen = new Set<string>()
  let before: string | undefined
  for (let pages = 0; pages < many; pages++) {
    const { approvals, next } = await timed(() => office.desk.list(ada, { filter: 'all', before, limit: approvalsListedMax }))
    for (const { id } of approvals) expect(seen.has(id)).toBe(false)
    for (const { id } of approvals) seen.add(id)
    if (next === null) break
    before = next
  }
  expect(seen.size).toBe(many + 1)
})

test('one is shown, decided, and asked about, as quickly as the first', async () => {
  await timed(() => office.desk.show(ada, `ap_00${String(many).padStart(10, '0')}`))
  await timed(() => office.desk.decide(ada, `ap_00${String(many).padStart(10, '0')}`, { decision: 'deny', reason: null }))
  const hold = await timed(() => office.broker.hold(held({ principal: member('p7', 'engineers') })))
  hold.release('cancelled')
})

test('events come by the page, and a page of them at once; from an old cursor all of them in a while', async () => {
  const page = await timed(() => office.events.after(0, eventPageMax))
  expect(page.length).toBe(eventPageMax)
  const shown = await timed(() => office.desk.eventsFor(ada, page))
  expect(shown.filter((event) => event !== null)).toHaveLength(eventPageMax)
  expect((await timed(() => office.desk.eventsFor(max, page))).filter((event) => event !== null)).toEqual([])
  const startedAt = performance.now()
  let cursor = 0
  for (let events = await office.events.after(cursor, eventPageMax); events.length > 0; events = await office.events.after(cursor, eventPageMax)) {
    await office.desk.eventsFor(ada, events)
    cursor = events.at(-1)!.id
  }
  expect(performance.now() - startedAt).toBeLessThan(30_000)
})
