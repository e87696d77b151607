// Approvals as rows, with what was decided, who looked and which sessions wait. Changes are made in a transaction that holds the
// approval's row, so that of two gateways that race one comes second and sees what the first did. What may follow what is
// decided in gateway/approvals; here it is only kept.
import { z } from 'zod'
import { approvalStates, approvalSummary, person, pullAgreed, type ApprovalEventKind, type ApprovalState, type Person } from '../../shared/approval.ts'
import type { AuditEvent } from '../../shared/audit-event.ts'
import { createAuditLog } from './audit.ts'
import { appendEvent } from './approval-events.ts'
import { text, textOrNull } from './columns.ts'
import { needSchema } from './need-column.ts'
import type { Parameter, Queries, Row, Store } from './store.ts'

/** What was asked: it never changes. */
const asked = z.object({
  requester: approvalSummary.shape.requester,
  /** Every key under which the requester, and whoever the requester acts for, is known (gateway/approvals/people.ts). */
  selves: z.array(z.string()),
  connection: approvalSummary.shape.connection, subject: approvalSummary.shape.subject, rule: approvalSummary.shape.rule,
  reason: z.string(), riskLevel: approvalSummary.shape.riskLevel, need: needSchema,
  /** Hash of the policies that asked. */
  snapshot: z.string(),
  /** Nothing in its session changed what its text means (docs/adr/0009). */
  isPlain: z.boolean().optional(),
})
export type Asked = z.output<typeof asked>

/** A decision with what must still hold when the command runs. */
const voteBody = z.object({
  by: person, selves: z.array(z.string()), decision: z.enum(['approve', 'deny']), reason: z.string().nullable(),
  /** Of the token that decided; `claimsAt` when it was issued, milliseconds. */
  groups: z.array(z.string()), claimsAt: z.number(),
  /** Of a grant: as long as this human agrees to. */
  minutes: z.number().nullable(),
})
const at = z.coerce.number()
const vote = z.object({ body: voteBody, attempt: z.string().nullable(), at }).transform(({ body, ...rest }) => ({ ...body, ...rest }))
export type Vote = z.output<typeof vote>

const holdRow = z.object({ id: z.string(), gateway: z.string(), session: z.string(), command: z.string(), since: at, seenAt: at, goneAt: at.nullable() })
export type HoldRow = z.output<typeof holdRow>

const brokenGlass = z.object({ reason: z.string(), incident: z.string(), at: z.iso.datetime() })
const review = z.object({ by: person, note: z.string(), at: z.iso.datetime() })

const time = z.date().transform((date) => date.getTime())
const row = z.object({
  id: z.string(), kind: z.enum(['command', 'grant']), state: z.enum(approvalStates), intent: z.string(), likeness: z.string(), asked,
  purpose: z.string().nullable(), sealed: z.string().nullable(), created_at: time, expires_at: time, closed_at: time.nullable(), close_reason: z.string().nullable(),
  broken_glass: brokenGlass.nullable(), review: review.nullable(), granted: z.string().nullable(), pull: pullAgreed.nullable(),
  decisions: z.array(vote), viewers: z.array(z.object({ body: person, at }).transform(({ body, at: when }) => ({ by: body, at: when }))), holds: z.array(holdRow),
}).transform(({ created_at: createdAt, expires_at: expiresAt, closed_at: closedAt, close_reason: closeReason, broken_glass: glass, granted: grant, ...rest }) =>
  ({ ...rest, createdAt, expiresAt, closedAt, closeReason, brokenGlass: glass, grant }))

/** Times in milliseconds since the epoch. */
export type ApprovalRecord = z.output<typeof row>
export type BrokenGlass = z.output<typeof brokenGlass>
export type Review = z.output<typeof review>

export interface NewApproval {
  readonly id: string
  readonly kind: ApprovalRecord['kind']
  readonly intent: string
  readonly likeness: string
  readonly asked: Asked
  readonly purpose: string | null
  readonly sealed: string | null
  readonly createdAt: number
  readonly expiresAt: number
}

export type ListFilter =
  | { readonly kind: 'any' }
  | { readonly kind: 'active' }
  | { readonly kind: 'to-review' }
  | { readonly kind: 'of-requester'; readonly principal: string }
  | { readonly kind: 'decided-by'; readonly principal: string }

/** Inside one transaction. */
export interface ApprovalTx extends Queries {
  /** The approval, its row held until the transaction ends. */
  lock(id: string): Promise<ApprovalRecord | null>
  lockActive(intent: string): Promise<ApprovalRecord | null>
  countActive(requester: string): Promise<number>
  countSince(requester: string, since: number): Promise<number>
  /** False: another with this intent is active. */
  insert(approval: NewApproval): Promise<boolean>
  insertVote(approval: string, vote: Omit<Vote, 'at'>): Promise<void>
  insertViewer(approval: string, by: Person): Promise<void>
  insertHold(approval: string, hold: Pick<HoldRow, 'id' | 'gateway' | 'session' | 'command'>): Promise<void>
  holdGone(hold: string): Promise<void>
  setState(id: string, state: ApprovalState, closeReason: string | null): Promise<void>
  setExpiry(id: string, expiresAt: number): Promise<void>
  setPurpose(id: string, purpose: string): Promise<void>
  setBrokenGlass(id: string, glass: BrokenGlass): Promise<void>
  setReview(id: string, review: Review): Promise<void>
  /** The store's own clock, which all its gateways share, milliseconds. */
  time(): Promise<number>
  /** Last in the transaction: it takes the lock that orders events. */
  event(kind: ApprovalEventKind, approval: string, by: Person | null): Promise<void>
  audit(event: Omit<AuditEvent, 'at'>): Promise<void>
}

export interface ApprovalRows {
  transaction<T>(work: (tx: ApprovalTx) => Promise<T>): Promise<T>
  get(id: string): Promise<ApprovalRecord | null>
  many(ids: readonly string[]): Promise<readonly ApprovalRecord[]>
  /** Newest first; `before` is the last id of the page before. */
  list(filter: ListFilter, page: { readonly before?: string | undefined; readonly limit: number }): Promise<readonly ApprovalRecord[]>
  /** The newest others that do the same. */
  alike(of: ApprovalRecord, limit: number): Promise<readonly ApprovalRecord[]>
  /** Active ones whose time is over. */
  overdue(): Promise<readonly string[]>
  /** Says that the sessions of this gateway still wait. */
  holdsSeen(gateway: string): Promise<void>
  /** Marks what an earlier run of this gateway left waiting; gives the approvals. Before the first hold only. */
  holdsLeftOpen(gateway: string): Promise<readonly string[]>
  /** Takes the exact texts out of approvals closed before; gives how many. */
  unseal(closedBefore: number): Promise<number>
}

const columns = `id, kind, state, intent, likeness, asked, purpose, sealed, created_at, expires_at, closed_at, close_reason, broken_glass, review,
  (select g.id from gatehouse.grants g where g.approval = a.id) as granted,
  (select p.body from gatehouse.approval_pulls p where p.approval = a.id) as pull,
  coalesce((select json_agg(json_build_object('body', d.body, 'attempt', d.attempt, 'at', ${epoch('d.at')}) order by d.at, d.principal_id) from gatehouse.approval_decisions d where d.approval = a.id), '[]') as decisions,
  coalesce((select json_agg(json_build_object('body', v.body, 'at', ${epoch('v.at')}) order by v.at, v.principal_id) from gatehouse.approval_viewers v where v.approval = a.id), '[]') as viewers,
  coalesce((select json_agg(json_build_object('id', h.id, 'gateway', h.gateway, 'session', h.session, 'command', h.command, 'since', ${epoch('h.since')},
    'seenAt', ${epoch('h.seen_at')}, 'goneAt', ${epoch('h.gone_at')}) order by h.since, h.id) from gatehouse.approval_holds h where h.approval = a.id), '[]') as holds`

function epoch(column: string): string {
  return `(extract(epoch from ${column}) * 1000)::bigint`
}

const active = "state in ('open', 'approved')"
const recordOf = (found: Row): ApprovalRecord => row.parse(found)

const read = async (queries: Queries, rest: string, parameters: readonly Parameter[] = []): Promise<readonly ApprovalRecord[]> =>
  (await queries.query(`select ${columns} from gatehouse.approvals a ${rest}`, parameters)).map(recordOf)

export const readApprovals = (queries: Queries, ids: readonly string[]): Promise<readonly ApprovalRecord[]> =>
  read(queries, 'where id in (select value from json_array_elements_text($1::json)) order by id', [JSON.stringify(ids)])

export function createApprovalRows(store: Store, gateway: string, now: () => number = Date.now): ApprovalRows {
  const iso = (ms: number = now()) => new Date(ms).toISOString()
  return {
    transaction: (work) => store.transaction((queries) => work(txOf(queries, { gateway, iso, now }))),
    get: async (id) => (await read(store, 'where id = $1::text', [text(id)]))[0] ?? null,
    many: (ids) => readApprovals(store, ids),
    list(filter, { before, limit }) {
      const { where, parameters } = conditionOf(filter)
      const n = parameters.length
      return read(store, `where ${where} and ($${n + 1}::text is null or id < $${n + 1}::text) order by id desc limit $${n + 2}::int`, [...parameters, textOrNull(before ?? null), limit])
    },
    alike: (of, limit) => read(store, 'where likeness = $1::text and id <> $2::text order by id desc limit $3::int', [of.likeness, of.id, limit]),
    overdue: async () => (await store.query(`select id from gatehouse.approvals where ${active} and expires_at <= $1::timestamptz order by id`, [iso()])).map(idOf),
    async holdsSeen(of) {
      await store.query('update gatehouse.approval_holds set seen_at = $2::timestamptz where gateway = $1::text and gone_at is null', [of, iso()])
    },
    async holdsLeftOpen(of) {
      const left = await store.query(
        'update gatehouse.approval_holds set gone_at = $2::timestamptz where gateway = $1::text and gone_at is null returning approval as id', [of, iso()])
      return [...new Set(left.map(idOf))]
    },
    unseal: async (closedBefore) =>
      (await store.query('update gatehouse.approvals set sealed = null where sealed is not null and closed_at < $1::timestamptz returning id', [iso(closedBefore)])).length,
  }
}

interface TxParts {
  readonly gateway: string
  readonly iso: (ms?: number) => string
  readonly now: () => number
}

function txOf(queries: Queries, { gateway, iso, now }: TxParts): ApprovalTx {
  const run = async (sql: string, parameters: readonly Parameter[]) => void await queries.query(sql, parameters)
  const count = async (where: string, parameters: readonly Parameter[]) => Number((await queries.query(`select count(*)::int as n from gatehouse.approvals where ${where}`, parameters))[0]?.['n'])
  // Held by a query of its own: what is read with it must be what the one before us left, not what stood there when we began to wait.
  const locked = async (where: string, value: string) => {
    const [found] = await queries.query(`select id from gatehouse.approvals where ${where} for update`, [text(value)])
    return found === undefined ? null : (await read(queries, 'where id = $1::text', [idOf(found)]))[0] ?? null
  }
  return {
    query: (sql, parameters) => queries.query(sql, parameters),
    lock: (id) => locked('id = $1::text', id),
    lockActive: (intent) => locked(`intent = $1::text and ${active}`, intent),
    countActive: (requester) => count(`requester_id = $1::text and ${active}`, [text(requester)]),
    countSince: (requester, since) => count('requester_id = $1::text and created_at > $2::timestamptz', [text(requester), iso(since)]),
    async insert(approval) {
      const inserted = await queries.query(
        `insert into gatehouse.approvals (id, kind, state, intent, requester_id, connection, likeness, asked, purpose, sealed, created_at, expires_at)
         values ($1::text, $2::text, 'open', $3::text, $4::text, $5::text, $6::text, $7::json, $8::text, $9::text, $10::timestamptz, $11::timestamptz)
         on conflict do nothing returning id`,
        [approval.id, approval.kind, approval.intent, text(approval.asked.requester.id), approval.asked.connection.name, approval.likeness, JSON.stringify(approval.asked),
          textOrNull(approval.purpose), approval.sealed, iso(approval.createdAt), iso(approval.expiresAt)])
      return inserted.length === 1
    },
    insertVote: (approval, { attempt, ...body }) => run(
      'insert into gatehouse.approval_decisions (approval, principal_id, body, attempt, at) values ($1::text, $2::text, $3::json, $4::text, $5::timestamptz)',
      [approval, text(body.by.id), JSON.stringify(body), textOrNull(attempt), iso()]),
    insertViewer: (approval, by) => run(
      'insert into gatehouse.approval_viewers (approval, principal_id, body, at) values ($1::text, $2::text, $3::json, $4::timestamptz) on conflict do nothing',
      [approval, text(by.id), JSON.stringify(by), iso()]),
    insertHold: (approval, hold) => run(
      `insert into gatehouse.approval_holds (id, approval, gateway, session, command, since, seen_at)
       values ($1::text, $2::text, $3::text, $4::text, $5::text, $6::timestamptz, $6::timestamptz)`,
      [hold.id, approval, hold.gateway, hold.session, hold.command, iso()]),
    holdGone: (hold) => run('update gatehouse.approval_holds set gone_at = coalesce(gone_at, $2::timestamptz) where id = $1::text', [hold, iso()]),
    async setState(id, state, closeReason) {
      const isActive = state === 'open' || state === 'approved'
      await run('update gatehouse.approvals set state = $2::text, closed_at = $3::timestamptz, close_reason = $4::text where id = $1::text', [id, state, isActive ? null : iso(), textOrNull(closeReason)])
      // Nobody waits for what is over.
      if (!isActive) await run('update gatehouse.approval_holds set gone_at = $2::timestamptz where approval = $1::text and gone_at is null', [id, iso()])
    },
    setExpiry: (id, expiresAt) => run('update gatehouse.approvals set expires_at = $2::timestamptz where id = $1::text', [id, iso(expiresAt)]),
    setPurpose: (id, purpose) => run('update gatehouse.approvals set purpose = $2::text where id = $1::text', [id, text(purpose)]),
    setBrokenGlass: (id, glass) => run('update gatehouse.approvals set broken_glass = $2::json where id = $1::text', [id, JSON.stringify(glass)]),
    setReview: (id, done) => run('update gatehouse.approvals set review = $2::json where id = $1::text', [id, JSON.stringify(done)]),
    time: async () => Number((await queries.query(`select ${epoch('pg_catalog.clock_timestamp()')} as at`))[0]?.['at']),
    event: (kind, approval, by) => appendEvent(queries, { at: iso(), kind, approval, by }),
    audit: (event) => createAuditLog(queries, gateway, now).append(event),
  }
}

function conditionOf(filter: ListFilter): { readonly where: string; readonly parameters: readonly Parameter[] } {
  switch (filter.kind) {
    case 'any': return { where: 'true', parameters: [] }
    case 'active': return { where: active, parameters: [] }
    case 'to-review': return { where: 'broken_glass is not null and review is null', parameters: [] }
    case 'of-requester': return { where: 'requester_id = $1::text', parameters: [text(filter.principal)] }
    case 'decided-by': return { where: '(id in (select d.approval from gatehouse.approval_decisions d where d.principal_id = $1::text) or id in (select p.approval from gatehouse.approval_pulls p))', parameters: [text(filter.principal)] }
  }
}

const idOf = (found: Row): string => String(found['id'])
