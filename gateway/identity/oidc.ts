// A JWT in, a principal out, by the rules of RFC 8725: our list of algorithms, our list of issuers, our keys, every claim checked.
// `iss` and `aud` are read unverified only to find the entry; that entry's own checks then decide on the signed bytes.
import { createHash } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose'
import { GatehouseError, type ErrorCode } from '../../shared/errors.ts'
import { clockSkewSeconds, jwtCharactersMax } from '../limits.ts'
import { principalOf } from './claims.ts'
import type { IdentityEntry, TokenGrant } from './identity-entry.ts'
import { createProviderFetch, type ProviderFetch } from './provider-fetch.ts'
import { keysByDiscovery, keysFromFile } from './provider-keys.ts'

/** Asymmetric only: a public key can never serve as an HMAC secret (RFC 8725 2.1). */
const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA']
/** RFC 8725 3.11: a logout token or a client's assertion is signed by the same key and is no login. */
const types = new Set([undefined, 'jwt', 'application/jwt', 'at+jwt', 'application/at+jwt'])
/** 9999-12-31T23:59:59Z: later ones are no time JavaScript can print. */
const lastExpirySeconds = 253_402_300_799

export interface JwtVerifier {
  /** Rejects with token_invalid, token_expired, limit_exceeded or provider_unreachable. */
  verify(token: string): Promise<TokenGrant>
}

interface Verifying { readonly entry: IdentityEntry; readonly keys: JWTVerifyGetKey }

export function createJwtVerifier(entries: readonly IdentityEntry[], options: { readonly now?: () => number; readonly fetch?: ProviderFetch } = {}): JwtVerifier {
  const now = options.now ?? Date.now
  const byIssuer = keysOf(entries, options.fetch ?? createProviderFetch(now))
  return {
    async verify(token) {
      requireForm(token)
      const { entry, keys } = entryOf(byIssuer, token)
      const claims = await verifiedClaims(token, entry, { keys, now: now() })
      return { principal: principalOf(entry, claims), expiresAt: endOf(claims, now()), key: keyOf(token) }
    },
  }
}

function keysOf(entries: readonly IdentityEntry[], fetch: ProviderFetch): ReadonlyMap<string, readonly Verifying[]> {
  const byIssuer = new Map<string, Verifying[]>()
  const discovered = new Map<string, JWTVerifyGetKey>()
  for (const entry of entries) {
    const keys = entry.jwks === null ? discovered.get(entry.issuer) ?? keysByDiscovery(entry.issuer, fetch) : keysFromFile(entry.jwks)
    if (entry.jwks === null) discovered.set(entry.issuer, keys)
    byIssuer.set(entry.issuer, [...(byIssuer.get(entry.issuer) ?? []), { entry, keys }])
  }
  return byIssuer
}

/** Cheap checks before anything is decoded: size, three parts of base64url, one of our algorithms, a type that is a login. */
function requireForm(token: string): void {
  if (token.length > jwtCharactersMax) throw invalid(`the token is longer than jwtCharactersMax (${jwtCharactersMax} characters)`)
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) throw invalid('the token is not a signed JWT: three parts with dots between were expected')
  const header = attempt(() => decodeProtectedHeader(token))
  if (!algorithms.includes(header.alg ?? '')) throw invalid(`the token is not signed with ${algorithms.join(', ')}; other algorithms are refused`)
  if (!types.has(typeof header.typ === 'string' ? header.typ.toLowerCase() : header.typ)) throw invalid('the token is of a type that is no login (header typ)')
}

function entryOf(byIssuer: ReadonlyMap<string, readonly Verifying[]>, token: string): Verifying {
  const { iss, aud } = attempt(() => decodeJwt(token))
  const known = byIssuer.get(typeof iss === 'string' ? iss : '') ?? []
  if (known.length === 0) throw invalid('the token is of an issuer that gateway.yaml does not list (identity)')
  const audiences = Array.isArray(aud) ? aud : [aud]
  const fitting = known.filter(({ entry }) => audiences.includes(entry.audience))
  if (fitting.length === 0) throw invalid('the token is for another audience (aud); ask the provider for one with the audience of this gateway')
  // One of them may be an agent's, the other a human's: which one it is must not depend on their order.
  if (fitting.length > 1) throw invalid('the token fits several identity entries of gateway.yaml; ask the provider for one with a single audience')
  return fitting[0]!
}

async function verifiedClaims(token: string, entry: IdentityEntry, options: { readonly keys: JWTVerifyGetKey; readonly now: number }): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, options.keys, {
      algorithms, issuer: entry.issuer, audience: entry.audience, requiredClaims: ['exp'],
      clockTolerance: clockSkewSeconds, currentDate: new Date(options.now),
    })
    return payload
  } catch (cause) {
    throw refusalOf(cause)
  }
}

/**
 * A session ends at `exp`; the skew is for a token's arrival: one that comes in that late lives for what is left of the skew.
 */
function endOf(claims: JWTPayload, now: number): number {
  const seconds = claims.exp ?? 0
  if (!(seconds <= lastExpirySeconds)) throw invalid('the token has an exp that is no time')
  const exp = Math.floor(seconds * 1000)
  return exp > now ? exp : exp + clockSkewSeconds * 1000
}

/** Of the signed part alone: an ECDSA signature can be rewritten into another good one, and would escape a revocation. */
function keyOf(token: string): string {
  return createHash('sha256').update(token.slice(0, token.lastIndexOf('.'))).digest('hex')
}

function attempt<T>(decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    throw invalid('the token is not a JWT', cause)
  }
}

function refusalOf(cause: unknown): GatehouseError {
  if (cause instanceof GatehouseError) return cause
  if (cause instanceof errors.JWTExpired) return refusal('token_expired', 'the token has expired; sign in again', cause)
  if (cause instanceof errors.JWTClaimValidationFailed) return invalid(claimProblem(cause), cause)
  if (cause instanceof errors.JWKSNoMatchingKey) return invalid('the token is signed with a key that its issuer does not publish', cause)
  if (cause instanceof errors.JWKSMultipleMatchingKeys) return invalid('the token does not say which key signed it (kid), and several could have', cause)
  if (cause instanceof errors.JWKSTimeout || cause instanceof errors.JWKSInvalid) {
    return new GatehouseError('provider_unreachable', 'the keys of the sign-in provider cannot be read; try again', { side: 'upstream', cause })
  }
  return invalid('the token is malformed, or its signature does not verify', cause)
}

function claimProblem({ claim }: errors.JWTClaimValidationFailed): string {
  if (claim === 'nbf') return 'the token is not valid yet (nbf); check the clocks'
  return `the token's claim ${claim} is missing or wrong`
}

function invalid(message: string, cause?: unknown): GatehouseError {
  return refusal('token_invalid', message, cause)
}

function refusal(code: ErrorCode, message: string, cause?: unknown): GatehouseError {
  return new GatehouseError(code, message, { side: 'client', cause })
}
