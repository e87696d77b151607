// Which gateway this is: made once, kept in its data folder. Sessions and journals carry it, so that a gateway ends only its own.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { GatehouseError } from '../../shared/errors.ts'
import { makeOnce } from './make-once.ts'

const pattern = /^gw_[0-9a-f]{24}$/

export function gatewayId(dataDir: string): string {
  const path = join(dataDir, 'gateway-id')
  const kept = read(path)
  if (kept !== null) return kept
  makeOnce(path, `gw_${randomBytes(12).toString('hex')}`)
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
