// Where the demo keeps its things: `--data`, or a place of this user's. For root it is /var/lib/gatehouse/demo, because the user that
// PostgreSQL runs as cannot reach below /root.
import { accessSync, constants, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { GatehouseError } from '../shared/errors.ts'

export function defaultDataFolder(env: NodeJS.ProcessEnv = process.env, isRoot = process.getuid?.() === 0): string {
  if (env['XDG_DATA_HOME']) return join(env['XDG_DATA_HOME'], 'gatehouse', 'demo')
  if (isRoot) return '/var/lib/gatehouse/demo'
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'gatehouse', 'demo')
  if (process.platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'gatehouse', 'demo')
  return join(homedir(), '.local', 'share', 'gatehouse', 'demo')
}

/** Absolute. Root's can be passed by others, for PostgreSQL's user; what is secret in it is in private folders and files. */
export function prepareDataFolder(path: string): string {
  const folder = resolve(path)
  try {
    mkdirSync(folder, { recursive: true, mode: process.getuid?.() === 0 ? 0o755 : 0o700 })
    for (const name of ['secrets', 'gateway', 'app']) mkdirSync(join(folder, name), { recursive: true, mode: 0o700 })
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new GatehouseError('not_permitted', `cannot write ${folder} (${(error as NodeJS.ErrnoException).code ?? 'unknown'}); choose another folder with --data`, { cause: error })
  }
  return folder
}
