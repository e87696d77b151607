// `hash`: HMAC-SHA-256 under the connection's key, cut to 128 bits. Equal values become equal, nobody without the key can go back or
// try values. It says nothing of the value; who can write a value into the column can compare.
import { createHmac, type KeyObject } from 'node:crypto'

/** What a hash begins with, so that it is recognised and never taken for a value; the number is that of the scheme. */
export const hashPrefix = 'gh1_'
const hashBytes = 16

export function hashText(key: KeyObject, value: Buffer | string): string {
  return hashPrefix + mac(key, value).toString('hex', 0, hashBytes)
}

/** A UUID of version 8 (RFC 9562 5.8), which begins with the bytes of the prefix. */
export function hashUuid(key: KeyObject, value: Buffer | string): Buffer {
  const uuid = Buffer.concat([Buffer.from(hashPrefix), mac(key, value)], 16)
  uuid[6] = 0x80 | (uuid[6]! & 0x0f)
  uuid[8] = 0x80 | (uuid[8]! & 0x3f)
  return uuid
}

function mac(key: KeyObject, value: Buffer | string): Buffer {
  return createHmac('sha256', key).update(value).digest()
}
