// Identity, whole: any token in, a lease out; a JWT exchanged for a gateway session token; a token ended. main.ts makes one.
import { GatehouseError } from '../../shared/errors.ts'
import type { Principal } from '../../shared/principal.ts'
import type { Log } from '../log.ts'
import type { Authenticator } from './authenticate.ts'
import type { IdentityEntry, TokenGrant } from './identity-entry.ts'
import { createLeases, systemClock, type Clock } from './leases.ts'
import { createJwtVerifier } from './oidc.ts'
import type { ProviderFetch } from './provider-fetch.ts'
import { createSessionTokens, isSessionToken, type TokenStore } from './session-tokens.ts'

export interface Exchanged { readonly token: string; readonly expiresAt: number; readonly principal: Principal }

export interface Identity extends Authenticator {
  /** A JWT for a session token of the same principal. A session token is refused: it would renew itself for ever. */
  exchange(token: string): Promise<Exchanged>
  /** Ends the token, and at once every lease of this process that lives by it. The principal whose it was. */
  revoke(token: string): Promise<Principal>
  dispose(): void
}

export interface IdentityOptions {
  readonly entries: readonly IdentityEntry[]
  readonly store: TokenStore
  readonly log: Log
  readonly clock?: Clock
  readonly fetch?: ProviderFetch
}

export function createIdentity({ entries, store, log, clock = systemClock, fetch }: IdentityOptions): Identity {
  const jwts = createJwtVerifier(entries, { now: clock.now, ...(fetch === undefined ? {} : { fetch }) })
  const tokens = createSessionTokens(store, clock.now)
  const leases = createLeases({ log, verify, clock })

  async function verify(token: string): Promise<TokenGrant> {
    if (token === '') throw new GatehouseError('token_missing', 'a token is needed: sign in and send it', { side: 'client' })
    if (isSessionToken(token)) return tokens.verify(token)
    const grant = await jwts.verify(token)
    await tokens.note(grant)
    return grant
  }

  return {
    async authenticate(token) {
      return leases.open(await verify(token))
    },
    async exchange(token) {
      if (isSessionToken(token)) {
        throw new GatehouseError('token_invalid', 'a gateway token cannot be exchanged for another; send a token of your sign-in provider', { side: 'client' })
      }
      const grant = await verify(token)
      return { ...(await tokens.issue(grant)), principal: grant.principal }
    },
    async revoke(token) {
      const grant = await verify(token)
      // Sessions end even if the store cannot note it down; the caller is then told that it could not.
      leases.revoke(grant.key, grant.expiresAt)
      await tokens.revoke(grant)
      return grant.principal
    },
    dispose: leases.dispose,
  }
}
