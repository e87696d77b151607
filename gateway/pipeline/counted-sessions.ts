// Sessions as the store lists them, with what those that are open here have done until now: the store hears of it when they end.
import type { SessionSummary } from '../../shared/session.ts'
import type { Sessions } from '../store/sessions.ts'
import type { SessionRegistry } from './registry.ts'

export type ListedSessions = Pick<Sessions, 'get' | 'list'>

export function countedSessions(stored: ListedSessions, registry: Pick<SessionRegistry, 'live'>): ListedSessions {
  const openHere = () => new Map(registry.live().map((session) => [session.summary.id, session.counts]))
  const counted = (session: SessionSummary, live: ReturnType<typeof openHere>): SessionSummary => ({ ...session, ...(session.state === 'open' && live.get(session.id)?.()) })
  return {
    async get(id) {
      const found = await stored.get(id)
      return found && counted(found, openHere())
    },
    async list(query) {
      const page = await stored.list(query)
      const live = openHere()
      return { ...page, sessions: page.sessions.map((session) => counted(session, live)) }
    },
  }
}
