import { beforeEach, expect, test, vi } from 'vitest'
import { provideDesktop } from '../lib/current-desktop.ts'
import { FakeDesktop, type FakeOptions } from '../testing/fake-desktop.ts'
import type { Preflight } from '../lib/preflight.ts'
import { cancelRun, forgetTab, runOf, runText, runWithReason, saidBefore, stopAsking, useRuns, watchRuns } from './runs.ts'

function start(options: FakeOptions = {}): FakeDesktop {
  const desktop = new FakeDesktop(options)
  provideDesktop(desktop)
  watchRuns()
  return desktop
}
const over = (tab = 't') => vi.waitFor(() => expect(runOf(tab).view?.isActive).toBe(false), { timeout: 5000 })
const view = (tab = 't') => runOf(tab).view!

beforeEach(() => useRuns.setState({ byTab: {} }))

test('runs statements one after another and stops at the refusal', async () => {
  start()
  await runText('t', 'shop', { text: 'select * from customers limit 3; drop table customers; select 1', base: 0 })
  await over()
  expect(view().statements.map(({ status, rows }) => [status, rows])).toEqual([['done', 3], ['failed', 0], ['queued', 0]])
  expect(view().statements[1]?.error?.isRefusal).toBe(true)
})

test('a tab opens its session once and keeps it for later runs', async () => {
  const desktop = start()
  await runText('t', 'shop', { text: 'select 1', base: 0 })
  await over()
  await runText('t', 'shop', { text: 'select 1', base: 0 })
  await over()
  expect(desktop.calls.filter(({ name }) => name === 'sql.open')).toHaveLength(1)
})

test('a second run while one is under way is not sent', async () => {
  const desktop = start()
  const first = runText('t', 'shop', { text: 'select pg_sleep(0.4)', base: 0 })
  await runText('t', 'shop', { text: 'drop table customers', base: 0 })
  await first
  expect(desktop.calls.filter(({ name }) => name === 'sql.run')).toHaveLength(1)
  await over()
})

test('what policy wants a reason for is asked about once before it is sent, and remembers what was said', async () => {
  const desktop = start()
  const sent = { text: 'merge into orders using stale on true', base: 0 }
  const runs = () => desktop.calls.filter(({ name }) => name === 'sql.run').map(({ input }) => input)
  await runText('t', 'shop', sent)
  expect([runOf('t').asking, runOf('t').view, runs()]).toEqual([sent, null, []])
  expect(saidBefore(sent)).toBe('')
  await runWithReason('t', 'shop', 'INC-42: stale')
  expect(runOf('t').asking).toBeNull()
  expect(runs()).toMatchObject([{ text: sent.text, reason: 'INC-42: stale' }])
  await cancelRun('t')
  await over()
  await runText('t', 'shop', sent)
  expect([runOf('t').asking, saidBefore(sent), runs().length]).toEqual([sent, 'INC-42: stale', 1])
  stopAsking('t')
  expect(runOf('t').asking).toBeNull()
})

test('what is known of the text already is not asked of the gateway again; what nobody can tell is sent', async () => {
  const desktop = start({ failures: { 'sql.preflight': { code: 'gateway_unreachable', message: 'away' } } })
  const asked = () => desktop.calls.filter(({ name }) => name === 'sql.preflight').length
  const known = (wantsReason: boolean): Preflight => ({ kind: 'known', problem: null, statements: [{ start: 0, end: 40, tag: 'MERGE', verdict: { kind: 'approval', by: ['on-call'], reason: 'r', ...(wantsReason && { wantsReason }) } }] })
  await runText('t', 'shop', { text: 'merge into orders using stale on true', base: 0 }, known(true))
  expect([runOf('t').asking !== null, asked()]).toEqual([true, 0])
  stopAsking('t')
  await runText('t', 'shop', { text: 'merge into orders using stale on true', base: 0 })
  await over()
  expect([asked(), view().statements[0]?.error?.isRefusal]).toEqual([1, true])
})

test('cancel ends a slow statement', async () => {
  start()
  await runText('t', 'shop', { text: 'select pg_sleep(30)', base: 0 })
  await cancelRun('t')
  await over()
  expect(view().statements[0]?.status).toBe('cancelled')
})

test('a session that is lost is told until the next run', async () => {
  const desktop = start()
  await runText('t', 'shop', { text: 'select 1', base: 0 })
  await over()
  desktop.emit('sql.lost', { editor: runOf('t').editor!, reason: 'idle for 30 minutes' })
  expect(runOf('t').lost).toBe('idle for 30 minutes')
  await runText('t', 'shop', { text: 'select 1', base: 0 })
  expect(runOf('t').lost).toBeNull()
})

test('a gateway that does not answer is said, and the tab can run again', async () => {
  start({ failures: { 'sql.open': { code: 'gateway_unreachable', message: 'no answer' } } })
  await runText('t', 'shop', { text: 'select 1', base: 0 })
  expect(view()).toMatchObject({ isActive: false, failure: 'no answer' })
  start()
  await runText('t', 'shop', { text: 'select 1', base: 0 })
  await over()
  expect(view()).toMatchObject({ failure: null })
})

test('an editor that the host forgot is replaced at the next run', async () => {
  start({ failures: { 'sql.run': { code: 'not_found', message: 'this editor was closed' } } })
  await runText('t', 'shop', { text: 'select 1', base: 0 })
  expect(runOf('t').editor).toBeNull()
})

test('a closed tab ends its session and its results', async () => {
  const desktop = start()
  await runText('t', 'shop', { text: 'select 1', base: 0 })
  await over()
  const { editor } = runOf('t')
  forgetTab('t')
  expect(useRuns.getState().byTab).toEqual({})
  expect(desktop.calls.at(-1)).toEqual({ name: 'sql.close', input: { editor } })
})

test('blank text is not sent', async () => {
  const desktop = start()
  await runText('t', 'shop', { text: ' \n ', base: 0 })
  expect(desktop.calls).toEqual([])
})
