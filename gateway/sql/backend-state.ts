// What the database says of one of its backends that waits inside a transaction: the locks it holds, and the limits that would end
// it. Asked over a connection of its own, for the backend itself must stay as it is. Row locks are not in pg_locks.
import { riskMs } from '../limits.ts'
import { connectTo, type CatalogTarget } from './catalog-connection.ts'

export interface BackendState {
  /** `RowExclusiveLock public.orders`, `ExclusiveLock advisory`; the transaction's own id is none of them. */
  readonly locks: readonly string[]
  /** Since its transaction began; null: none is open, as far as can be seen. */
  readonly transactionMs: number | null
  /** Settings with which sessions of the role begin, milliseconds; 0: off. Left out: the server does not know them. */
  readonly timeouts: { readonly [name in Timeout]?: number }
}

export const timeoutNames = ['idle_in_transaction_session_timeout', 'transaction_timeout'] as const
export type Timeout = (typeof timeoutNames)[number]

const locksOf = `
select l.mode || ' ' || coalesce(case when n.nspname operator(pg_catalog.~) '^pg_temp' then 'pg_temp' else n.nspname end || '.' || c.relname, l.locktype) as held
from pg_catalog.pg_locks l left join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) l.relation left join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
where l.pid operator(pg_catalog.=) $1::int and l.granted and l.locktype not in ('virtualxid', 'transactionid') and c.relkind is distinct from 'i'
  and coalesce(n.nspname, '') not in ('pg_catalog', 'pg_toast')
group by 1 order by 1 limit 50`
const ageOf = `
select (extract(epoch from pg_catalog.clock_timestamp() operator(pg_catalog.-) xact_start) operator(pg_catalog.*) 1000)::float8 as ms
from pg_catalog.pg_stat_activity where pid operator(pg_catalog.=) $1::int`
const timeoutsOf = `select name, setting::float8 as ms from pg_catalog.pg_settings where name operator(pg_catalog.=) any ($1::text[])`

/** Rejects when it cannot be known; takes no longer than riskMs once connected. */
export async function backendState(target: CatalogTarget, pid: number): Promise<BackendState> {
  const { client, destroy } = await connectTo(target, riskMs, true)
  client.on('error', () => undefined)
  try {
    const { rows: locks } = await client.query<{ held: string }>(locksOf, [pid])
    const { rows: [age] } = await client.query<{ ms: number | null }>(ageOf, [pid])
    const { rows: timeouts } = await client.query<{ name: Timeout; ms: number }>(timeoutsOf, [timeoutNames])
    return { locks: locks.map(({ held }) => held), transactionMs: age?.ms ?? null, timeouts: Object.fromEntries(timeouts.map(({ name, ms }) => [name, ms])) }
  } finally {
    destroy()
  }
}
