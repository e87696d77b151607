// Who may still stay. One shared ticker compares every lease with the clock, so a lease ends within a second of its time
// whatever the clock does: by wall time (a machine that slept), and by monotonic time (a clock that was set back).
import { GatehouseError } from '../../shared/errors.ts'
import type { Log } from '../log.ts'
import { leaseTickMs } from '../limits.ts'
import type { Lease } from './authenticate.ts'
import type { TokenGrant } from './identity-entry.ts'

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds since whenever; never goes back. */
  monotonic(): number
}

export const systemClock: Clock = { now: Date.now, monotonic: () => performance.now() }

export interface Leases {
  /** Throws token_revoked or token_expired: between the check of the token and this call it may have ended. */
  open(grant: TokenGrant): Lease
  /** Ends the leases that live by this token now, and refuses it to those that are being opened. */
  revoke(key: string, expiresAt: number): void
  dispose(): void
}

interface LiveLease {
  grant: TokenGrant
  /** Monotonic. */
  deadline: number
  readonly listeners: Set<(reason: string) => void>
  readonly renewed: Set<() => void>
  ended: string | null
}

export function createLeases(options: { readonly log: Log; readonly verify: (token: string) => Promise<TokenGrant>; readonly clock?: Clock }): Leases {
  const { log, verify, clock = systemClock } = options
  const live = new Set<LiveLease>()
  const revoked = new Map<string, number>()
  let ticker: NodeJS.Timeout | null = null

  function tick(): void {
    for (const lease of live) if (isOver(lease, clock)) end(lease, 'the token has expired; sign in again')
    for (const [key, expiresAt] of revoked) if (expiresAt < clock.now()) revoked.delete(key)
    if (live.size === 0 && revoked.size === 0 && ticker !== null) {
      clearInterval(ticker)
      ticker = null
    }
  }

  function watch(): void {
    ticker ??= setInterval(tick, leaseTickMs).unref()
  }

  function end(lease: LiveLease, reason: string): void {
    if (lease.ended !== null) return
    lease.ended = reason
    live.delete(lease)
    const listeners = [...lease.listeners]
    forget(lease)
    for (const listener of listeners) tell(() => listener(reason), 'a listener failed when its lease ended')
  }

  function forget({ listeners, renewed }: LiveLease): void {
    listeners.clear()
    renewed.clear()
  }

  /** One session's failure to end must not keep the others open. */
  function tell(listener: () => void, failed: string): void {
    try {
      listener()
    } catch (error) {
      log.error({ error }, failed)
    }
  }

  function requireGood(grant: TokenGrant): void {
    if (revoked.has(grant.key)) throw new GatehouseError('token_revoked', 'the token was revoked; sign in again', { side: 'client' })
    if (grant.expiresAt <= clock.now()) throw new GatehouseError('token_expired', 'the token has expired; sign in again', { side: 'client' })
  }

  function handleOf(lease: LiveLease): Lease {
    return {
      get principal() { return lease.grant.principal },
      get expiresAt() { return lease.grant.expiresAt },
      get key() { return lease.grant.key },
      onEnd(listener) {
        const { ended } = lease
        if (ended === null) lease.listeners.add(listener)
        else queueMicrotask(() => tell(() => listener(ended), 'a listener failed when its lease ended'))
        return () => { lease.listeners.delete(listener) }
      },
      async renew(token) {
        try {
          const grant = await verify(token)
          if (lease.ended !== null) return { ok: false, reason: lease.ended }
          if (grant.principal.id !== lease.grant.principal.id) return { ok: false, reason: 'the token is of another principal' }
          requireGood(grant)
          lease.grant = grant
          lease.deadline = deadlineOf(grant, clock)
          for (const listener of lease.renewed) tell(listener, 'a listener failed when its lease was renewed')
          // One of them may have ended it: its groups open nothing any more.
          return isLive(lease) ? { ok: true, expiresAt: grant.expiresAt } : { ok: false, reason: 'the session has ended' }
        } catch (error) {
          return { ok: false, reason: error instanceof GatehouseError ? error.message : 'the token could not be checked' }
        }
      },
      onRenew(listener) {
        if (lease.ended === null) lease.renewed.add(listener)
        return () => { lease.renewed.delete(listener) }
      },
      dispose() {
        live.delete(lease)
        forget(lease)
        lease.ended ??= 'the lease was given back'
      },
    }
  }

  return {
    open(grant) {
      requireGood(grant)
      const lease: LiveLease = { grant, deadline: deadlineOf(grant, clock), listeners: new Set(), renewed: new Set(), ended: null }
      live.add(lease)
      watch()
      return handleOf(lease)
    },
    revoke(key, expiresAt) {
      revoked.set(key, expiresAt)
      watch()
      for (const lease of live) if (lease.grant.key === key) end(lease, 'the token was revoked')
    },
    dispose() {
      if (ticker !== null) clearInterval(ticker)
      ticker = null
      live.clear()
    },
  }
}

const isLive = ({ ended }: LiveLease): boolean => ended === null

function deadlineOf(grant: TokenGrant, clock: Clock): number {
  return clock.monotonic() + (grant.expiresAt - clock.now())
}

function isOver(lease: LiveLease, clock: Clock): boolean {
  return clock.now() >= lease.grant.expiresAt || clock.monotonic() >= lease.deadline
}
