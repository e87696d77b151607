import { expect, test, vi } from 'vitest'
import { GatehouseError } from '../../shared/errors.ts'
import { createLog } from '../log.ts'
import type { TokenGrant } from './identity-entry.ts'
import { createLeases } from './leases.ts'

const log = createLog('silent')
const second = 1000

function grant(expiresAt: number, over: { key?: string; id?: string; groups?: readonly string[] } = {}): TokenGrant {
  const { key = 'k', id = 'corp:ada', groups = [] } = over
  return { key, expiresAt, principal: { id, provider: 'corp', subject: 'ada', kind: 'human', email: null, groups, claims: {} } }
}

function setup() {
  const clock = { wall: 1_000_000, steady: 0, now: () => clock.wall, monotonic: () => clock.steady }
  const pass = (ms: number) => { clock.wall += ms; clock.steady += ms; vi.advanceTimersByTime(ms) }
  const good = new Map<string, TokenGrant>()
  const leases = createLeases({ log, clock, verify: async (token) => {
    const found = good.get(token)
    if (found === undefined) throw new GatehouseError('token_invalid', 'no such token')
    return found
  } })
  return { clock, pass, good, leases }
}

function fakeTimers(run: () => void | Promise<void>) {
  return async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try { await run() } finally { vi.useRealTimers() }
  }
}

test('a lease ends once, within a second of its expiry, and not before', fakeTimers(() => {
  const { clock, pass, leases } = setup()
  const ended: string[] = []
  leases.open(grant(clock.wall + 10 * second)).onEnd((reason) => ended.push(reason))
  pass(9_990)
  expect(ended).toEqual([])
  pass(1000)
  expect(ended).toEqual(['the token has expired; sign in again'])
  pass(60_000)
  expect(ended).toHaveLength(1)
}))

test('a clock set back does not lengthen a lease', fakeTimers(() => {
  const { clock, pass, leases } = setup()
  const ended = vi.fn()
  leases.open(grant(clock.wall + 10 * second)).onEnd(ended)
  clock.wall -= 600 * second
  pass(10_500)
  expect(ended).toHaveBeenCalledOnce()
}))

test('a clock set forward (or a machine that slept) ends it at once', fakeTimers(() => {
  const { clock, pass, leases } = setup()
  const ended = vi.fn()
  leases.open(grant(clock.wall + 600 * second)).onEnd(ended)
  clock.wall += 600 * second
  pass(500)
  expect(ended).toHaveBeenCalledOnce()
}))

test('revocation ends every lease of that token in the same turn, and no other', () => {
  const { clock, leases } = setup()
  const [mine, too, other] = [vi.fn(), vi.fn(), vi.fn()]
  leases.open(grant(clock.wall + second, { key: 'a' })).onEnd(mine)
  leases.open(grant(clock.wall + second, { key: 'a' })).onEnd(too)
  leases.open(grant(clock.wall + second, { key: 'b' })).onEnd(other)
  leases.revoke('a', clock.wall + second)
  expect(mine).toHaveBeenCalledExactlyOnceWith('the token was revoked')
  expect(too).toHaveBeenCalledOnce()
  expect(other).not.toHaveBeenCalled()
  leases.dispose()
})

test('a token revoked between its check and its lease gives no lease', () => {
  const { clock, leases } = setup()
  leases.revoke('a', clock.wall + second)
  expect(() => leases.open(grant(clock.wall + second, { key: 'a' }))).toThrow(expect.objectContaining({ code: 'token_revoked' }) as Error)
  expect(() => leases.open(grant(clock.wall - 1, { key: 'b' }))).toThrow(expect.objectContaining({ code: 'token_expired' }) as Error)
  leases.dispose()
})

test('who asks after the end is told too; who left is not', async () => {
  const { clock, leases } = setup()
  const lease = leases.open(grant(clock.wall + second))
  const left = vi.fn()
  lease.onEnd(left)()
  leases.revoke('k', clock.wall + second)
  const late = vi.fn()
  lease.onEnd(late)
  await Promise.resolve()
  expect(late).toHaveBeenCalledOnce()
  expect(left).not.toHaveBeenCalled()
  leases.dispose()
})

test('one listener that throws keeps no other session open', () => {
  const { clock, leases } = setup()
  const lease = leases.open(grant(clock.wall + second))
  const told = vi.fn()
  lease.onEnd(() => { throw new Error('mine is broken') })
  lease.onEnd(told)
  leases.revoke('k', clock.wall + second)
  expect(told).toHaveBeenCalledOnce()
  leases.dispose()
})

test('a newer token of the same principal moves the lease on, and brings its groups', fakeTimers(async () => {
  const { clock, pass, good, leases } = setup()
  const ended = vi.fn()
  const lease = leases.open(grant(clock.wall + second, { key: 'old', groups: ['dba'] }))
  lease.onEnd(ended)
  good.set('new', grant(clock.wall + 60 * second, { key: 'new', groups: [] }))
  expect(await lease.renew('new')).toEqual({ ok: true, expiresAt: clock.wall + 60 * second })
  expect(lease.principal.groups).toEqual([])
  leases.revoke('old', clock.wall + second)
  pass(10 * second)
  expect(ended).not.toHaveBeenCalled()
  leases.revoke('new', clock.wall + 60 * second)
  expect(ended).toHaveBeenCalledOnce()
}))

test.each([
  ['of another principal', grant(9e12, { id: 'corp:eve', key: 'e' }), /another principal/],
  ['that was revoked', grant(9e12, { key: 'revoked' }), /revoked/],
  ['that has expired', grant(1, { key: 'x' }), /expired/],
  ['that does not verify', null, /no such token/],
])('a token %s renews nothing', async (_, token, says) => {
  const { clock, good, leases } = setup()
  leases.revoke('revoked', 9e12)
  const expiresAt = clock.wall + second
  const lease = leases.open(grant(expiresAt))
  if (token !== null) good.set('t', token)
  expect(await lease.renew('t')).toMatchObject({ ok: false, reason: expect.stringMatching(says) as string })
  expect(lease).toMatchObject({ expiresAt, principal: { id: 'corp:ada' } })
  leases.dispose()
})

test('whoever asked hears of every renewal, and of none that failed or came too late', async () => {
  const { clock, good, leases } = setup()
  const lease = leases.open(grant(clock.wall + second, { key: 'old' }))
  const seen: string[] = []
  lease.onRenew(() => { throw new Error('mine is broken') })
  const stop = lease.onRenew(() => seen.push(`${lease.key} ${lease.principal.groups.join()}`))
  good.set('new', grant(clock.wall + 60 * second, { key: 'new', groups: ['dba'] }))
  expect([lease.key, await lease.renew('nothing'), await lease.renew('new')]).toMatchObject(['old', { ok: false }, { ok: true }])
  expect(seen).toEqual(['new dba'])
  stop()
  await lease.renew('new')
  expect(seen).toHaveLength(1)
  lease.onRenew(() => lease.dispose())
  expect(await lease.renew('new')).toMatchObject({ ok: false })
  leases.dispose()
})

test('a lease that has ended cannot be renewed back to life', async () => {
  const { clock, good, leases } = setup()
  const lease = leases.open(grant(clock.wall + second))
  good.set('t', grant(9e12, { key: 'fresh' }))
  leases.revoke('k', clock.wall + second)
  expect(await lease.renew('t')).toMatchObject({ ok: false })
  leases.dispose()
})
