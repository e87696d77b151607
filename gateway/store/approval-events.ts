// What happened to approvals, in the order in which it was committed: the event stream reads it by cursor, and gateways hear of it
// by NOTIFY. An id is taken under a lock that is held until the commit; else a later id could be read before an earlier one.
import { z } from 'zod'
import { approvalEventKinds, person, type ApprovalEventKind, type Person } from '../../shared/approval.ts'
import { count, isoTime } from './columns.ts'
import type { Queries } from './store.ts'

/** Any number but that of migrate.ts; every gateway must take the same. */
const orderLock = 7_238_401_156
export const approvalChannel = 'gatehouse_approvals'

const row = z.object({ id: count, at: isoTime, kind: z.enum(approvalEventKinds), approval: z.string(), by_person: person.nullable() })
  .transform(({ by_person: by, ...rest }) => ({ ...rest, by }))
export type EventRow = z.output<typeof row>

export interface NewEvent { readonly at: string; readonly kind: ApprovalEventKind; readonly approval: string; readonly by: Person | null }

/** Last in its transaction: from here to the commit no other event is written. */
export async function appendEvent(queries: Queries, { at, kind, approval, by }: NewEvent): Promise<void> {
  await queries.query('select pg_catalog.pg_advisory_xact_lock($1::bigint)', [orderLock])
  await queries.query(
    'insert into gatehouse.approval_events (at, kind, approval, by_person) values ($1::timestamptz, $2::text, $3::text, $4::json)',
    [at, kind, approval, by === null ? null : JSON.stringify(by)])
  await queries.query('select pg_catalog.pg_notify($1::text, $2::text)', [approvalChannel, ''])
}

export interface ApprovalEvents {
  /** Oldest first. */
  after(cursor: number, limit: number): Promise<readonly EventRow[]>
  /** Of the newest event; 0 where there is none. `oldest`: of the oldest that is kept. */
  range(): Promise<{ readonly oldest: number; readonly newest: number }>
  /** Never the newest: from it the next cursor is known. */
  purge(before: number): Promise<void>
}

export function createApprovalEvents(store: Queries): ApprovalEvents {
  return {
    after: async (cursor, limit) => (await store.query(
      'select id, at, kind, approval, by_person from gatehouse.approval_events where id > $1::bigint order by id limit $2::int', [cursor, limit])).map((found) => row.parse(found)),
    async range() {
      const [found] = await store.query('select coalesce(min(id), 0) as oldest, coalesce(max(id), 0) as newest from gatehouse.approval_events')
      return { oldest: Number(found?.['oldest']), newest: Number(found?.['newest']) }
    },
    async purge(before) {
      await store.query(
        'delete from gatehouse.approval_events where at < $1::timestamptz and id < (select max(id) from gatehouse.approval_events)', [new Date(before).toISOString()])
    },
  }
}
