// Where the app keeps sign-ins: encrypted by the system's key store. Where the system has none (a Linux desktop without a
// keyring), Electron would encrypt with a key that is in its source code: that is refused, and the person chooses instead.
import { join } from 'node:path'
import { z } from 'zod'
import { readPrivate, writePrivate } from '../client/files.ts'
import { createFileTokenStore, createMemoryTokenStore, type TokenStore } from '../client/login/token-store.ts'
import { GatehouseError } from '../shared/errors.ts'

/** What we use of Electron's safeStorage. `getSelectedStorageBackend` is there on Linux only. */
export interface SafeStorage {
  isEncryptionAvailable(): boolean
  encryptString(text: string): Buffer
  decryptString(encrypted: Buffer): string
  getSelectedStorageBackend?(): string
}

export type PlainChoice = 'memory' | 'file'

export interface TokenStoreOptions {
  readonly safeStorage: SafeStorage
  readonly platform: NodeJS.Platform
  readonly folder: string
  /** Asked once; the answer is remembered. */
  readonly askPlain: () => Promise<PlainChoice>
}

export async function chooseTokenStore({ safeStorage, platform, folder, askPlain }: TokenStoreOptions): Promise<TokenStore> {
  if (isSafe(safeStorage, platform)) return createSafeTokenStore(safeStorage, join(folder, 'logins.sealed'))
  const remembered = plainChoice.safeParse((await readPrivate(join(folder, 'token-store')))?.trim())
  const choice = remembered.success ? remembered.data : await askPlain()
  if (!remembered.success) await writePrivate(join(folder, 'token-store'), `${choice}\n`)
  return choice === 'file' ? createFileTokenStore(folder) : createMemoryTokenStore()
}

const plainChoice = z.enum(['memory', 'file'])

function isSafe(safeStorage: SafeStorage, platform: NodeJS.Platform): boolean {
  if (!safeStorage.isEncryptionAvailable()) return false
  if (platform !== 'linux') return true
  const backend = safeStorage.getSelectedStorageBackend?.() ?? 'unknown'
  return backend !== 'basic_text' && backend !== 'unknown'
}

function createSafeTokenStore(safeStorage: SafeStorage, path: string): TokenStore {
  return {
    async read() {
      const sealed = await readPrivate(path)
      if (sealed === null) return null
      try {
        return safeStorage.decryptString(Buffer.from(sealed, 'base64'))
      } catch (error) {
        throw new GatehouseError('config_unreadable', `the saved sign-ins cannot be opened with this system's key store (${error instanceof Error ? error.message : 'unknown'}); delete ${path} and sign in again`, { side: 'client', cause: error })
      }
    },
    write: (text) => writePrivate(path, safeStorage.encryptString(text).toString('base64')),
  }
}
