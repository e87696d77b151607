// Verified claims in, a principal out. Whatever is not exactly as expected counts as absent; without an id there is nobody.
// OpenID Connect Core 5.1: `email_verified` is a boolean. Some providers send the string "true"; that does not count.
import { GatehouseError } from '../../shared/errors.ts'
import type { Principal } from '../../shared/principal.ts'
import { claimCharactersMax, groupsMax } from '../limits.ts'
import type { IdentityEntry } from './identity-entry.ts'

export type Claims = Readonly<Record<string, unknown>>

export function principalOf(entry: IdentityEntry, claims: Claims): Principal {
  const subject = claimAt(claims, entry.claims.id)
  if (!isPlainText(subject)) {
    throw new GatehouseError('token_invalid', `the token has no usable claim ${entry.claims.id}; identity entry ${entry.name} takes the caller's id from it`, { side: 'client' })
  }
  return {
    id: `${entry.name}:${subject}`, provider: entry.name, subject, kind: entry.kind,
    email: verifiedEmail(claims, entry.claims.email), groups: groupsOf(entry, claims), claims,
  }
}

/** The claim of exactly that name, else the one at that path. Own properties only: `constructor` is nobody's claim. */
function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  let value: unknown = claims
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string, unknown>)[part]
  }
  return value
}

function verifiedEmail(claims: Claims, name: string): string | null {
  const email = claimAt(claims, name)
  if (claims['email_verified'] !== true || !isPlainText(email)) return null
  return /^[^\s@]+@[^\s@]+$/.test(email) ? email : null
}

function groupsOf(entry: IdentityEntry, claims: Claims): readonly string[] {
  const groups = claimAt(claims, entry.claims.groups)
  if (!Array.isArray(groups) || !groups.every(isPlainText)) return []
  // A cut list would drop the group that a deny or a mask names.
  if (groups.length > groupsMax) {
    throw new GatehouseError('limit_exceeded', `the token names ${groups.length} groups, more than groupsMax (${groupsMax}); let the provider send only the groups of this audience`, { side: 'client' })
  }
  return [...new Set(groups)]
}

function isPlainText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= claimCharactersMax && !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(value)
}
