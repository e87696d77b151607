import { expect, test } from 'vitest'
import { GatehouseError } from '../../shared/errors.ts'
import type { AuditEvent } from '../../shared/audit-event.ts'
import { sessionIdPattern, sessionIdTime } from '../../shared/session-id.ts'
import type { SessionSummary } from '../../shared/session.ts'
import { sessionEndAttemptsMax } from '../limits.ts'
import { createRegistry } from './create-registry.ts'
import { sessionId } from './ids.ts'
import type { LiveSession, SessionStore } from './registry.ts'

const summaryOf = (id: string): SessionSummary => ({
  id, connection: 'shop', kind: 'postgres', principal: { id: 'corp:ada', email: null, kind: 'human' }, via: 'native', client: 'psql',
  state: 'open', openedAt: '2026-01-01T00:00:00.000Z', closedAt: null, closeReason: null, commands: 0, refusals: 0,
})

function fixture(faults: { readonly inserts?: number; readonly closes?: number; readonly audits?: number; readonly sessionsMax?: number } = {}) {
  const left = { inserts: faults.inserts ?? 0, closes: faults.closes ?? 0, audits: faults.audits ?? 0 }
  const rows: string[] = []
  const events: Omit<AuditEvent, 'at'>[] = []
  const logged: string[] = []
  let gate: Promise<void> = Promise.resolve()
  const fail = (what: keyof typeof left) => {
    if (left[what]-- > 0) throw new GatehouseError('store_unavailable', `no ${what}`)
  }
  const store: SessionStore = {
    async insert({ id }) { await gate; fail('inserts'); rows.push(`open ${id}`) },
    async close(id, { closeReason }) { fail('closes'); rows.push(`close ${id}: ${closeReason}`) },
  }
  const registry = createRegistry({
    store, limits: { sessionsMax: faults.sessionsMax ?? 10, endRetryMs: 1 },
    audit: async (event) => { fail('audits'); events.push(event) },
    log: { warn: () => logged.push('warn'), error: () => logged.push('error') } as never,
  })
  const session = (id: string): LiveSession => ({ summary: summaryOf(id), end: (reason) => registry.closed(id, { reason, commands: 2, refusals: 1 }) })
  return { registry, rows, events, logged, session, hold: () => { const { promise, resolve } = Promise.withResolvers<void>(); gate = promise; return resolve } }
}

test('a session does not serve before its row is written', async () => {
  const { registry, rows, session, hold } = fixture()
  const release = hold()
  let isOpen = false
  const opened = registry.open(session('a')).then(() => { isOpen = true })
  await new Promise((resolve) => { setImmediate(resolve) })
  expect(isOpen).toBe(false)
  release()
  await opened
  expect(rows).toEqual(['open a'])
  expect(registry.live().map(({ summary }) => summary.id)).toEqual(['a'])
})

test.each([['the row', { inserts: 1 }], ['the audit event', { audits: 1 }]])('a session is refused when %s cannot be written, and counts no more', async (_what, faults) => {
  const { registry, rows, session } = fixture(faults)
  await expect(registry.open(session('a'))).rejects.toMatchObject({ code: 'store_unavailable' })
  expect(registry.live()).toEqual([])
  await registry.endAll('end of test')
  // Whether the row was written nobody knows: it is ended in any case.
  expect(rows.at(-1)).toBe('close a: refused: the store did not answer')
})

test('past sessionsMax a session is refused, those being opened counted', async () => {
  const { registry, session, hold } = fixture({ sessionsMax: 2 })
  const release = hold()
  const two = [registry.open(session('a')), registry.open(session('b'))]
  await expect(registry.open(session('c'))).rejects.toMatchObject({ code: 'limit_exceeded' })
  release()
  await Promise.all(two)
  registry.closed('a', { reason: 'left', commands: 0, refusals: 0 })
  await registry.open(session('c'))
})

test('the end is written until it is written', async () => {
  const { registry, rows, events, logged, session } = fixture({ closes: 3 })
  await registry.open(session('a'))
  registry.closed('a', { reason: 'left', commands: 5, refusals: 1 })
  registry.closed('a', { reason: 'again', commands: 0, refusals: 0 })
  expect(registry.live()).toEqual([])
  await registry.endAll('stop')
  expect(rows).toEqual(['open a', 'close a: left'])
  expect(logged).toEqual(['warn', 'warn', 'warn'])
  expect(events.map(({ kind, detail }) => [kind, detail['reason']])).toEqual([['session-opened', undefined], ['session-closed', 'left']])
})

test('a store that never comes back is logged, and nothing throws', async () => {
  const { registry, logged, session } = fixture({ closes: 1000 })
  await registry.open(session('a'))
  registry.closed('a', { reason: 'left', commands: 0, refusals: 0 })
  registry.closed('nobody', { reason: 'left', commands: 0, refusals: 0 })
  await registry.endAll('stop')
  expect(logged).toEqual([...Array.from({ length: sessionEndAttemptsMax - 1 }, () => 'warn'), 'error'])
})

test('at the end every session ends, those being opened and those beside one that throws, and no new one opens', async () => {
  const { registry, rows, session, hold, logged } = fixture()
  await registry.open(session('a'))
  await registry.open({ ...session('bad'), end: () => { throw new Error('bug') } })
  const release = hold()
  const opening = registry.open(session('b'))
  const ended = registry.endAll('the gateway is stopping')
  await expect(registry.open(session('c'))).rejects.toMatchObject({ code: 'gateway_stopping' })
  release()
  await expect(opening).rejects.toMatchObject({ code: 'gateway_stopping' })
  await ended
  expect(rows.filter((row) => row.startsWith('close'))).toEqual(['close a: the gateway is stopping', 'close b: the gateway is stopping'])
  expect(logged).toEqual(['error'])
})

test('session ids sort by time and say it, and no two are the same', async () => {
  const before = Date.now()
  const first = sessionId()
  await new Promise((resolve) => { setTimeout(resolve, 3) })
  const second = sessionId()
  expect(first).toMatch(sessionIdPattern)
  expect(second > first).toBe(true)
  expect(sessionIdTime(first)).toBeGreaterThanOrEqual(before)
  expect(sessionIdTime('se_short')).toBeNull()
  expect(new Set(Array.from({ length: 1000 }, sessionId)).size).toBe(1000)
})
