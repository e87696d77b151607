// What agreeing leaves in the store: once for each pull request and statement, again only when it came to nothing, never after a denial.
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Principal } from '../../../shared/principal.ts'
import { createLog } from '../../log.ts'
import { createSeal } from '../seal.ts'
import { openOffice, type Office } from '../testing/office.ts'
import { held, member, onCall, principal } from '../testing/people.ts'
import { intentHash } from '../intent.ts'
import type { FoundPull } from './find-pull.ts'
import { createGithubWatcher } from './watcher.ts'

vi.setConfig({ testTimeout: 60_000 })

const need = { ...onCall, github: { repository: 'acme/shop', path: '**' } }
const found: FoundPull = { repository: 'acme/shop', repositoryId: 1, number: 7, url: 'https://github.com/acme/shop/pull/7', commit: 'a'.repeat(40), mergedAt: new Date(Date.now() - 1_000).toISOString(), author: 'ann', reviewers: [{ id: 2, login: 'bob' }] }
const text = 'create table t ()'

let office: Office
beforeAll(async () => { office = await openOffice() })
afterAll(() => office.close())

/** Asks GitHub once, which always finds the same. */
async function ask(pull: FoundPull | null = found, fails = false): Promise<void> {
  const finder = () => (fails ? Promise.reject(new Error('down')) : Promise.resolve(pull))
  const watcher = createGithubWatcher({ github: { api: 'http://127.0.0.1:1', token: { reveal: () => 't' }, repositories: ['acme/shop'], branch: 'main' }, rows: office.rows, bus: office.bus, seal: createSeal('s'.repeat(64)), log: createLog('silent'), pollMs: 3_600_000, finder })
  await watcher.run()
  await watcher.dispose()
}
const hold = (sub = 'run', what = text) => {
  const who = principal(sub, { kind: 'ci' })
  return office.broker.hold(held({ principal: who, text: what, need, isPlain: true, intent: intentHash({ principal: who.id, connection: 'shop', database: 'shop', role: null, searchPath: 'default', text: what, parameters: [] }) }))
}
const stateOf = async (id: string) => (await office.rows.get(id))?.state

test('an agreement that came to nothing is free again, one that ran is not', async () => {
  const gone = await hold()
  await ask()
  expect(await gone.outcome).toEqual({ kind: 'approved', by: ['bob on GitHub'] })
  // Another that asks for the same while it may still run: not.
  const other = await hold('other')
  await ask()
  expect(await stateOf(other.approval)).toBe('open')
  gone.release('disconnected')
  await vi.waitFor(async () => expect(await stateOf(gone.approval)).toBe('withdrawn'))
  await ask()
  expect(await other.outcome).toMatchObject({ kind: 'approved' })
  expect(await other.use()).toBeNull()
  expect(await other.use()).toMatch(/used already/)
  // Who is asked finds it among what was decided, with the pull request; who asked does not.
  const decided = async (who: Principal) => (await office.desk.list(who, { filter: 'decided', limit: 50 })).approvals.map(({ id, pull }) => [id, pull?.number])
  expect(await decided(member('dora', 'on-call'))).toContainEqual([other.approval, 7])
  expect(await decided(principal('other', { kind: 'ci' }))).toEqual([])
  expect(await decided(member('max', 'sales'))).toEqual([])
  const late = await hold()
  await ask()
  expect(await stateOf(late.approval)).toBe('open')
  const audited = await office.audited('approval-decided')
  expect(audited).toHaveLength(2)
  expect(audited[0]).toMatchObject({ principal: null, detail: { pull: found.url, reviewers: 'bob (2)', decision: 'approve' } })
  late.release('cancelled')
  await vi.waitFor(async () => expect(await stateOf(late.approval)).toBe('withdrawn'))
})

test('a denial is not passed by an earlier merge, and people are still asked', async () => {
  const what = 'create table denied ()'
  const pull = { ...found, number: 8 }
  const first = await hold('run', what)
  await office.desk.decide(member('ada', 'on-call'), first.approval, { decision: 'deny', reason: 'no' })
  const second = await hold('run', what)
  await ask(pull)
  expect(await stateOf(second.approval)).toBe('open')
  await office.desk.decide(member('ada', 'on-call'), second.approval, { decision: 'approve', reason: null })
  expect(await second.outcome).toEqual({ kind: 'approved', by: ['ada@example.com'] })
})

test('what GitHub cannot say, and what it does not find, leaves it open', async () => {
  const waiting = await hold('run', 'create table waits ()')
  await ask(null)
  await ask(found, true)
  expect(await stateOf(waiting.approval)).toBe('open')
})
