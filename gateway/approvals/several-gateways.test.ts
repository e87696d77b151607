// Approvals whose sessions and deciders are at different gateways of one store; and what is lost of gateway, store, connection or clock.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPostgres, type RealPostgres } from '../testing/real-postgres.ts'
import { openOffice, type Office } from './testing/office.ts'
import { held, member, onCall } from './testing/people.ts'

let postgres: RealPostgres
beforeAll(async () => { postgres = await startPostgres() })
afterAll(() => postgres.stop())

const ada = member('ada', 'on-call')
const ben = member('ben', 'on-call')
const approve = { decision: 'approve', reason: null } as const
const deny = { decision: 'deny', reason: 'not now' } as const
const code = (expected: string) => expect.objectContaining({ code: expected }) as Error

describe('two gateways on one store', () => {
  let [one, two]: [Office, Office] = [null as never, null as never]
  beforeAll(async () => {
    const database = await postgres.database('two')
    ;[one, two] = [await openOffice({ database, gateway: 'gw_one' }), await openOffice({ database, gateway: 'gw_two' })]
  })
  afterAll(async () => {
    await one.close()
    await two.close()
  })

  test('of those that race for one approval exactly one runs, every time', async () => {
    for (let round = 0; round < 10; round++) {
      const command = held()
      const holds = await Promise.all([one.broker.hold(command), two.broker.hold({ ...command, session: 'se_2' }), one.broker.hold({ ...command, session: 'se_3' })])
      expect(new Set(holds.map(({ approval }) => approval)).size).toBe(1)
      await two.desk.decide(ada, holds[0].approval, approve)
      await Promise.all(holds.map(({ outcome }) => outcome))
      const answers = await Promise.all(holds.map((hold) => hold.use()))
      expect(answers.filter((answer) => answer === null)).toHaveLength(1)
    }
  })

  test('of decisions that race for one quorum none is lost, and a denial stands', async () => {
    for (let round = 0; round < 5; round++) {
      const hold = await one.broker.hold(held({ need: { ...onCall, count: 2 } }))
      await Promise.all([one.desk.decide(ada, hold.approval, approve), two.desk.decide(ben, hold.approval, approve)])
      expect(await hold.outcome).toMatchObject({ kind: 'approved' })
      hold.release('cancelled')
      const denied = await one.broker.hold(held())
      await Promise.allSettled([one.desk.decide(ada, denied.approval, approve), two.desk.decide(ben, denied.approval, deny)])
      expect(['approved', 'denied']).toContain((await denied.outcome).kind)
      denied.release('cancelled')
    }
  })

  test('the same human at two gateways at once decides once', async () => {
    const hold = await one.broker.hold(held({ need: { ...onCall, count: 2 } }))
    const answers = await Promise.allSettled([one.desk.decide(ada, hold.approval, approve), two.desk.decide(ada, hold.approval, approve)])
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await one.rows.get(hold.approval))!.decisions).toHaveLength(1)
    hold.release('cancelled')
  })

  test('a decision at one gateway reaches the session at the other', async () => {
    const hold = await one.broker.hold(held())
    await two.desk.decide(ada, hold.approval, deny)
    expect(await hold.outcome).toMatchObject({ kind: 'denied' })
  })

  test('a gateway with another key shows nothing and approves nothing', async () => {
    const database = await postgres.database('keys')
    const [here, there] = [await openOffice({ database, gateway: 'gw_here' }), await openOffice({ database, gateway: 'gw_there', secret: 'other'.repeat(20) })]
    const hold = await here.broker.hold(held())
    expect(await there.desk.show(ada, hold.approval)).toMatchObject({ exact: null, sealed: expect.stringContaining('does not have') as string })
    await expect(there.desk.decide(ada, hold.approval, approve)).rejects.toThrow(code('forbidden'))
    await there.desk.decide(ben, hold.approval, deny)
    expect(await hold.outcome).toMatchObject({ kind: 'denied' })
    await Promise.all([here.close(), there.close()])
  })
})

test('without NOTIFY the poll finds what happened', async () => {
  const database = await postgres.database('deaf')
  const [one, two] = [await openOffice({ database, gateway: 'gw_one', listens: false }), await openOffice({ database, gateway: 'gw_two', listens: false })]
  const hold = await one.broker.hold(held())
  await two.desk.decide(ada, hold.approval, approve)
  expect(await hold.outcome).toMatchObject({ kind: 'approved' })
  await Promise.all([one.close(), two.close()])
})

test('with NOTIFY nobody waits for the poll', async () => {
  const database = await postgres.database('quick')
  const [one, two] = [await openOffice({ database, gateway: 'gw_one', pollMs: 3_600_000 }), await openOffice({ database, gateway: 'gw_two', pollMs: 3_600_000 })]
  await expect.poll(async () => (await one.store.query("select count(*)::int as n from pg_stat_activity where application_name = 'gatehouse listen' and datname = 'quick' and query like 'listen%'"))[0]?.['n']).toBe(2)
  const hold = await one.broker.hold(held())
  await two.desk.decide(ada, hold.approval, approve)
  expect(await hold.outcome).toMatchObject({ kind: 'approved' })
  await Promise.all([one.close(), two.close()])
})

test('listening begins again when its connection breaks', async () => {
  const database = await postgres.database('relisten')
  const [one, two] = [await openOffice({ database, gateway: 'gw_one', pollMs: 3_600_000 }), await openOffice({ database, gateway: 'gw_two', pollMs: 3_600_000 })]
  const listening = async () => (await one.store.query("select pid from pg_stat_activity where application_name = 'gatehouse listen' and datname = 'relisten' and query like 'listen%'")).map((row) => row['pid'])
  await expect.poll(async () => (await listening()).length).toBe(2)
  const before = await listening()
  await one.store.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gatehouse listen' and datname = 'relisten'")
  await expect.poll(async () => (await listening()).filter((pid) => !before.includes(pid)).length, { timeout: 10_000 }).toBe(2)
  const hold = await one.broker.hold(held())
  await two.desk.decide(ada, hold.approval, approve)
  expect(await hold.outcome).toMatchObject({ kind: 'approved' })
  await Promise.all([one.close(), two.close()])
})

test('a gateway that is killed loses no approval: its sessions are marked gone, and a retry joins, decided meanwhile or not', async () => {
  const first = await openOffice()
  const [open, decided] = [held(), held()]
  const [one, two] = [await first.broker.hold(open), await first.broker.hold(decided)]
  await first.crash()
  const second = await openOffice({ dataDir: first.folder })
  expect((await second.rows.get(one.approval))!.holds[0]!.goneAt).not.toBeNull()
  expect(await second.desk.show(ada, one.approval)).toMatchObject({ state: 'open', held: [{ isLive: false }] })
  await second.desk.decide(ada, two.approval, approve)
  const [again, run] = [await second.broker.hold(open), await second.broker.hold(decided)]
  expect([again.approval, run.approval]).toEqual([one.approval, two.approval])
  expect(await run.outcome).toMatchObject({ kind: 'approved' })
  expect(await run.use()).toBeNull()
  await second.close()
})

test('a gateway that is stopped ends its sessions and withdraws nothing', async () => {
  const office = await openOffice({ database: await postgres.database('stopped') })
  const hold = await office.broker.hold(held())
  office.broker.stopping()
  hold.release('session-ended')
  await expect.poll(async () => (await office.rows.get(hold.approval))!.holds[0]!.goneAt).not.toBeNull()
  expect((await office.rows.get(hold.approval))!.state).toBe('open')
  await expect(office.broker.hold(held())).rejects.toThrow(code('gateway_stopping'))
  await office.close()
})

test('a store that is lost while a command waits refuses it, and nothing runs without one', async () => {
  const server = await startPostgres()
  const office = await openOffice({ database: await server.database('lost'), pollMs: 50, broker: { storeLostMs: 200 } })
  const [hold, approved] = [await office.broker.hold(held()), await office.broker.hold(held())]
  await office.desk.decide(ada, approved.approval, approve)
  await approved.outcome
  await server.stop('crash')
  expect(await hold.outcome).toMatchObject({ kind: 'withdrawn', reason: expect.stringContaining('the store does not answer') as string })
  expect(await approved.use()).toMatch(/the store/)
  await expect(office.broker.hold(held())).rejects.toThrow(code('store_unavailable'))
  await office.close()
})

test('a clock that is set back makes nobody wait for ever', async () => {
  let now = Date.now()
  const office = await openOffice({ broker: { clock: { now: () => now, monotonic: () => performance.now() } } })
  const hold = await office.broker.hold(held({ expiresAt: now + 200 }))
  now -= 600_000
  expect(await hold.outcome).toEqual({ kind: 'expired' })
  await office.close()
})
