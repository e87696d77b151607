// A small file of the data folder that is made once and then kept: the gateway's id, its keys.
import { linkSync, mkdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Makes it, for its owner alone, unless it is there: of two processes that start at once one makes it and both read that. */
export function makeOnce(path: string, line: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  // Written whole under another name first: a crash must not leave half of it.
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${line}\n`, { mode: 0o600, flush: true })
  try {
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    unlinkSync(draft)
  }
}
