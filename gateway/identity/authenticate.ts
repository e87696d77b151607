// The seam of gateway/identity: bytes of a token in, a principal and a lease out.
import type { Principal } from '../../shared/principal.ts'

/**
 * How long a caller may stay. A lease follows the token it came with; `renew` (same principal only) moves it on.
 * `ended` fires once, at expiry or revocation, within a second of it.
 */
export interface Lease {
  readonly principal: Principal
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** Of the token it follows now: what it is revoked under (SHA-256, hex; never the token). */
  readonly key: string
  onEnd(listener: (reason: string) => void): () => void
  /** False with a reason when the token is not good or is another principal's; the lease stays as it was. */
  renew(token: string): Promise<{ readonly ok: true; readonly expiresAt: number } | { readonly ok: false; readonly reason: string }>
  /** After every renewal: the key is another, and the principal's groups and claims may be. Not after `dispose`. */
  onRenew(listener: () => void): () => void
  dispose(): void
}

export interface Authenticator {
  /** `gh_…` or a JWT of a configured issuer. Rejects with GatehouseError token_*. */
  authenticate(token: string): Promise<Lease>
}
