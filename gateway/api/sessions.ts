// Sessions and their recordings: one's own, or everyone's for a reviewer. What is unknown and what is not theirs answer alike.
// Who reads another's recording is written to the audit log first.
import { GatehouseError } from '../../shared/errors.ts'
import type { Principal } from '../../shared/principal.ts'
import type { FrameData } from '../../shared/recording.ts'
import type { SessionSummary } from '../../shared/session.ts'
import { verificationsMax } from '../limits.ts'
import type { ApiContext } from './context.ts'
import type { Handlers } from './routes.ts'

type SessionRoutes = 'sessions' | 'session' | 'frames' | 'renewSession' | 'verifySession'

export function sessionHandlers({ sessions, liveSession, recordings, isReviewer, audit }: ApiContext): Pick<Handlers, SessionRoutes> {
  let verifying = 0

  async function visible(id: string, principal: Principal): Promise<SessionSummary> {
    const session = await sessions.get(id)
    if (session === null || (session.principal.id !== principal.id && !isReviewer(principal))) throw unknownSession()
    return session
  }

  return {
    async sessions({ connection, before, limit }, { principal }) {
      const page = await sessions.list({ principal: isReviewer(principal) ? undefined : principal.id, connection, before, limit })
      return { sessions: [...page.sessions], next: page.next }
    },
    async session({ id }, { principal }) {
      return visible(id, principal)
    },
    async frames({ id, after, limit }, { principal }) {
      const session = await visible(id, principal)
      if (session.principal.id !== principal.id) {
        await audit({ kind: 'recording-read', principal: principal.id, detail: { session: id, of: session.principal.id, connection: session.connection, after } })
      }
      const page = await recordings.frames(id, { after, limit })
      return { frames: page.frames.map((frame) => ({ ...frame, data: viewOfData(frame.data) })), next: page.next }
    },
    // A reviewer sees sessions of others, and keeps none of them alive.
    async renewSession({ id }, { principal, token, lease }) {
      const { summary, renewable } = liveSession(id) ?? {}
      if (renewable === undefined || summary?.principal.id !== principal.id) throw unknownSession()
      // The newest token counts: one that somebody kept must not shorten what goes on.
      if (lease.expiresAt <= renewable.expiresAt) return { expiresAt: isoOf(renewable.expiresAt) }
      const renewed = await renewable.renew(token)
      if (!renewed.ok) throw unknownSession()
      return { expiresAt: isoOf(renewed.expiresAt) }
    },
    async verifySession({ id }, { principal }) {
      await visible(id, principal)
      if (verifying >= verificationsMax) throw new GatehouseError('limit_exceeded', `${verifying} recordings are being verified (verificationsMax); try again in a moment`)
      verifying += 1
      try {
        const report = await recordings.verify(id)
        return { ...report, problems: [...report.problems] }
      } finally {
        verifying -= 1
      }
    },
  }
}

const unknownSession = (): GatehouseError => new GatehouseError('session_unknown', 'no such session, or not one that you may see; gatehouse sessions list shows yours', { side: 'client' })

const isoOf = (ms: number): string => new Date(ms).toISOString()

function viewOfData(data: FrameData) {
  return data.type === 'json' ? { type: data.type, value: { ...data.value } } : data
}
