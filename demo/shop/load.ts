// Loads the sample database: a plain role `gatehouse` that owns `shop` and is no superuser, then the SQL files in order, in one
// transaction and under a working name, so that an interrupted start leaves no half database.
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'

export interface ShopOptions { readonly superuserUrl: string; readonly password: string; readonly database?: string }

export const shopRole = 'gatehouse'

/** Makes role and database where they are missing. `loaded` tells whether the data was made now. */
export async function ensureShop({ superuserUrl, password, database = 'shop' }: ShopOptions): Promise<{ readonly loaded: boolean; readonly isCurrent: boolean }> {
  const files = sqlFiles()
  const version = createHash('sha256').update(files.join('\0')).digest('hex').slice(0, 12)
  const admin = new Client({ connectionString: superuserUrl })
  await admin.connect()
  try {
    const found = await admin.query<{ version: string | null }>(`select shobj_description(oid, 'pg_database') as version from pg_database where datname = $1`, [database])
    if (found.rows[0]) return { loaded: false, isCurrent: found.rows[0].version === `sample data ${version}` }
    const { rowCount } = await admin.query('select from pg_roles where rolname = $1', [shopRole])
    // pg sends DDL as text, so the password is quoted by the server-side rules; the log does not show it (log_statement is off).
    await admin.query(`${rowCount ? 'alter' : 'create'} role ${shopRole} login nosuperuser nocreatedb nocreaterole password ${admin.escapeLiteral(password)}`)
    const working = `${database}_loading`
    await admin.query(`drop database if exists ${admin.escapeIdentifier(working)} with (force)`)
    await admin.query(`create database ${admin.escapeIdentifier(working)} owner ${shopRole}`)
    await load(superuserUrl, working, password, files)
    await admin.query(`comment on database ${admin.escapeIdentifier(working)} is ${admin.escapeLiteral(`sample data ${version}`)}`)
    await admin.query(`alter database ${admin.escapeIdentifier(working)} rename to ${admin.escapeIdentifier(database)}`)
    return { loaded: true, isCurrent: true }
  } finally {
    await admin.end()
  }
}

async function load(superuserUrl: string, database: string, password: string, files: readonly string[]): Promise<void> {
  const url = new URL(superuserUrl)
  const owner = new Client({ host: url.hostname, port: Number(url.port), database, user: shopRole, password })
  await owner.connect()
  try {
    await owner.query(`begin; set local timezone = 'UTC'; set local max_parallel_workers_per_gather = 0; set local jit = off`)
    for (const text of files) await owner.query(text)
    await owner.query('commit')
    await owner.query('vacuum (freeze, analyze)')
  } finally {
    await owner.end()
  }
}

function sqlFiles(): string[] {
  const names = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.sql')).sort()
  return names.map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
}
