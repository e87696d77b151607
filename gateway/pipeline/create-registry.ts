// The registry's implementation. A session serves only once its row and its audit event are in the store; its end is written in the
// background, again and again, because nobody can be refused any more by then.
import { setTimeout as pause } from 'node:timers/promises'
import { GatehouseError } from '../../shared/errors.ts'
import { sessionEndAttemptsMax, sessionEndRetryMs, sessionsMax } from '../limits.ts'
import type { Log } from '../log.ts'
import type { GatewayContext } from './context.ts'
import type { LiveSession, SessionRegistry, SessionStore } from './registry.ts'

export interface RegistryOptions {
  readonly store: SessionStore
  readonly audit: GatewayContext['audit']
  readonly log: Pick<Log, 'warn' | 'error'>
  readonly limits?: { readonly sessionsMax: number; readonly endRetryMs: number }
}

export interface EndingRegistry extends SessionRegistry {
  /** Ends every session and opens no more; resolves when their ends are written, or given up. */
  endAll(reason: string): Promise<void>
}

type SessionEnd = Parameters<SessionRegistry['closed']>[1]
interface Entry { readonly session: LiveSession; readonly opened: Promise<void> }

export function createRegistry(options: RegistryOptions): EndingRegistry {
  const limits = options.limits ?? { sessionsMax, endRetryMs: sessionEndRetryMs }
  const entries = new Map<string, Entry>()
  const ends = new Set<Promise<void>>()
  let isStopping = false

  function writeEnd(session: LiveSession, opened: Promise<unknown>, end: SessionEnd): void {
    const closedAt = new Date().toISOString()
    const written = (async () => {
      // The row first; where that failed it may have been written all the same.
      await opened.catch(() => null)
      const row = { closedAt, closeReason: end.reason, commands: end.commands, refusals: end.refusals }
      await retried(() => options.store.close(session.summary.id, row), limits.endRetryMs, (error, attempt) => {
        options.log.warn({ session: session.summary.id, attempt, error }, 'the end of a session is not in the store yet')
      })
      await options.audit({ kind: 'session-closed', principal: session.summary.principal.id, detail: { session: session.summary.id, ...end } })
    })().catch((error: unknown) => {
      // It stays open in the store until this gateway starts again (closeLeftOpen); its recording has the true end.
      options.log.error({ session: session.summary.id, error }, 'the end of a session could not be written')
    }).finally(() => ends.delete(written))
    ends.add(written)
  }

  return {
    async open(session) {
      const { id, connection, kind, via, principal } = session.summary
      if (isStopping) throw stopping()
      if (entries.size >= limits.sessionsMax) throw full(limits.sessionsMax)
      if (entries.has(id)) throw new GatehouseError('internal', `session ${id} is open already`)
      const opened = Promise.all([
        options.store.insert(session.summary),
        options.audit({ kind: 'session-opened', principal: principal.id, detail: { session: id, connection, kind, via } }),
      ]).then(() => {})
      entries.set(id, { session, opened })
      try {
        await opened
      } catch (error) {
        if (entries.delete(id)) writeEnd(session, opened, { reason: 'refused: the store did not answer', commands: 0, refusals: 0 })
        throw error
      }
      // Ended while it was being opened: only endAll knows a session that early.
      if (!entries.has(id)) throw stopping()
    },
    closed(id, end) {
      const entry = entries.get(id)
      if (entry === undefined) return
      entries.delete(id)
      writeEnd(entry.session, entry.opened, end)
    },
    live: () => [...entries.values()].map(({ session }) => session),
    async endAll(reason) {
      isStopping = true
      for (const { session } of entries.values()) endOne(session, reason, options.log)
      while (ends.size > 0) await Promise.all(ends)
    },
  }
}

/** One session that cannot end must not keep the others open. */
function endOne(session: LiveSession, reason: string, log: RegistryOptions['log']): void {
  try {
    session.end(reason)
  } catch (error) {
    log.error({ session: session.summary.id, error }, 'a session could not be ended')
  }
}

async function retried(work: () => Promise<void>, firstPauseMs: number, failed: (error: unknown, attempt: number) => void): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work()
      return
    } catch (error) {
      if (attempt === sessionEndAttemptsMax) throw error
      failed(error, attempt)
      await pause(firstPauseMs * 2 ** (attempt - 1))
    }
  }
}

function stopping(): GatehouseError {
  return new GatehouseError('gateway_stopping', 'the gateway is stopping and opens no more sessions; connect again in a moment')
}

function full(max: number): GatehouseError {
  return new GatehouseError('limit_exceeded', `the gateway has as many sessions open as it may (sessionsMax, ${max}); end one, or try again later`)
}
