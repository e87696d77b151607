// The newest groups a principal is known to have: by when its tokens were issued by the provider, not by when they came here, so
// that an old token that is shown again brings no group back.
import { z } from 'zod'
import { text } from './columns.ts'
import type { Queries } from './store.ts'

export interface KnownGroups { readonly groups: readonly string[]; /** Milliseconds. */ readonly claimsAt: number }

const row = z.object({ principal: z.object({ groups: z.array(z.string()), claims: z.record(z.string(), z.unknown()) }), issued_at: z.date() })
/** A person renews four times an hour; what is older than these has expired. */
const tokensLooked = 50

/** Null: no token of this principal was ever exchanged here. Of equally new ones the groups that all of them have. */
export async function latestGroups(queries: Queries, principal: string): Promise<KnownGroups | null> {
  const found = await queries.query('select principal, issued_at from gatehouse.tokens where principal_id = $1::text order by issued_at desc limit $2::int', [text(principal), tokensLooked])
  return newestOf(found.map((each) => {
    const { principal: { groups, claims }, issued_at: issuedAt } = row.parse(each)
    return { groups, claimsAt: claimsTime(claims) ?? issuedAt.getTime() }
  }))
}

/** `iat` of the token, milliseconds (RFC 7519 4.1.6). */
export function claimsTime(claims: Readonly<Record<string, unknown>>): number | null {
  const issued = claims['iat']
  return typeof issued === 'number' && Number.isFinite(issued) ? issued * 1000 : null
}

/** Null of none. */
export function newestOf(known: readonly KnownGroups[]): KnownGroups | null {
  const claimsAt = Math.max(...known.map((each) => each.claimsAt))
  const [first, ...others] = known.filter((each) => each.claimsAt === claimsAt)
  return first === undefined ? null : { claimsAt, groups: first.groups.filter((group) => others.every(({ groups }) => groups.includes(group))) }
}
