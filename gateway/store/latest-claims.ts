// The newest groups a principal is known to have: by when its tokens were issued by the provider, not by when they came here, so
// that an old token that is shown again, however often, brings no group back.
import { z } from 'zod'
import { text } from './columns.ts'
import type { Queries } from './store.ts'

export interface KnownGroups { readonly groups: readonly string[]; /** Milliseconds. */ readonly claimsAt: number }

const time = z.date().transform((date) => date.getTime())
const row = z.object({ principal: z.object({ groups: z.array(z.string()) }), at: time }).transform(({ principal: { groups }, at }): KnownGroups => ({ groups, claimsAt: at }))
/** Of one instant: several that differ would be two tokens issued in the same second. */
const tokensLooked = 20

/** Null: no token of this principal was ever exchanged here. Of equally new ones the groups that all of them have. */
export async function latestGroups(queries: Queries, principal: string): Promise<KnownGroups | null> {
  const found = await queries.query(
    'select principal, coalesce(claims_at, issued_at) as at from gatehouse.tokens where principal_id = $1::text order by coalesce(claims_at, issued_at) desc limit $2::int', [text(principal), tokensLooked])
  return newestOf(found.map((each) => row.parse(each)))
}

/** `iat` of the token, milliseconds (RFC 7519 4.1.6); null where it is no time. */
export function claimsTime(claims: Readonly<Record<string, unknown>>): number | null {
  const issued = claims['iat']
  return typeof issued === 'number' && issued >= 0 && issued <= secondsMax ? Math.floor(issued * 1000) : null
}
/** The last second that ISO 8601 writes with four digits of year. */
const secondsMax = 253_402_300_799

/** Null of none. */
export function newestOf(known: readonly KnownGroups[]): KnownGroups | null {
  const claimsAt = Math.max(...known.map((each) => each.claimsAt))
  const [first, ...others] = known.filter((each) => each.claimsAt === claimsAt)
  return first === undefined ? null : { claimsAt, groups: first.groups.filter((group) => others.every(({ groups }) => groups.includes(group))) }
}
