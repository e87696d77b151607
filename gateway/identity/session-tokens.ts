// Opaque gateway session tokens: what people paste as a password. Random, short-lived, kept as a hash only, so that whoever
// reads the store can sign in as nobody. Revocations of JWTs are kept in the same table, under the JWT's own key.
import { createHash, randomBytes } from 'node:crypto'
import { GatehouseError } from '../../shared/errors.ts'
import { tokenCharactersMax, tokenLifeMs } from '../../shared/limits.ts'
import type { Principal } from '../../shared/principal.ts'
import type { TokenGrant } from './identity-entry.ts'

const prefix = 'gh_'
/** 256 bits: guessing is hopeless, so a plain fast hash is enough and the lookup needs no constant time. */
const randomByteCount = 32

/** What this room needs of the store; times in milliseconds since the epoch. Each rejects with store_unavailable. */
export interface TokenStore {
  insert(token: StoredToken): Promise<void>
  find(hash: string): Promise<StoredToken | null>
  /** Keeps the token as revoked, whether it was known or not. */
  revoke(token: StoredToken): Promise<void>
}

export interface StoredToken {
  /** SHA-256, hex. */
  readonly hash: string
  readonly principal: Principal
  readonly expiresAt: number
  readonly isRevoked: boolean
}

export interface SessionTokens {
  /** A new token for the principal of `grant`; it ends in tokenLifeMs, and never after what it was exchanged for. */
  issue(grant: TokenGrant): Promise<{ readonly token: string; readonly expiresAt: number }>
  /** Rejects with token_invalid, token_revoked, token_expired or store_unavailable. */
  verify(token: string): Promise<TokenGrant>
  /**
   * Keeps what a JWT says of its principal, at first sight: whoever only shows it has its newest groups known too. Rejects with
   * token_revoked if it (by its key) was.
   */
  note(grant: TokenGrant): Promise<void>
  revoke(grant: TokenGrant): Promise<void>
}

export function isSessionToken(token: string): boolean {
  return token.startsWith(prefix)
}

export function createSessionTokens(store: TokenStore, now: () => number = Date.now): SessionTokens {
  return {
    async issue(grant) {
      const token = `${prefix}${randomBytes(randomByteCount).toString('base64url')}`
      const expiresAt = Math.min(now() + tokenLifeMs, grant.expiresAt)
      await store.insert({ hash: hashOf(token), principal: grant.principal, expiresAt, isRevoked: false })
      return { token, expiresAt }
    },
    async verify(token) {
      if (token.length > tokenCharactersMax || !/^gh_[\w-]+$/.test(token)) throw refusal('token_invalid', 'the gateway token is malformed; sign in again')
      const key = hashOf(token)
      const stored = await store.find(key)
      if (stored === null) throw refusal('token_invalid', 'this gateway does not know the token; sign in again')
      if (stored.isRevoked) throw refusal('token_revoked', 'the token was revoked; sign in again')
      if (stored.expiresAt <= now()) throw refusal('token_expired', 'the token has expired; sign in again')
      return { principal: stored.principal, expiresAt: stored.expiresAt, key }
    },
    async note({ key, principal, expiresAt }) {
      const stored = await store.find(key)
      if (stored?.isRevoked === true) throw refusal('token_revoked', 'the token was revoked; sign in again')
      // One that does not say when it was issued says nothing of what is newest.
      if (stored === null && typeof principal.claims['iat'] === 'number') await store.insert({ hash: key, principal, expiresAt, isRevoked: false })
    },
    async revoke({ key, principal, expiresAt }) {
      await store.revoke({ hash: key, principal, expiresAt, isRevoked: true })
    },
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

function refusal(code: 'token_invalid' | 'token_revoked' | 'token_expired', message: string): GatehouseError {
  return new GatehouseError(code, message, { side: 'client' })
}
