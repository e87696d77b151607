// The gateway's own memory: PostgreSQL in one dialect, PGlite under the data folder or a server by its URL. Whoever asks does not
// know which. A store that does not answer in storeQueryMs is store_unavailable, and what depended on the answer is refused.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { storeQueryMs } from '../limits.ts'
import { lockData } from './data-lock.ts'
import { migrate } from './migrate.ts'
import { openPglite } from './pglite.ts'
import { openServer } from './server.ts'

export type Row = Readonly<Record<string, unknown>>
/** text, numbers, booleans, null; times as ISO 8601 and JSON as text, with a cast in the SQL: both drivers agree on those. */
export type Parameter = string | number | boolean | null

export interface Queries {
  /** One statement. Times come back as Date, JSON parsed. Rejects with store_unavailable, or StatementError when the store said no. */
  query(sql: string, parameters?: readonly Parameter[]): Promise<readonly Row[]>
}

export interface Store extends Queries {
  readonly kind: 'pglite' | 'server'
  /** Commits when `work` resolves, rolls back when it rejects. Only the queries given to `work` are part of it. */
  transaction<T>(work: (queries: Queries) => Promise<T>, timeoutMs?: number): Promise<T>
  dispose(): Promise<void>
}

/** A `Secret<string>`; the store imports no other room. */
export interface StoreUrl { reveal(): string }

export interface StoreOptions {
  /** A PostgreSQL URL; without it PGlite in `dataDir`/store. */
  readonly url?: StoreUrl | undefined
  readonly dataDir: string
  readonly queryMs?: number
}

/**
 * Opens and migrates, and holds the data folder until it is disposed. Rejects with store_unavailable when the store cannot be reached
 * or is newer than this gateway, with config_invalid when another gateway has the folder.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const lock = lockData(options.dataDir)
  try {
    const store = await openMigrated(options)
    return {
      kind: store.kind,
      query: (sql, parameters) => store.query(sql, parameters),
      transaction: (work, timeoutMs) => store.transaction(work, timeoutMs),
      async dispose() {
        await store.dispose()
        lock.dispose()
      },
    }
  } catch (error) {
    lock.dispose()
    throw error
  }
}

async function openMigrated({ url, dataDir, queryMs = storeQueryMs }: StoreOptions): Promise<Store> {
  const store = url === undefined ? await openPglite(storeFolder(dataDir), queryMs) : await openServer(url, queryMs)
  try {
    await migrate(store)
    return store
  } catch (error) {
    await store.dispose()
    throw error
  }
}

/** PGlite makes its files readable for everyone, so the folder around them must not be. */
function storeFolder(dataDir: string): string {
  const folder = join(dataDir, 'store')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folder
}
