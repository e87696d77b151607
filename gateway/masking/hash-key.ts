// The keys of `as: hash`: one secret a gateway, kept under data/keys, and from it a key for each connection (HKDF, RFC 5869). So hashes
// join inside a connection and nowhere else. A new secret makes new hashes of everything: it belongs to what is backed up.
import { createSecretKey, hkdfSync, randomBytes, type KeyObject } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { GatehouseError } from '../../shared/errors.ts'
import { makeOnce } from '../store/make-once.ts'

const secretBytes = 32
const pattern = new RegExp(`^[0-9a-f]{${2 * secretBytes}}$`)

export type HashKeys = (connection: string) => KeyObject

/** Makes the secret if there is none. Throws GatehouseError when it cannot be read, is not whole, or others can read it. */
export function openHashKeys(dataDir: string): HashKeys {
  const path = join(dataDir, 'keys', 'mask-hash')
  const secret = Buffer.from(read(path) ?? make(path), 'hex')
  return (connection) => hashKeyOf(secret, connection)
}

export function hashKeyOf(secret: Buffer, connection: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', `gatehouse mask hash 1 ${connection}`, secretBytes)))
}

function make(path: string): string {
  makeOnce(path, randomBytes(secretBytes).toString('hex'))
  return read(path)!
}

function read(path: string): string | null {
  let text: string
  try {
    if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
      throw new GatehouseError('not_permitted', `${path} can be read by others, and with it hashed values can be guessed; remove it (hashes will be others then), or take the rights away and know the risk`)
    }
    text = readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (error instanceof GatehouseError) throw error
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new GatehouseError('config_unreadable', `${path} cannot be read; give the gateway the right to its data folder`, { cause: error })
  }
  if (!pattern.test(text)) throw new GatehouseError('config_invalid', `${path} does not hold a key (${2 * secretBytes} hex digits); restore it, or remove it to have other hashes from now on`)
  return text
}
