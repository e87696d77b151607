// What policies pin: a hash over the definitions of all functions of one name, as pg_get_functiondef gives them (language, options,
// body). Aggregates have no definition: a name that one has cannot be pinned.
import type { Client } from 'pg'
import { catalogDefinitionsLockMs } from '../../limits.ts'

type ForEachRow = (query: string, visit: (row: readonly unknown[]) => void) => Promise<void>

/** The server hashes: no body crosses the wire. `collate "C"` so that the order is the same everywhere. */
const bodiesQuery = `
  select n.nspname, p.proname, case when pg_catalog.bool_and(d.definition is not null) then
    pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.string_agg(d.definition, pg_catalog.chr(30) order by d.definition collate pg_catalog."C"), 'UTF8')), 'hex') else '' end
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  cross join lateral (select case when p.prokind in ('f', 'p') then pg_catalog.pg_get_functiondef(p.oid) end) d (definition)
  where n.nspname not in ('pg_catalog', 'information_schema')
  group by 1, 2 order by 1, 2`

/** Key `schema.name`; empty where it cannot be pinned, so that it is still known to be there. A body that cannot be had in time (it names a table that is locked) leaves all unpinned until the next look. */
export async function readBodies(client: Client, forEachRow: ForEachRow): Promise<ReadonlyMap<string, string>> {
  const bodies = new Map<string, string>()
  await client.query('savepoint bodies')
  try {
    await client.query(`set local lock_timeout = ${catalogDefinitionsLockMs}`)
    await forEachRow(bodiesQuery, ([schema, name, hash]) => bodies.set(`${String(schema)}.${String(name)}`, String(hash)))
    await client.query('release savepoint bodies')
    return bodies
  } catch (error) {
    // With an SQLSTATE; a lost connection has none, or fails again at the rollback.
    if (!(error instanceof Error && 'code' in error && /^[0-9A-Z]{5}$/.test(String(error.code)))) throw error
    await client.query('rollback to savepoint bodies')
    return new Map()
  }
}
