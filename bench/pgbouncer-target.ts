// pgbouncer between client and database, where it is installed: the plain C proxy that the gateway is compared with.
import { spawn, spawnSync } from 'node:child_process'
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseAddress } from '../gateway/testing/real-postgres.ts'
import { ended, lineOf } from './process.ts'
import type { Missing, Target } from './target.ts'

export type PoolMode = 'transaction' | 'session'

/** pgbouncer before 1.21 loses prepared statements in transaction mode, so `prepared` is measured in session mode. */
export async function pgbouncer(database: DatabaseAddress, mode: PoolMode): Promise<Target | Missing> {
  const binary = ['pgbouncer', '/usr/sbin/pgbouncer'].find((path) => spawnSync(path, ['--version']).status === 0)
  if (binary === undefined) return { missing: 'pgbouncer is not installed (Debian: apt-get install pgbouncer); ratios to it are left out' }
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
  const port = 16_000 + Math.floor(Math.random() * 10_000)
  const file = join(folder, 'pgbouncer.ini')
  writeFileSync(file, `
[databases]
${database.database} = host=${database.host} port=${database.port} user=${database.user} password=${database.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = 40
max_client_conn = 2000
ignore_startup_parameters = extra_float_digits
log_connections = 0
log_disconnections = 0
stats_period = 3600
`, { mode: 0o600 })
  // It refuses to run as root.
  const runAs: { readonly uid?: number; readonly gid?: number } = process.getuid?.() === 0 ? nobody() : {}
  if (runAs.uid !== undefined && runAs.gid !== undefined) for (const path of [folder, file]) chownSync(path, runAs.uid, runAs.gid)
  const child = spawn(binary, [file], { ...runAs, detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  const stop = async () => {
    await ended(child, 'SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await lineOf(child, /process up/)
    return { ...database, name: 'pgbouncer', host: '127.0.0.1', port, pid: child.pid ?? null, stop }
  } catch (error) {
    await stop()
    return { missing: `pgbouncer does not start: ${error instanceof Error ? error.message : String(error)}` }
  }
}

function nobody(): { readonly uid: number; readonly gid: number } {
  const fields = readFileSync('/etc/passwd', 'utf8').split('\n').map((entry) => entry.split(':')).find(([name]) => name === 'nobody') ?? []
  return { uid: Number(fields[2]), gid: Number(fields[3]) }
}
