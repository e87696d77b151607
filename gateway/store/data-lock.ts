// One gateway a data folder: two would write into one embedded database and one journal. The lock is a file with the holder's process
// in it, and where the system tells (Linux) when that process began, so that a lock outlives neither a crash nor a container with pid 1.
import { linkSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GatehouseError } from '../../shared/errors.ts'

export interface DataLock { dispose(): void }

/** Throws config_invalid when a running gateway holds the folder. */
export function lockData(dataDir: string): DataLock {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const path = join(dataDir, 'lock')
  const mine = `${process.pid} ${startOf(process.pid) ?? ''}\n`
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, mine, { mode: 0o600 })
  try {
    while (!tryLink(draft, path)) removeStale(path, dataDir)
  } finally {
    unlinkSync(draft)
  }
  return {
    dispose() {
      if (readIfThere(path) === mine) unlinkSync(path)
    },
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function removeStale(path: string, dataDir: string): void {
  const holder = readIfThere(path)
  if (holder === null) return
  if (isAlive(holder)) throw inUse(dataDir, holder)
  const aside = `${path}.stale.${process.pid}`
  if (!tryRename(path, aside)) return
  // Another may have removed the stale lock and taken its own between our reading and our renaming: give that back.
  const isOthers = readIfThere(aside) !== holder
  if (isOthers) tryLink(aside, path)
  unlinkSync(aside)
  if (isOthers) throw inUse(dataDir, readIfThere(path) ?? '')
}

/** False when it is gone: then somebody else removed it. */
function tryRename(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

function isAlive(holder: string): boolean {
  const [pid, started] = holder.trim().split(' ')
  if (!/^\d+$/.test(pid ?? '')) return false
  try {
    process.kill(Number(pid), 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return started === undefined || started === startOf(Number(pid))
}

/** Boot and tick at which a process began (proc(5), field 22 of stat); null where the system does not tell. */
function startOf(pid: number): string | null {
  const stat = readIfThere(`/proc/${pid}/stat`)
  const boot = readIfThere('/proc/sys/kernel/random/boot_id')
  if (stat === null || boot === null) return null
  // Field 2 is the command in parentheses, and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return `${boot.trim()}:${fields[19] ?? ''}`
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}

function inUse(dataDir: string, holder: string): GatehouseError {
  const pid = holder.split(' ')[0]
  return new GatehouseError('config_invalid', `the data folder ${dataDir} is used by another gateway (process ${pid}); stop that one, or set data: to another folder`)
}
