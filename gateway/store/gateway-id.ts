// Which gateway this is: made once, kept in its data folder. Sessions and journals carry it, so that a gateway ends only its own.
import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GatehouseError } from '../../shared/errors.ts'

const pattern = /^gw_[0-9a-f]{24}$/

export function gatewayId(dataDir: string): string {
  const path = join(dataDir, 'gateway-id')
  const kept = read(path)
  if (kept !== null) return kept
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  // Written whole under another name first: a crash must not leave half an id.
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `gw_${randomBytes(12).toString('hex')}\n`, { mode: 0o600 })
  try {
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    unlinkSync(draft)
  }
  return read(path)!
}

function read(path: string): string | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new GatehouseError('config_unreadable', `${path} cannot be read; give the gateway the right to its data folder`, { cause: error })
  }
  if (!pattern.test(text)) throw new GatehouseError('config_invalid', `${path} does not hold a gateway id (gw_ and 24 hex digits); restore it, or remove it to be a new gateway`)
  return text
}
