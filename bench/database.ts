// The database that is measured against: pgbench's own table, and one with rows of ten text cells like those people browse.
import { spawnSync } from 'node:child_process'
import { Client } from 'pg'
import { startPostgres, type DatabaseAddress, type RealPostgres } from '../gateway/testing/real-postgres.ts'

export interface BenchDatabase {
  readonly postgres: RealPostgres
  readonly address: DatabaseAddress
  /** Rows of `cells`. */
  readonly rows: number
}

const accounts = 500_000
const words = ['lorem', 'ipsum', 'dolor sit', 'amet, consectetur', 'adipiscing', 'elit 2024', 'sed do', 'Eiusmod tempor', 'incididunt', 'ut labore 17', 'et dolore', 'magna aliqua']

export async function createDatabase(rows: number, connectionsMax: number): Promise<BenchDatabase> {
  const postgres = await startPostgres([`max_connections = ${connectionsMax}`, "shared_buffers = '512MB'", 'max_wal_size = \'4GB\''])
  const address = await postgres.database('bench')
  const client = new Client(address)
  await client.connect()
  try {
    // As `pgbench -i` makes it, so that pgbench -S runs; only the table it reads.
    await client.query('create table pgbench_accounts (aid int primary key, bid int, abalance int, filler char(84))')
    await client.query(`insert into pgbench_accounts select n, 1, n % 1000, '' from generate_series(1, ${accounts}) n`)
    const cells = Array.from({ length: 10 }, (_, i) => `(array[${words.map((word) => `'${word}'`)}])[1 + (n * ${i + 3} + n / 7) % ${words.length}] || ' ' || (n * ${i + 1}) % 99991 || ' row'`)
    await client.query(`create table cells (id int primary key, ${cells.map((_, i) => `c${i} text`)})`)
    await client.query(`insert into cells select n, ${cells} from generate_series(1, ${rows}) n`)
    await client.query('vacuum analyze')
  } finally {
    await client.end()
  }
  return { postgres, address, rows }
}

/** Where pgbench is, or null. */
export function findPgbench(): string | null {
  const places = ['pgbench', ...[18, 17, 16, 15, 14].map((version) => `/usr/lib/postgresql/${version}/bin/pgbench`)]
  return places.find((path) => spawnSync(path, ['--version']).status === 0) ?? null
}

export const pgbenchAccounts = accounts
