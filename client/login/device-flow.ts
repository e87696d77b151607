// Sign-in without a browser on this machine: a code to type into a page elsewhere (RFC 8628).
import * as oidc from 'openid-client'
import { GatehouseError } from '../../shared/errors.ts'
import { discover, providerFailure, tokensOf, type Provider, type ProviderTokens } from './provider.ts'

export interface DeviceFlow {
  /** Where to type it. */
  readonly url: string
  readonly code: string
  readonly expiresInSeconds: number
  readonly tokens: Promise<ProviderTokens>
}

export async function startDeviceFlow(provider: Provider, signal: AbortSignal): Promise<DeviceFlow> {
  const configuration = await discover(provider)
  if (configuration.serverMetadata().device_authorization_endpoint === undefined) {
    throw new GatehouseError('login_failed', `the sign-in provider ${provider.name} offers no device sign-in; sign in without --device`, { side: 'upstream' })
  }
  try {
    const started = await oidc.initiateDeviceAuthorization(configuration, { scope: provider.scopes.join(' ') })
    const tokens = oidc.pollDeviceAuthorizationGrant(configuration, started, undefined, { signal })
      .then((answer) => tokensOf(provider, answer), (error: unknown) => { throw providerFailure(provider, error) })
    return { url: started.verification_uri, code: started.user_code, expiresInSeconds: started.expires_in, tokens }
  } catch (error) {
    throw providerFailure(provider, error)
  }
}
