// Every open session of this process, and its row in the store.
import type { Lease } from '../identity/authenticate.ts'
import type { SessionSummary } from '../../shared/session.ts'

/** What the store keeps of sessions; gateway/store implements it. */
export interface SessionStore {
  insert(session: SessionSummary): Promise<void>
  close(id: string, end: { readonly closedAt: string; readonly closeReason: string; readonly commands: number; readonly refusals: number }): Promise<void>
}

export interface LiveSession {
  readonly summary: SessionSummary
  /** Asks of what runs in it whether it still may. */
  readonly recheck?: () => void
  /** Left out: it lasts to the end of its token, or is renewed in another way. */
  readonly renewable?: Pick<Lease, 'expiresAt' | 'renew'>
  /** Until now; the store learns them when it ends. */
  readonly counts?: () => Pick<SessionSummary, 'commands' | 'refusals'>
  /** Ends it: the client is told `reason` in its own tongue, sockets close. Safe to call twice. */
  end(reason: string): void
}

export interface SessionRegistry {
  /** Rejects with limit_exceeded past sessionsMax, store_unavailable when the row cannot be written: then the session is refused. */
  open(session: LiveSession): Promise<void>
  closed(id: string, end: { readonly reason: string; readonly commands: number; readonly refusals: number }): void
  live(): readonly LiveSession[]
}
