// Grants as rows: time-boxed access that an approval opened. Whether one covers a command is decided in gateway/approvals/grants.ts.
import { z } from 'zod'
import { grantClass, person, type Person } from '../../shared/approval.ts'
import { text } from './columns.ts'
import { needSchema } from './need-column.ts'
import type { Queries, Row } from './store.ts'

const body = z.object({
  class: grantClass, principal: person, purpose: z.string(), approvedBy: z.array(person),
  /** What was asked and agreed to: a rule that asks others, or more of them, is not satisfied by it. */
  agreed: needSchema,
})
const revoked = z.object({ by: person, reason: z.string().nullable() })
const time = z.date().transform((date) => date.getTime())
const row = z.object({ id: z.string(), approval: z.string(), connection: z.string(), body, opened_at: time, expires_at: time, revoked_at: time.nullable(), revoked: revoked.nullable() })
  .transform(({ body: { class: granted, ...rest }, opened_at: openedAt, expires_at: expiresAt, revoked_at: revokedAt, ...columns }) => ({ ...columns, ...rest, class: granted, openedAt, expiresAt, revokedAt }))

/** Times in milliseconds since the epoch. */
export type GrantRecord = z.output<typeof row>

export interface GrantRows {
  insert(grant: Omit<GrantRecord, 'revoked' | 'revokedAt'>): Promise<void>
  get(id: string): Promise<GrantRecord | null>
  /** Those that may still be active at `at`, of one principal or of all. */
  active(at: number, principal?: string): Promise<readonly GrantRecord[]>
  /** Newest first. */
  recent(limit: number): Promise<readonly GrantRecord[]>
  /** False: it was revoked before. */
  revoke(id: string, by: Person, reason: string | null, at: number): Promise<boolean>
}

const columns = 'id, approval, connection, body, opened_at, expires_at, revoked_at, revoked'
const grantOf = (found: Row): GrantRecord => row.parse(found)
const iso = (ms: number) => new Date(ms).toISOString()

export function createGrantRows(queries: Queries): GrantRows {
  return {
    async insert({ id, approval, connection, openedAt, expiresAt, class: granted, principal, purpose, approvedBy, agreed }) {
      await queries.query(
        `insert into gatehouse.grants (id, approval, principal_id, connection, body, opened_at, expires_at)
         values ($1::text, $2::text, $3::text, $4::text, $5::json, $6::timestamptz, $7::timestamptz)`,
        [id, approval, text(principal.id), connection, JSON.stringify({ class: granted, principal, purpose, approvedBy, agreed }), iso(openedAt), iso(expiresAt)])
    },
    async get(id) {
      const [found] = await queries.query(`select ${columns} from gatehouse.grants where id = $1::text`, [text(id)])
      return found === undefined ? null : grantOf(found)
    },
    active: async (at, principal) => (await queries.query(
      `select ${columns} from gatehouse.grants where expires_at > $1::timestamptz and revoked_at is null and ($2::text is null or principal_id = $2::text) order by id desc`,
      [iso(at), principal === undefined ? null : text(principal)])).map(grantOf),
    recent: async (limit) => (await queries.query(`select ${columns} from gatehouse.grants order by id desc limit $1::int`, [limit])).map(grantOf),
    revoke: async (id, by, reason, at) => (await queries.query(
      'update gatehouse.grants set revoked_at = $2::timestamptz, revoked = $3::json where id = $1::text and revoked_at is null returning id',
      [text(id), iso(at), JSON.stringify({ by, reason })])).length === 1,
  }
}
