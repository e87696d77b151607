// The sign-in provider, through openid-client: discovery, and the three grants we use. Public client, PKCE always.
// https://www.rfc-editor.org/rfc/rfc8252 (native apps), rfc8628 (device), OpenID Connect Core 1.0.
import * as oidc from 'openid-client'
import { GatehouseError } from '../../shared/errors.ts'
import { providerCallMs } from '../limits.ts'

export interface Provider {
  readonly name: string
  readonly issuer: string
  readonly clientId: string
  readonly scopes: readonly string[]
}

export interface ProviderTokens {
  readonly idToken: string
  /** Null where the provider gives none; then the sign-in lasts as long as the ID token. */
  readonly refreshToken: string | null
}

/** Reads the provider's metadata. Plain http is for a provider on this very machine and for no other. */
export async function discover(provider: Provider): Promise<oidc.Configuration> {
  const issuer = URL.canParse(provider.issuer) ? new URL(provider.issuer) : null
  const isPlain = issuer?.protocol === 'http:' && isLoopback(issuer.hostname)
  if (issuer === null || (issuer.protocol !== 'https:' && !isPlain)) {
    throw new GatehouseError('login_failed', `the sign-in provider ${provider.name} has the address ${provider.issuer}, which is not https: refused`, { side: 'upstream' })
  }
  try {
    return await oidc.discovery(issuer, provider.clientId, undefined, oidc.None(), {
      timeout: providerCallMs / 1000, ...(isPlain ? { execute: [oidc.allowInsecureRequests] } : {}),
    })
  } catch (error) {
    throw providerFailure(provider, error)
  }
}

export const isLoopback = (hostname: string) => hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)

/** A new ID token for a refresh token. The provider may rotate the refresh token: keep the one that comes back. */
export async function refresh(provider: Provider, refreshToken: string): Promise<ProviderTokens> {
  const configuration = await discover(provider)
  try {
    const answer = await oidc.refreshTokenGrant(configuration, refreshToken, { scope: provider.scopes.join(' ') })
    return tokensOf(provider, answer, refreshToken)
  } catch (error) {
    throw providerFailure(provider, error)
  }
}

export function tokensOf(provider: Provider, answer: oidc.TokenEndpointResponse, previousRefreshToken: string | null = null): ProviderTokens {
  if (answer.id_token === undefined) throw new GatehouseError('login_failed', `the sign-in provider ${provider.name} gave no ID token: is openid among its scopes?`, { side: 'upstream' })
  return { idToken: answer.id_token, refreshToken: answer.refresh_token ?? previousRefreshToken }
}

/** `provider_unreachable` for what may pass, `login_failed` for what the provider decided. */
export function providerFailure(provider: Provider, error: unknown): GatehouseError {
  if (error instanceof GatehouseError) return error
  if (error instanceof oidc.ResponseBodyError || error instanceof oidc.AuthorizationResponseError) {
    const why = (error.error_description ?? error.error).replaceAll(/\s+/g, ' ').slice(0, 200)
    return new GatehouseError('login_failed', `the sign-in provider ${provider.name} refused: ${why}`, { side: 'upstream', cause: error })
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const why = (cause instanceof Error ? cause.message : String(cause)).replaceAll(/\s+/g, ' ').slice(0, 200)
  const isNetwork = error instanceof TypeError || (error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError' || (error as { code?: string }).code === 'OAUTH_TIMEOUT'))
  if (isNetwork) return new GatehouseError('provider_unreachable', `the sign-in provider ${provider.name} (${provider.issuer}) does not answer: ${why}`, { side: 'upstream', cause: error })
  return new GatehouseError('login_failed', `sign-in with ${provider.name} failed: ${why}`, { side: 'upstream', cause: error })
}
