// Notifications that are to be sent, are being tried again, or were given up: written before anything is sent, so that a crash
// sends one twice (with the same id) rather than never. Several gateways share the work and the order of no two is promised.
import { z } from 'zod'
import { text } from './columns.ts'
import type { Queries, Row, Store } from './store.ts'

const time = z.date().transform((date) => date.getTime())
const row = z.object({ id: z.string(), target: z.string(), approval: z.string(), body: z.string(), attempts: z.number(), created_at: time, dead_at: time.nullable(), last_error: z.string().nullable() })
  .transform(({ created_at: createdAt, dead_at: deadAt, last_error: lastError, ...rest }) => ({ ...rest, createdAt, deadAt, lastError }))
/** Times in milliseconds since the epoch. */
export type NotificationRow = z.output<typeof row>

export interface NewNotification { readonly id: string; readonly target: string; readonly event: number; readonly approval: string; readonly body: string }

export interface Notifications {
  /**
   * Takes the target's next events, and keeps what `work` makes of them, with the transaction's own queries; a target that is new begins at `newest`. Among gateways one
   * at a time for each target. Gives how many events were looked at.
   */
  take(target: string, newest: number, work: (queries: Queries, cursor: number) => Promise<{ readonly cursor: number; readonly made: readonly NewNotification[]; readonly looked: number }>): Promise<number>
  /** Those that are due, held for `claimMs`: another gateway takes over then. */
  claim(targets: readonly string[], options: { readonly limit: number; readonly claimMs: number }): Promise<readonly NotificationRow[]>
  delivered(id: string): Promise<void>
  failed(id: string, error: string, nextAt: number): Promise<void>
  dead(id: string, error: string): Promise<void>
  listDead(limit: number): Promise<readonly NotificationRow[]>
  /** False: it is no dead letter. */
  retry(id: string): Promise<boolean>
  purge(deliveredBefore: number): Promise<void>
}

const columns = 'id, target, approval, body, attempts, created_at, dead_at, last_error'
const rowOf = (found: Row): NotificationRow => row.parse(found)

export function createNotifications(store: Store, now: () => number = Date.now): Notifications {
  const iso = (ms: number = now()) => new Date(ms).toISOString()
  return {
    take: (target, newest, work) => store.transaction(async (queries) => {
      await queries.query('insert into gatehouse.notify_targets (name, cursor) values ($1::text, $2::bigint) on conflict do nothing', [target, newest])
      const [found] = await queries.query('select cursor from gatehouse.notify_targets where name = $1::text for update', [target])
      const { cursor, made, looked } = await work(queries, Number(found?.['cursor']))
      for (const notification of made) await insert(queries, notification, iso())
      await queries.query('update gatehouse.notify_targets set cursor = $2::bigint where name = $1::text', [target, cursor])
      return looked
    }),
    claim: async (targets, { limit, claimMs }) => (await store.query(
      `update gatehouse.notifications set attempts = attempts + 1, next_at = $3::timestamptz where id in (
         select id from gatehouse.notifications where delivered_at is null and dead_at is null and next_at <= $2::timestamptz
           and target in (select value from json_array_elements_text($1::json)) order by next_at, id limit $4::int for update skip locked)
       returning ${columns}`, [JSON.stringify(targets), iso(), iso(now() + claimMs), limit])).map(rowOf),
    delivered: async (id) => void await store.query('update gatehouse.notifications set delivered_at = $2::timestamptz, last_error = null where id = $1::text', [id, iso()]),
    failed: async (id, error, nextAt) => void await store.query('update gatehouse.notifications set next_at = $2::timestamptz, last_error = $3::text where id = $1::text', [id, iso(nextAt), text(error)]),
    dead: async (id, error) => void await store.query('update gatehouse.notifications set dead_at = $2::timestamptz, last_error = $3::text where id = $1::text', [id, iso(), text(error)]),
    listDead: async (limit) => (await store.query(`select ${columns} from gatehouse.notifications where dead_at is not null order by dead_at desc, id limit $1::int`, [limit])).map(rowOf),
    retry: async (id) => (await store.query(
      'update gatehouse.notifications set dead_at = null, attempts = 0, next_at = $2::timestamptz where id = $1::text and dead_at is not null returning id', [text(id), iso()])).length === 1,
    purge: async (before) => void await store.query('delete from gatehouse.notifications where delivered_at < $1::timestamptz', [iso(before)]),
  }
}

async function insert(queries: Queries, { id, target, event, approval, body }: NewNotification, at: string): Promise<void> {
  await queries.query(
    `insert into gatehouse.notifications (id, target, event, approval, body, created_at, next_at)
     values ($1::text, $2::text, $3::bigint, $4::text, $5::text, $6::timestamptz, $6::timestamptz) on conflict do nothing`,
    [id, target, event, approval, text(body), at])
}
