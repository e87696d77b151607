// The audit log: events are added and read, never changed; the table itself refuses anything else.
import { z } from 'zod'
import type { AuditEvent, AuditKind } from '../../shared/audit-event.ts'
import { count, isoTime, textOrNull } from './columns.ts'
import type { Queries } from './store.ts'

export interface AuditPage { readonly events: readonly (AuditEvent & { readonly id: number })[]; readonly next: number | null }

export interface AuditLog {
  /** Resolves once the event is in the store; rejects with store_unavailable. */
  append(event: Omit<AuditEvent, 'at'>): Promise<void>
  /** Newest first; `before`: the last id of the page before. */
  list(query: { readonly before?: number | undefined; readonly limit: number }): Promise<AuditPage>
}

const row = z.object({
  id: count, at: isoTime, kind: z.string().transform((kind) => kind as AuditKind) /* only `append` writes it */, principal: z.string().nullable(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
})

export function createAuditLog(store: Queries, gateway: string, now: () => number = Date.now): AuditLog {
  return {
    async append(event) {
      await store.query(
        'insert into gatehouse.audit_events (at, gateway, kind, principal, detail) values ($1::timestamptz, $2::text, $3::text, $4::text, $5::json)',
        [new Date(now()).toISOString(), gateway, event.kind, textOrNull(event.principal), JSON.stringify(event.detail)])
    },
    async list({ before, limit }) {
      const rows = await store.query(
        'select id, at, kind, principal, detail from gatehouse.audit_events where $1::bigint is null or id < $1::bigint order by id desc limit $2::int',
        [before ?? null, limit + 1])
      const events = rows.slice(0, limit).map((found) => row.parse(found))
      return { events, next: rows.length > limit ? events.at(-1)?.id ?? null : null }
    },
  }
}
