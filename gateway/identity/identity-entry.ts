// An identity entry of gateway.yaml as this room reads it: whose tokens count, and where a principal's parts stand in them.
import type { Principal, PrincipalKind } from '../../shared/principal.ts'

export interface IdentityEntry {
  readonly name: string
  /** Compared with `iss` character by character. */
  readonly issuer: string
  readonly audience: string
  readonly kind: PrincipalKind
  /** A JWK set file; null: the issuer's own, by discovery. */
  readonly jwks: string | null
  readonly claims: ClaimNames
}

/** A claim's name, or a path of names with dots between (`realm_access.roles`). */
export interface ClaimNames {
  readonly id: string
  readonly email: string
  readonly groups: string
}

/** What a good token gives: who, until when, and the key it is revoked under (SHA-256, hex; never the token). */
export interface TokenGrant {
  readonly principal: Principal
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  readonly key: string
}
