// Who we are on a command line: GATEHOUSE_URL, GATEHOUSE_TOKEN and GATEHOUSE_CA for scripts, else the saved sign-in.
import { resolve } from 'node:path'
import { GatehouseError } from '../../shared/errors.ts'
import { createApiClient } from '../api-client.ts'
import { userFolder } from '../files.ts'
import { parseGatewayUrl } from '../trust.ts'
import { Account } from './account.ts'
import { exchange } from './renew.ts'
import { loadLogins, type SavedLogin } from './saved-logins.ts'
import { createFileTokenStore, createMemoryTokenStore, type TokenStore } from './token-store.ts'

export interface EnvironmentOptions {
  /** `--gateway`; it wins over GATEHOUSE_URL. */
  readonly gateway?: string | undefined
  readonly openBrowser?: (url: string) => Promise<void>
  readonly env?: NodeJS.ProcessEnv
  readonly store?: TokenStore
}

/** The account of this command. Rejects when it names no gateway; nobody need be signed in yet. */
export async function openAccount({ gateway, openBrowser = () => Promise.resolve(), env = process.env, store = createFileTokenStore(userFolder(env)) }: EnvironmentOptions): Promise<Account> {
  const url = gateway ?? env['GATEHOUSE_URL'] ?? (await loadLogins(store)).current
  if (!url) throw new GatehouseError('not_signed_in', 'no gateway is chosen; give its address with --gateway or GATEHOUSE_URL', { side: 'client' })
  const ca = env['GATEHOUSE_CA'] ? resolve(env['GATEHOUSE_CA']) : null
  const token = env['GATEHOUSE_TOKEN']
  if (!token) {
    const account = new Account({ store, openBrowser, gateway: url, ca })
    await account.start()
    return account
  }
  // A token of the environment is used as it is and kept nowhere.
  const address = { url: parseGatewayUrl(url), ca: ca ?? (await loadLogins(store)).logins[parseGatewayUrl(url)]?.ca ?? null }
  const account = new Account({ store: createMemoryTokenStore(), openBrowser, gateway: url, ca: address.ca })
  await account.start()
  await account.accept(await loginOf(address, token.trim()))
  return account
}

/** A gateway session token (`gh_…`) is asked about; a JWT is exchanged, and again as long as it lasts. */
async function loginOf(address: { readonly url: string; readonly ca: string | null }, token: string): Promise<SavedLogin> {
  const api = createApiClient(address)
  try {
    const provider = { name: 'GATEHOUSE_TOKEN', issuer: '', clientId: '', scopes: [] }
    if (!token.startsWith('gh_')) return await exchange(api, provider, { idToken: token, refreshToken: null }, Date.now)
    const { principal, expiresAt } = await api.call('whoami', {}, token)
    return { ca: address.ca, provider: provider.name, issuer: '', clientId: '', idToken: null, refreshToken: null, token, issuedAt: new Date().toISOString(), expiresAt, principal }
  } finally {
    api.dispose()
  }
}
