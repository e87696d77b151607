// Private files: whole or not at all, and for this user only. A file others may read is refused, not repaired: a secret in
// it must be taken for known, and only a person can judge that.
import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { GatehouseError } from '../shared/errors.ts'

const isWindows = process.platform === 'win32'

/** Where Gatehouse keeps what is this user's: `$XDG_CONFIG_HOME/gatehouse` or what the platform has for it. */
export function userFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env['XDG_CONFIG_HOME']) return join(env['XDG_CONFIG_HOME'], 'gatehouse')
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'gatehouse')
  if (isWindows) return join(env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), 'gatehouse')
  return join(homedir(), '.config', 'gatehouse')
}

export async function privateFolder(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  return path
}

/** Writes beside and renames, so that a reader sees the old text or the new one; mode 0600 from the first byte. */
export async function writePrivate(path: string, text: string): Promise<void> {
  await privateFolder(dirname(path))
  const beside = `${path}.${randomBytes(6).toString('hex')}`
  const file = await open(beside, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(beside, path).catch(async (error: unknown) => {
    await rm(beside, { force: true })
    throw error
  })
}

/** Null when there is no such file; `not_permitted` when others may read it. */
export async function readPrivate(path: string): Promise<string | null> {
  try {
    const { mode } = await stat(path)
    if (!isWindows && (mode & 0o077) !== 0) {
      throw new GatehouseError('not_permitted', `${path} may be read by others (mode ${(mode & 0o777).toString(8)}); it holds secrets: delete it and sign in again`, { side: 'client' })
    }
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
