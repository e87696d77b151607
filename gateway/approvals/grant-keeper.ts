// The grants that are active now, in memory: evaluation asks for every command and must not wait for the store. Kept up to date by
// the bus; a grant that is not in the store's answer any more was revoked, and whoever lives by it hears so.
import type { ApprovalNeed } from '../../shared/approval.ts'
import type { CommandFacts } from '../../shared/command.ts'
import { approvalStoreLostMs } from '../limits.ts'
import type { Log } from '../log.ts'
import type { GrantRecord, GrantRows } from '../store/grants.ts'
import type { Bus } from './bus.ts'
import { grantCovers } from './grants.ts'
import { systemClock, type Clock } from './held.ts'

export interface GrantKeeper {
  /** The grant that satisfies this command's approve rules; null: humans are asked. */
  covering(command: { readonly principal: string; readonly connection: string; readonly facts: CommandFacts; readonly need: ApprovalNeed }): GrantRecord | null
  dispose(): void
}

export interface GrantKeeperOptions {
  readonly grants: Pick<GrantRows, 'active'>
  readonly bus: Bus
  readonly onRevoked: (grant: GrantRecord) => void
  /** Within a poll of the bus. */
  readonly onExpired?: (grant: GrantRecord) => void
  readonly log: Pick<Log, 'error'>
  readonly clock?: Clock
  readonly storeLostMs?: number
}

export async function createGrantKeeper({ grants, bus, onRevoked, onExpired = () => undefined, log, clock = systemClock, storeLostMs = approvalStoreLostMs }: GrantKeeperOptions): Promise<GrantKeeper> {
  let active: readonly GrantRecord[] = await grants.active(clock.now())
  let readAt = clock.monotonic()
  let reading: Promise<void> | null = null
  let isStale = false

  async function read(): Promise<void> {
    do {
      isStale = false
      // Told before they are gone from what is read.
      expire()
      const now = clock.now()
      const next = await grants.active(now)
      const gone = active.filter(({ id, expiresAt }) => expiresAt > now && !next.some((grant) => grant.id === id))
      active = next
      readAt = clock.monotonic()
      for (const grant of gone) onRevoked(grant)
    } while (isStale)
  }

  function reread(): void {
    isStale = true
    reading ??= read().catch(failed).finally(() => { reading = null })
  }

  function failed(error: unknown): void {
    isStale = true
    log.error({ err: error }, 'the grants cannot be read')
  }

  /** By the clock alone: also while the store does not answer. */
  function expire(): void {
    const now = clock.now()
    const over = active.filter(({ expiresAt }) => expiresAt <= now)
    if (over.length === 0) return
    active = active.filter((grant) => !over.includes(grant))
    for (const grant of over) onExpired(grant)
  }

  const unsubscribe = bus.subscribe({
    looked: (isNew) => { expire(); if (isNew || isStale) reread(); else readAt = clock.monotonic() },
    failed: () => { expire(); isStale = true },
  })
  return {
    covering(command) {
      // While the store does not answer nobody knows what was revoked: then humans are asked, and cannot answer either.
      if (clock.monotonic() - readAt > storeLostMs) return null
      return active.find((grant) => grantCovers(grant, { ...command, now: clock.now() })) ?? null
    },
    dispose: unsubscribe,
  }
}
