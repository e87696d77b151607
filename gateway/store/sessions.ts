// Sessions as rows: written before a session may serve, ended when it ends; what `sessions list` and the API show.
import { z } from 'zod'
import type { SessionSummary } from '../../shared/session.ts'
import { count, isoTime, text, textOrNull } from './columns.ts'
import { rememberPrincipal } from './principals.ts'
import type { Parameter, Row, Store } from './store.ts'

export interface SessionEnd { readonly closedAt: string; readonly closeReason: string; readonly commands: number; readonly refusals: number }

/** Newest first. `before`: the last id of the page before. */
export interface SessionQuery {
  readonly principal?: string | undefined
  readonly connection?: string | undefined
  readonly before?: string | undefined
  readonly limit: number
}

export interface Sessions {
  insert(session: SessionSummary): Promise<void>
  /** A session that has an end already keeps it. */
  close(id: string, end: SessionEnd): Promise<void>
  get(id: string): Promise<SessionSummary | null>
  /** `next`: the `before` of the next page; null on the last. */
  list(query: SessionQuery): Promise<{ readonly sessions: readonly SessionSummary[]; readonly next: string | null }>
  /** Ends what an earlier run of this gateway left open when it was killed; gives how many. Before the first insert only. */
  closeLeftOpen(): Promise<number>
}

const row = z.object({
  id: z.string(), connection: z.string(), kind: z.enum(['postgres', 'kubernetes']), principal_id: z.string(), principal_email: z.string().nullable(),
  principal_kind: z.string(), via: z.enum(['tunnel', 'native']), client: z.string(), opened_at: isoTime, closed_at: isoTime.nullable(),
  close_reason: z.string().nullable(), commands: count, refusals: count,
})
const columns = Object.keys(row.shape).join(', ')

export const lostReason = 'gateway stopped unexpectedly'

/** `gateway`: the stable id of this gateway, so that it ends its own sessions only. */
export function createSessions(store: Store, gateway: string, now: () => number = Date.now): Sessions {
  return {
    async insert(session) {
      const { principal } = session
      await store.transaction(async (queries) => {
        await rememberPrincipal(queries, { id: principal.id, email: principal.email, kind: principal.kind }, session.openedAt)
        await queries.query(
          `insert into gatehouse.sessions (id, gateway, connection, kind, principal_id, principal_email, principal_kind, via, client, opened_at)
           values ($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text, $10::timestamptz)`,
          [session.id, gateway, session.connection, session.kind, text(principal.id), textOrNull(principal.email), principal.kind, session.via, text(session.client), session.openedAt],
        )
      })
    },
    async close(id, end) {
      await store.query(
        `update gatehouse.sessions set closed_at = $2::timestamptz, close_reason = $3::text, commands = $4::bigint, refusals = $5::bigint
         where id = $1::text and closed_at is null`,
        [id, end.closedAt, text(end.closeReason), end.commands, end.refusals],
      )
    },
    async get(id) {
      const [found] = await store.query(`select ${columns} from gatehouse.sessions where id = $1::text`, [text(id)])
      return found === undefined ? null : summaryOf(found)
    },
    async list(query) {
      const { where, parameters } = conditions(query)
      const rows = await store.query(
        `select ${columns} from gatehouse.sessions ${where} order by id desc limit $${parameters.length + 1}::int`, [...parameters, query.limit + 1])
      const sessions = rows.slice(0, query.limit).map(summaryOf)
      return { sessions, next: rows.length > query.limit ? sessions.at(-1)?.id ?? null : null }
    },
    async closeLeftOpen() {
      const rows = await store.query(
        'update gatehouse.sessions set closed_at = $2::timestamptz, close_reason = $3::text where gateway = $1::text and closed_at is null returning id',
        [gateway, new Date(now()).toISOString(), lostReason])
      return rows.length
    },
  }
}

function conditions({ principal, connection, before }: SessionQuery): { readonly where: string; readonly parameters: Parameter[] } {
  const wanted = [['principal_id =', principal], ['connection =', connection], ['id <', before]] as const
  const given = wanted.flatMap(([condition, value]) => (value === undefined ? [] : [{ condition, value: text(value) }]))
  return {
    where: given.length === 0 ? '' : `where ${given.map(({ condition }, i) => `${condition} $${i + 1}::text`).join(' and ')}`,
    parameters: given.map(({ value }) => value),
  }
}

function summaryOf(found: Row): SessionSummary {
  const session = row.parse(found)
  return {
    id: session.id, connection: session.connection, kind: session.kind, via: session.via, client: session.client,
    principal: { id: session.principal_id, email: session.principal_email, kind: session.principal_kind },
    state: session.closed_at === null ? 'open' : 'closed',
    openedAt: session.opened_at, closedAt: session.closed_at, closeReason: session.close_reason,
    commands: session.commands, refusals: session.refusals,
  }
}
