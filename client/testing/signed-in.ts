// An account that is signed in to a fake gateway, for tests that begin there.
import { Account } from '../login/account.ts'
import { createMemoryTokenStore, type TokenStore } from '../login/token-store.ts'
import { exchange } from '../login/renew.ts'
import { createApiClient } from '../api-client.ts'
import type { FakeGateway } from './fake-gateway.ts'

export async function signedIn(gateway: FakeGateway, options: { readonly store?: TokenStore; readonly idToken?: string; readonly subject?: string } = {}): Promise<Account> {
  const { store = createMemoryTokenStore(), idToken = testJwt(), subject = 'ana' } = options
  gateway.tokens.set(idToken, { subject, expiresAt: Date.now() + 3_600_000 })
  const account = new Account({ store, openBrowser: () => Promise.resolve(), gateway: gateway.url, ca: gateway.ca })
  await account.start()
  const api = createApiClient({ url: gateway.url, ca: gateway.ca })
  await account.accept(await exchange(api, { name: 'corp', issuer: 'https://id.example.com', clientId: 'gatehouse', scopes: [] }, { idToken, refreshToken: null }, Date.now))
  api.dispose()
  return account
}

/** Unsigned: nothing on this side verifies it. */
export function testJwt(expiresInMs = 3_600_000): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256' })}.${part({ exp: Math.floor((Date.now() + expiresInMs) / 1000), jti: Math.random() })}.c2ln`
}
