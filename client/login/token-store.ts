// Where sign-ins are kept. A store keeps one text and nothing else: the file here, safeStorage in electron/. What the text
// says is read and checked in one place, saved-logins.ts.
import { join } from 'node:path'
import { readPrivate, writePrivate } from '../files.ts'

export interface TokenStore {
  /** Null when nothing was kept. */
  read(): Promise<string | null>
  write(text: string): Promise<void>
}

/** `logins.json` in the user's folder, mode 0600, replaced whole; refused when others may read it. */
export function createFileTokenStore(folder: string): TokenStore {
  const path = join(folder, 'logins.json')
  return { read: () => readPrivate(path), write: (text) => writePrivate(path, text) }
}

/** For a token that came by the environment: it is nobody's to keep. */
export function createMemoryTokenStore(): TokenStore {
  let kept: string | null = null
  return {
    read: () => Promise.resolve(kept),
    write: (text) => { kept = text; return Promise.resolve() },
  }
}
