// The intent hash (design.md §6): what a command's meaning hangs on, as one number. Two commands with the same one are the same
// command by the same principal in the same place, and share an approval; anything else is another. Every field is preceded by its
// length, so that no text can be shifted from one field into the next. Pure.
import { createHash, type Hash } from 'node:crypto'

export interface IntentParameter {
  /** As the client declared it, or the server inferred it; 0 is unspecified. */
  readonly typeOid: number
  /** 0 text, 1 binary. */
  readonly format: number
  /** The bytes as they will be bound; null is NULL. */
  readonly value: Uint8Array | null
}

export interface Intent {
  readonly principal: string
  readonly connection: string
  readonly database: string
  /** The role statements run as; null: the connection's own user. */
  readonly role: string | null
  /** As the server knows it, or `default` / `unknown`. */
  readonly searchPath: string
  readonly text: string
  readonly parameters: readonly IntentParameter[]
}

/** Hex SHA-256. */
export function intentHash({ principal, connection, database, role, searchPath, text, parameters }: Intent): string {
  const hash = createHash('sha256')
  for (const part of ['gatehouse intent 1', principal, connection, database, role, searchPath, text]) addField(hash, part)
  addCount(hash, parameters.length)
  for (const { typeOid, format, value } of parameters) {
    addCount(hash, typeOid)
    addCount(hash, format)
    addField(hash, value)
  }
  return hash.digest('hex')
}

/** Null is a mark of its own, not the empty text. */
function addField(hash: Hash, value: string | Uint8Array | null): void {
  if (value === null) return void hash.update('-')
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value
  hash.update('+')
  addCount(hash, bytes.byteLength)
  hash.update(bytes)
}

function addCount(hash: Hash, count: number): void {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(count))
  hash.update(bytes)
}
