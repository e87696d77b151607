// Gateway session tokens by their hash, and revocations of JWTs by theirs. identity/session-tokens.ts says what they mean.
import { z } from 'zod'
import type { Principal } from '../../shared/principal.ts'
import { isoTime } from './columns.ts'
import { rememberPrincipal } from './principals.ts'
import { claimsTime } from './latest-claims.ts'
import type { Store } from './store.ts'

/** Times in milliseconds since the epoch; `hash` hex SHA-256. */
export interface TokenRow {
  readonly hash: string
  readonly principal: Principal
  readonly expiresAt: number
  readonly isRevoked: boolean
}

/** What identity wants of a store; each rejects with store_unavailable. */
export interface Tokens {
  insert(token: TokenRow): Promise<void>
  find(hash: string): Promise<TokenRow | null>
  /** Kept as revoked whether it was known or not; a revocation is never taken back. */
  revoke(token: TokenRow): Promise<void>
}

const principal = z.object({
  id: z.string(), provider: z.string(), subject: z.string(), kind: z.enum(['human', 'ci', 'agent']), email: z.string().nullable(),
  groups: z.array(z.string()), claims: z.record(z.string(), z.unknown()),
})
const row = z.object({ hash: z.string(), principal, expires_at: isoTime, revoked_at: isoTime.nullable() })

/** A token that ended is of no use; it is kept this long for whoever looks into the store after an incident. */
const keptMs = 7 * 24 * 60 * 60_000
const purgeEveryMs = 60 * 60_000

export function createTokens(store: Store, now: () => number = Date.now): Tokens {
  let purgedAt = 0
  async function write(token: TokenRow): Promise<void> {
    const at = new Date(now()).toISOString()
    await store.transaction(async (queries) => {
      await rememberPrincipal(queries, token.principal, at)
      await queries.query(
        `insert into gatehouse.tokens (hash, principal_id, provider, principal, issued_at, expires_at, revoked_at, claims_at)
         values ($1::text, $2::text, $3::text, $4::json, $5::timestamptz, $6::timestamptz, case when $7::boolean then $5::timestamptz end, $8::timestamptz)
         on conflict (hash) do update set revoked_at = coalesce(tokens.revoked_at, excluded.revoked_at)`,
        [token.hash, token.principal.id, token.principal.provider, JSON.stringify(token.principal), at, new Date(token.expiresAt).toISOString(), token.isRevoked, claimsIso(token.principal.claims)],
      )
      if (now() - purgedAt < purgeEveryMs) return
      purgedAt = now()
      await queries.query('delete from gatehouse.tokens where expires_at < $1::timestamptz', [new Date(now() - keptMs).toISOString()])
    })
  }
  return {
    insert: write,
    revoke: (token) => write({ ...token, isRevoked: true }),
    async find(hash) {
      const [found] = await store.query('select hash, principal, expires_at, revoked_at from gatehouse.tokens where hash = $1::text', [hash])
      if (found === undefined) return null
      const parsed = row.parse(found)
      return { hash: parsed.hash, principal: parsed.principal, expiresAt: Date.parse(parsed.expires_at), isRevoked: parsed.revoked_at !== null }
    },
  }
}

/** Null: the token does not say, or says what is no time. */
function claimsIso(claims: Principal['claims']): string | null {
  const at = claimsTime(claims)
  return at === null ? null : new Date(at).toISOString()
}
