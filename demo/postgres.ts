// The embedded PostgreSQL as a long-lived child. We use the package's binaries and not its wrapper, which starts the server in the
// terminal's process group, leaves it behind after kill -9, and knows nothing of folders that another uid cannot reach.
import { spawn, type ChildProcess } from 'node:child_process'
import { chownSync, closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { GatehouseError } from '../shared/errors.ts'
import { freePort } from './ports.ts'
import { placeFor, type Place } from './postgres-place.ts'
import { keptSecret } from './secrets.ts'

export interface RunningPostgres {
  readonly host: '127.0.0.1'
  readonly port: number
  /** A libpq URL of the superuser; for setting up only. */
  readonly superuserUrl: string
  /** When the server ends, by whatever cause. */
  readonly exited: Promise<void>
  /** Fast shutdown; resolves when the server is gone. */
  stop(): Promise<void>
}

export interface PostgresOptions {
  /** The folder of the demo; the cluster is below it, or where root's stand-in can reach. */
  readonly data: string
  /** The port to listen on; left out, any free one. */
  readonly port?: number
  /** Settings as `name=value`. */
  readonly settings?: readonly string[]
  /** For tests: give up durability for speed. */
  readonly isThrowaway?: boolean
}

const readyWithinMs = 60_000

/** Starts the server on loopback, with the data that is there or a new cluster. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const place = placeFor(options.data)
  const isKnown = existsSync(join(options.data, 'secrets', 'postgres-superuser'))
  const password = keptSecret(options.data, 'postgres-superuser')
  if (!isKnown || !existsSync(join(place.cluster, 'PG_VERSION'))) await makeCluster(place, password)
  await clearLeftovers(place)
  const port = options.port ?? await freePort()
  const guard = spawnServer(place, port, options)
  const superuserUrl = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
  const exited = new Promise<void>((resolve) => { guard.once('exit', () => resolve()) })
  const stop = async () => { guard.ref(); guard.stdin?.end(); await exited }
  try {
    await untilReady(superuserUrl, guard, logFile(place))
  } catch (error) {
    await stop()
    throw error
  }
  return { host: '127.0.0.1', port, superuserUrl, exited, stop }
}

const logFile = (place: Place) => join(dirname(place.cluster), 'postgres.log')

/** `initdb` beside and renamed: a start that was interrupted leaves no half cluster. */
async function makeCluster(place: Place, password: string): Promise<void> {
  const draft = `${place.cluster}.new`
  const passwordFile = `${place.cluster}.password`
  for (const path of [draft, place.cluster]) rmSync(path, { recursive: true, force: true })
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (place.owner) chownSync(passwordFile, place.owner.uid, place.owner.gid)
  try {
    // The built-in locale provider sorts alike on every machine and asks nothing of the system's locales.
    await run(place, 'initdb', [`--pgdata=${draft}`, '--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8',
      '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-sync', '--no-instructions'])
  } finally {
    rmSync(passwordFile, { force: true })
  }
  renameSync(draft, place.cluster)
}

/** Nothing of our own environment (tokens, passwords) reaches the server. */
const serverEnv = { LC_ALL: 'C', TZ: 'UTC', PATH: process.env['PATH'] ?? '', ...(process.env['SystemRoot'] ? { SystemRoot: process.env['SystemRoot'] } : {}) }

const binary = (place: Place, name: string) => join(place.binaries, 'bin', process.platform === 'win32' ? `${name}.exe` : name)

function run(place: Place, name: string, args: readonly string[]): Promise<void> {
  const identity = place.owner ? { uid: place.owner.uid, gid: place.owner.gid } : {}
  const child = spawn(binary(place, name), args, { ...identity, env: serverEnv, cwd: dirname(place.cluster), stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => { said += chunk.toString() })
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(cannotRun(name, error)))
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new GatehouseError('internal', `${name} failed: ${said.trim().split('\n').at(-1) ?? `exit ${code}`}`))
    })
  })
}

function spawnServer(place: Place, port: number, options: PostgresOptions): ChildProcess {
  const throwaway = options.isThrowaway ? ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'] : []
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', `port=${port}`, 'max_connections=200', 'log_timezone=UTC', 'timezone=UTC',
    'log_line_prefix=%m ', ...throwaway, ...options.settings ?? []]
  const plan = { command: binary(place, 'postgres'), args: ['-D', place.cluster, ...settings.flatMap((setting) => ['-c', setting])], env: serverEnv,
    ...(place.owner ? { uid: place.owner.uid, gid: place.owner.gid } : {}) }
  const log = openSync(logFile(place), 'w', 0o600)
  try {
    const guard = spawn(process.execPath, [join(import.meta.dirname, 'postgres-guard.ts'), JSON.stringify(plan)],
      { cwd: dirname(place.cluster), detached: true, stdio: ['pipe', log, log], windowsHide: true })
    // A pipe to a guard that is gone is no news: its exit is.
    guard.stdin?.on('error', () => undefined)
    guard.unref()
    return guard
  } finally {
    closeSync(log)
  }
}

/**
 * A server that outlived its guard is stopped; a postmaster.pid that names some other program (pids come round again, in containers
 * at once) is removed, for PostgreSQL would take it for a running server.
 */
async function clearLeftovers(place: Place): Promise<void> {
  const pidFile = join(place.cluster, 'postmaster.pid')
  if (!existsSync(pidFile)) return
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0])
  const kind = await whoIs(pid, place)
  if (kind === 'gone') return
  if (kind === 'stranger') return rmSync(pidFile, { force: true })
  process.kill(pid, 'SIGINT')
  for (let waitedMs = 0; waitedMs < 15_000; waitedMs += 100) {
    if (await whoIs(pid, place) !== 'server') return
    await sleep(100)
  }
  throw new GatehouseError('not_permitted', `a PostgreSQL (pid ${pid}) still runs on ${place.cluster} and does not stop; stop it and start again`)
}

async function whoIs(pid: number, place: Place): Promise<'gone' | 'server' | 'stranger' | 'unknown'> {
  if (!Number.isInteger(pid) || pid <= 0) return 'stranger'
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH' ? 'gone' : 'stranger'
  }
  // Only Linux tells without a further tool; elsewhere PostgreSQL judges for itself.
  if (!existsSync('/proc/self/cmdline')) return 'unknown'
  return existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(place.cluster) ? 'server' : 'stranger'
}

async function untilReady(url: string, guard: ChildProcess, log: string): Promise<void> {
  let failure: Error | undefined
  guard.once('error', (error) => { failure = cannotRun('postgres', error) })
  guard.once('exit', () => { failure ??= new GatehouseError('upstream_unreachable', `PostgreSQL ended at once: ${lastWords(log)}`, { side: 'upstream' }) })
  for (let waitedMs = 0; waitedMs < readyWithinMs; waitedMs += 50) {
    if (failure) throw failure
    if (await answers(url)) return
    await sleep(50)
  }
  throw new GatehouseError('upstream_unreachable', `PostgreSQL did not become ready within ${readyWithinMs / 1000} s: ${lastWords(log)}`, { side: 'upstream' })
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return true
  } catch {
    // Not listening yet, or "the database system is starting up": the loop asks again, and its deadline has the log's last line.
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

function lastWords(log: string): string {
  const lines = readFileSync(log, 'utf8').trim().split('\n')
  return lines.findLast((line) => /FATAL|PANIC|ERROR/.test(line)) ?? lines.at(-1) ?? 'it said nothing'
}

const cannotRun = (name: string, error: Error) => new GatehouseError('not_permitted', `cannot run the embedded ${name} (${error.message}); its binaries need an unrestricted Linux, macOS or Windows`, { cause: error })
