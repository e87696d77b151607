// Pull requests of GitHub that agreed to approvals: each agrees to one statement once, whichever gateway asks.
import type { PullAgreed } from '../../shared/approval.ts'
import { text } from './columns.ts'
import type { Queries } from './store.ts'

export interface NewPull { readonly approval: string; readonly repositoryId: number; readonly statement: string; readonly body: PullAgreed; readonly at: number }

/** False: it agreed to the statement before, and that ran, was denied, or may still run. Inside a transaction. */
export async function takePull(queries: Queries, { approval, repositoryId, statement, body, at }: NewPull): Promise<boolean> {
  const when = new Date(at).toISOString()
  // What expired or was taken back has not run; what was denied was denied by a human, and is not asked behind their back.
  await queries.query(
    `update gatehouse.approval_pulls p set released_at = $4::timestamptz where repository_id = $1::bigint and pull = $2::int and statement = $3::text and released_at is null
       and exists (select 1 from gatehouse.approvals a where a.id = p.approval and a.state in ('expired', 'withdrawn'))`, [repositoryId, body.number, statement, when])
  const taken = await queries.query(
    `insert into gatehouse.approval_pulls (approval, repository_id, pull, statement, body, at) values ($1::text, $2::bigint, $3::int, $4::text, $5::json, $6::timestamptz)
     on conflict do nothing returning approval`, [approval, repositoryId, body.number, statement, JSON.stringify(body), when])
  return taken.length === 1
}

/** A human said no to this very command since. */
export async function wasDeniedSince(queries: Queries, intent: string, since: string): Promise<boolean> {
  const found = await queries.query("select id from gatehouse.approvals where intent = $1::text and state = 'denied' and closed_at > $2::timestamptz limit 1", [text(intent), since])
  return found.length > 0
}
