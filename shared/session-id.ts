// Session ids: `se_`, ten characters of time, sixteen of chance, in Crockford's base 32 (a ULID), so that ids sort by time
// and nobody guesses another's. Chance comes from the caller: shared/ has no source of it.

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
export const sessionIdPattern = /^se_[0-7][0-9A-HJKMNP-TV-Z]{25}$/
/** Random bytes an id takes. */
export const sessionIdRandomBytes = 10

/** `random` must come from a cryptographic source. */
export function makeSessionId(atMs: number, random: Uint8Array): string {
  if (random.length !== sessionIdRandomBytes) throw new RangeError(`a session id takes ${sessionIdRandomBytes} random bytes`)
  let chance = 0n
  for (const byte of random) chance = (chance << 8n) | BigInt(byte)
  return `se_${base32(BigInt(atMs), 10)}${base32(chance, 16)}`
}

/** Milliseconds since the epoch; null when it is no session id. */
export function sessionIdTime(id: string): number | null {
  if (!sessionIdPattern.test(id)) return null
  let time = 0
  for (const character of id.slice(3, 13)) time = time * 32 + alphabet.indexOf(character)
  return time
}

function base32(value: bigint, length: number): string {
  let text = ''
  for (let left = value; text.length < length; left >>= 5n) text = alphabet[Number(left & 31n)] + text
  return text
}
