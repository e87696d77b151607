// Brings the store's schema to what this gateway knows, all or nothing, one gateway at a time.
import { GatehouseError } from '../../shared/errors.ts'
import { storeOpenMs } from '../limits.ts'
import { migrations, type Migration } from './migrations.ts'
import type { Store } from './store.ts'

/** Any number; every gateway must take the same. */
const advisoryLock = 7_238_401_155

/** Rejects with store_unavailable when the store is newer than `known`: an older gateway would not keep the newer one's promises. */
export async function migrate(store: Store, known: readonly Migration[] = migrations): Promise<void> {
  await store.transaction(async (queries) => {
    await queries.query('select pg_catalog.pg_advisory_xact_lock($1::bigint)', [advisoryLock])
    await queries.query('create schema if not exists gatehouse')
    await queries.query('create table if not exists gatehouse.schema_version (version int primary key, name text not null, applied_at timestamptz not null default now())')
    const [row] = await queries.query('select coalesce(max(version), 0)::int as version from gatehouse.schema_version')
    const version = Number(row?.['version'])
    const newest = known.at(-1)?.version ?? 0
    if (version > newest) {
      throw new GatehouseError('store_unavailable', `the store has schema version ${version}, and this gateway knows ${newest}; start the newer gateway, or give this one another store`)
    }
    for (const step of known) {
      if (step.version <= version) continue
      await queries.query(step.sql)
      await queries.query('insert into gatehouse.schema_version (version, name) values ($1::int, $2::text)', [step.version, step.name])
    }
  }, storeOpenMs)
}
