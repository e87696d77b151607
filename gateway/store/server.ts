// The store on a PostgreSQL server, for more than one gateway: a small pool, every wait of it bounded.
import { DatabaseError, Pool, type PoolClient } from 'pg'
import { storeConnectionsMax } from '../limits.ts'
import { StatementError, unavailable, within } from './store-error.ts'
import type { Parameter, Queries, Row, Store, StoreUrl } from './store.ts'

export async function openServer(url: StoreUrl, queryMs: number): Promise<Store> {
  const pool = new Pool({
    connectionString: url.reveal(), max: storeConnectionsMax, connectionTimeoutMillis: queryMs, keepAlive: true,
    application_name: 'gatehouse store', allowExitOnIdle: true,
  })
  // An idle connection that the server closed: the pool forgets it, and the next question opens another.
  pool.on('error', () => pool.idleCount)

  async function borrowed<T>(work: (client: PoolClient) => Promise<T>, timeoutMs: number): Promise<T> {
    const client = await connect(pool)
    // It may break between two questions, when no answer is awaited that could tell; the next question, or the pool, finds out.
    const broken = () => undefined
    client.on('error', broken)
    try {
      const result = await within(work(client), timeoutMs)
      client.release()
      return result
    } catch (error) {
      // A connection that answered is as good as before; any other may still be at it, and is closed with what it was doing.
      client.release(!(error instanceof StatementError))
      throw error
    } finally {
      client.off('error', broken)
    }
  }

  return {
    kind: 'server',
    query: (sql, parameters) => borrowed((client) => ask(client, sql, parameters), queryMs),
    transaction: <T>(work: (queries: Queries) => Promise<T>, timeoutMs: number = queryMs) => borrowed(async (client) => {
      await ask(client, 'begin')
      try {
        const result = await work({ query: (sql, parameters) => ask(client, sql, parameters) })
        await ask(client, 'commit')
        return result
      } catch (error) {
        await ask(client, 'rollback')
        throw error
      }
    }, timeoutMs),
    dispose: () => pool.end(),
  }
}

async function connect(pool: Pool): Promise<PoolClient> {
  try {
    return await pool.connect()
  } catch (error) {
    throw unavailable(reasonOf(error), error)
  }
}

async function ask(client: PoolClient, sql: string, parameters?: readonly Parameter[]): Promise<readonly Row[]> {
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql, parameters === undefined ? undefined : [...parameters])
    return rows
  } catch (error) {
    throw asStoreError(error)
  }
}

/** Class 57 and 53 are the server going away or being full: not our statement's fault. */
function asStoreError(error: unknown): Error {
  const isStatements = error instanceof DatabaseError && error.code !== undefined && !/^(57|53)/.test(error.code)
  return isStatements ? new StatementError(error.message, error.code!, { cause: error }) : unavailable(reasonOf(error), error)
}

/** Codes and words only: pg's messages name no password, but what they name is not for clients. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.message : 'unknown'
}
