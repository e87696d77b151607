// Secrets the demo makes once and keeps, each in a file of its own (0600): gateway.yaml refers to them by `{ file: … }`.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const secretPath = (data: string, name: string) => join(data, 'secrets', name)

/** The secret of that name; made on the first call. Letters and digits only, so that it fits a URL. */
export function keptSecret(data: string, name: string): string {
  return keptText(secretPath(data, name), () => randomBytes(24).toString('hex'))
}

/** The text of a private file; made on the first call, and whole or not at all. */
function keptText(path: string, make: () => string): string {
  if (existsSync(path)) return readFileSync(path, 'utf8')
  const text = make()
  writePrivate(path, text)
  return text
}

export function writePrivate(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${process.pid}.new`
  writeFileSync(draft, text, { mode: 0o600 })
  renameSync(draft, path)
}
