// One renewal: a saved sign-in in, a fresh gateway token out. No timers and no state: account.ts has those.
import { decodeJwt, errors } from 'jose'
import { GatehouseError } from '../../shared/errors.ts'
import type { ApiClient } from '../api-client.ts'
import { idTokenSlackMs } from '../limits.ts'
import { refresh, type Provider, type ProviderTokens } from './provider.ts'
import type { SavedLogin } from './saved-logins.ts'

/** The first gateway token of a sign-in. */
export async function exchange(api: ApiClient, provider: Provider, tokens: ProviderTokens, now: () => number): Promise<SavedLogin> {
  const { token, expiresAt, principal } = await api.call('exchangeToken', {}, tokens.idToken)
  return {
    ca: api.address.ca, provider: provider.name, issuer: provider.issuer, clientId: provider.clientId,
    idToken: tokens.idToken, refreshToken: tokens.refreshToken,
    token, issuedAt: new Date(now()).toISOString(), expiresAt, principal,
  }
}

/**
 * Exchanges the ID token again; an old one is refreshed first. Rejects with not_signed_in when only a person can go on,
 * with gateway_unreachable or gateway_untrusted when trying later can help.
 */
export async function renew(api: ApiClient, saved: SavedLogin, now: () => number): Promise<SavedLogin> {
  const provider = await providerOf(api, saved)
  if (saved.idToken !== null && endOf(saved.idToken) - idTokenSlackMs > now()) {
    try {
      return await exchange(api, provider, { idToken: saved.idToken, refreshToken: saved.refreshToken }, now)
    } catch (error) {
      if (!isTokenRefusal(error) || saved.refreshToken === null) throw ended(error)
    }
  }
  if (saved.refreshToken === null) throw ended()
  try {
    return await exchange(api, provider, await refresh(provider, saved.refreshToken), now)
  } catch (error) {
    throw isTokenRefusal(error) || (error instanceof GatehouseError && error.code === 'login_failed') ? ended(error) : error
  }
}

/** Half of a token's life; its end for one that cannot be renewed. Milliseconds since the epoch. */
export function renewAt({ idToken, refreshToken, issuedAt, expiresAt }: SavedLogin): number {
  const [from, until] = [Date.parse(issuedAt), Date.parse(expiresAt)]
  return idToken === null && refreshToken === null ? until : until - Math.max(0, until - from) / 2
}

/** The provider as it was signed in with. A gateway that now names another issuer does not get the old one's refresh token sent there. */
async function providerOf(api: ApiClient, saved: SavedLogin): Promise<Provider> {
  if (saved.refreshToken === null) return { name: saved.provider, issuer: saved.issuer, clientId: saved.clientId, scopes: [] }
  const { providers } = await api.call('info', {}, null)
  const provider = providers.find(({ name, issuer, clientId }) => name === saved.provider && issuer === saved.issuer && clientId === saved.clientId)
  if (provider === undefined) throw ended()
  return provider
}

export const isTokenRefusal = (error: unknown) => error instanceof GatehouseError && error.code.startsWith('token_')

function ended(cause?: unknown): GatehouseError {
  if (cause instanceof GatehouseError && !isTokenRefusal(cause) && cause.code !== 'login_failed') return cause
  const why = cause instanceof GatehouseError ? ` (${cause.message})` : ''
  return new GatehouseError('not_signed_in', `the sign-in has ended${why}; sign in again`, { side: 'client', cause })
}

/** `exp` in milliseconds, 0 where there is none. Nothing is verified here: the gateway does that. */
export function endOf(jwt: string): number {
  try {
    return (decodeJwt(jwt).exp ?? 0) * 1000
  } catch (error) {
    if (error instanceof errors.JWTInvalid) return 0
    throw error
  }
}
