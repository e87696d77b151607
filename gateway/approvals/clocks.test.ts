// Clocks that are wrong: behind, set back while something waits, ahead. What has expired stays so, by the store's clock and by our own.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startPostgres, type RealPostgres } from '../testing/real-postgres.ts'
import { createSteadyClock, type Clock } from './held.ts'
import { openOffice } from './testing/office.ts'
import { held, member } from './testing/people.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const tenMinutes = 600_000
const ada = member('ada', 'on-call')
const later = (ms: number) => new Promise((resolve) => { setTimeout(resolve, ms) })
const behind: Clock = { now: () => Date.now() - tenMinutes, monotonic: () => performance.now() }

let postgres: RealPostgres
beforeAll(async () => { postgres = await startPostgres() })
afterAll(() => postgres.stop())

test('a clock that is set back goes on; one that is set forward is followed', () => {
  let [wall, ticks] = [1_000_000, 0]
  const clock = createSteadyClock({ now: () => wall, monotonic: () => ticks })
  expect(clock.now()).toBe(1_000_000)
  wall -= tenMinutes
  ticks += 500
  expect(clock.now()).toBe(1_000_500)
  wall += 2 * tenMinutes
  expect(clock.now()).toBe(1_000_000 + tenMinutes)
  wall = 0
  ticks += 1
  expect(clock.now()).toBe(1_000_001 + tenMinutes)
})

describe.each(['pglite', 'server'] as const)('on %s', (kind) => {
  test('a gateway whose clock is ten minutes behind joins nothing that has expired, runs nothing by it, and lets nobody decide it', async () => {
    const database = kind === 'server' ? await postgres.database('clocks') : null
    const right = await openOffice({ database, gateway: 'gw_right' })
    const command = held({ expiresAt: Date.now() + 700 })
    const undecided = held({ expiresAt: Date.now() + 700 })
    const [asked, other] = [await right.broker.hold(command), await right.broker.hold(undecided)]
    await right.desk.decide(ada, asked.approval, { decision: 'approve', reason: null })
    expect(await asked.outcome).toMatchObject({ kind: 'approved' })
    // Its gateway dies before it is used, and nobody sweeps.
    await right.crash()
    await later(800)
    const wrong = await openOffice({ database, dataDir: right.folder, gateway: 'gw_wrong', broker: { clock: behind }, now: behind.now })
    expect((await wrong.rows.get(asked.approval))?.state).toBe('approved')
    await expect(wrong.desk.decide(ada, other.approval, { decision: 'approve', reason: null })).rejects.toMatchObject({ code: 'approval_closed' })
    const retry = await wrong.broker.hold({ ...command, expiresAt: behind.now() + tenMinutes * 2 })
    expect(retry.approval).not.toBe(asked.approval)
    expect([(await wrong.rows.get(asked.approval))?.state, (await wrong.rows.get(retry.approval))?.state]).toEqual(['expired', 'open'])
    expect(await retry.use()).toMatch(/not approved/)
    retry.release('cancelled')
    await wrong.close()
  })

  test('what was approved before the clock was set back is not used after its time', async () => {
    const database = kind === 'server' ? await postgres.database('set-back') : null
    let offset = 0
    const moved: Clock = { now: () => Date.now() + offset, monotonic: () => performance.now() }
    const office = await openOffice({ database, broker: { clock: moved, tickMs: 3_600_000 }, now: moved.now })
    const hold = await office.broker.hold(held({ expiresAt: Date.now() + 500 }))
    await office.desk.decide(ada, hold.approval, { decision: 'approve', reason: null })
    await hold.outcome
    offset = -tenMinutes
    await later(700)
    expect(await hold.use()).toMatch(/expired/)
    await office.close()
  })

  test('a gateway whose clock is ahead ends early, and never late', async () => {
    const database = kind === 'server' ? await postgres.database('ahead') : null
    const ahead: Clock = { now: () => Date.now() + tenMinutes, monotonic: () => performance.now() }
    const right = await openOffice({ database, gateway: 'gw_right' })
    const hold = await right.broker.hold(held({ expiresAt: Date.now() + 60_000 }))
    await right.desk.decide(ada, hold.approval, { decision: 'approve', reason: null })
    await hold.outcome
    if (kind === 'pglite') await right.crash()
    const wrong = await openOffice({ database, ...(kind === 'pglite' && { dataDir: right.folder }), gateway: 'gw_ahead', broker: { clock: ahead }, now: ahead.now })
    await wrong.sweep.run()
    expect((await wrong.rows.get(hold.approval))?.state).toBe('expired')
    if (kind === 'server') {
      expect(await hold.use()).toMatch(/expired/)
      await right.close()
    }
    await wrong.close()
  })
})
