import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LoginState } from '../../shared/ipc.ts'
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts'
import { signedIn, testJwt } from '../testing/signed-in.ts'
import { Account, type Pass } from './account.ts'
import { createMemoryTokenStore, type TokenStore } from './token-store.ts'

let gateway: FakeGateway
let store: TokenStore
const accounts: Account[] = []

beforeEach(async () => {
  gateway = await startFakeGateway()
  gateway.providers = [{ name: 'corp', kind: 'human', issuer: 'https://id.example.com', clientId: 'gatehouse', scopes: ['openid'] }]
  store = createMemoryTokenStore()
})
afterEach(async () => {
  for (const account of accounts.splice(0)) await account.dispose()
  await gateway.close()
})

const kept = async (account: Promise<Account>) => { accounts.push(await account); return account }
const newAccount = (options: Partial<ConstructorParameters<typeof Account>[0]> = {}) => {
  const account = new Account({ store, openBrowser: () => Promise.resolve(), gateway: gateway.url, ca: gateway.ca, ...options })
  accounts.push(account)
  return account
}

test('is signed out of a gateway it knows nothing of, and names its providers for people', async () => {
  gateway.providers.push({ name: 'ci', kind: 'ci', issuer: 'https://ci.example.com', clientId: 'x', scopes: [] })
  expect(await newAccount().start()).toEqual({ kind: 'signed-out', gateway: gateway.url, providers: [{ name: 'corp', issuer: 'https://id.example.com' }] })
})

test('is taken up by the next process without a new sign-in', async () => {
  await kept(signedIn(gateway, { store }))
  expect(await newAccount({ gateway: null, ca: null }).start()).toMatchObject({ kind: 'signed-in', gateway: gateway.url, principal: { id: 'corp:ana' } })
  expect(gateway.exchanges).toBe(1)
})

test('renews by itself at half of a token\'s life and tells who lives by it', async () => {
  gateway.lifeMs = 2_400
  const passes: Pass[] = []
  const account = await kept(signedIn(gateway, { store }))
  account.onToken((pass) => passes.push(pass))
  await expect.poll(() => passes.map(({ token }) => token), { timeout: 5_000 }).toContain('gh_2_ana')
  expect((await account.pass()).token).toMatch(/^gh_[23]_ana$/)
})

test('joins those who ask while it renews', async () => {
  gateway.lifeMs = 1
  const account = await kept(signedIn(gateway, { store }))
  await sleep(5)
  gateway.lifeMs = 900_000
  const passes = await Promise.all(Array.from({ length: 10 }, () => account.pass()))
  expect(new Set(passes.map(({ token }) => token))).toEqual(new Set(['gh_2_ana']))
  expect(gateway.exchanges).toBe(2)
})

test('takes the token that another process has renewed instead of renewing again', async () => {
  gateway.lifeMs = 1
  const account = await kept(signedIn(gateway, { store }))
  await sleep(5)
  gateway.lifeMs = 900_000
  const other = newAccount()
  await other.start()
  expect((await other.pass()).token).toBe('gh_2_ana')
  expect((await account.pass()).token).toBe('gh_2_ana')
})

test('keeps the sign-in while the gateway does not answer, and goes on when it does', async () => {
  const account = await kept(signedIn(gateway, { store }))
  const states: LoginState['kind'][] = []
  account.onChange(({ kind }) => states.push(kind))
  const port = Number(new URL(gateway.url).port)
  const { tokens } = gateway
  await gateway.close()
  // The token the gateway forgot makes it renew; nobody is there.
  await expect(account.call('whoami', {})).rejects.toMatchObject({ code: 'gateway_unreachable' })
  gateway = await startFakeGateway({ port })
  for (const [token, value] of tokens) if (!token.startsWith('gh_')) gateway.tokens.set(token, value)
  expect((await account.call('whoami', {})).principal.id).toBe('corp:ana')
  expect(states).not.toContain('signed-out')
})

test('says unreachable, and tries again by itself, when it cannot renew', async () => {
  gateway.lifeMs = 1
  const account = await kept(signedIn(gateway, { store }))
  await sleep(5)
  gateway.lifeMs = 900_000
  gateway.intercept = (_, response) => { response.destroy(); return true }
  await expect(account.pass()).rejects.toMatchObject({ code: 'gateway_unreachable' })
  expect(account.state.kind).toBe('unreachable')
  gateway.intercept = null
  await expect.poll(() => account.state.kind, { timeout: 5_000 }).toBe('signed-in')
})

test('is signed out when the gateway takes neither the token nor the ID token', async () => {
  const account = await kept(signedIn(gateway, { store }))
  gateway.tokens.clear()
  await expect(account.call('whoami', {})).rejects.toMatchObject({ code: 'not_signed_in' })
  expect(account.state).toMatchObject({ kind: 'signed-out', gateway: gateway.url })
  expect(await store.read()).not.toContain('gh_1_ana')
})

test('is signed out when the ID token has ended and there is no refresh token', async () => {
  gateway.lifeMs = 1
  const account = await kept(signedIn(gateway, { store, idToken: testJwt(1_000) }))
  await sleep(5)
  await expect(account.pass()).rejects.toMatchObject({ code: 'not_signed_in' })
  expect(account.state.kind).toBe('signed-out')
})

test('sends a refresh token to the issuer it came from and nowhere else', async () => {
  gateway.lifeMs = 1
  const account = await kept(signedIn(gateway, { store, idToken: testJwt(1_000) }))
  await sleep(5)
  const saved = JSON.parse((await store.read())!) as { logins: Record<string, { refreshToken: string | null }> }
  saved.logins[gateway.url]!.refreshToken = 'refresh'
  await store.write(JSON.stringify(saved))
  // A gateway that was taken over names a provider of the same name elsewhere.
  const asked: string[] = []
  const evil = await startFakeGateway()
  evil.intercept = (request) => { asked.push(request.url ?? ''); return false }
  gateway.providers = [{ name: 'corp', kind: 'human', issuer: evil.url, clientId: 'gatehouse', scopes: ['openid'] }]
  await expect(account.pass()).rejects.toMatchObject({ code: 'not_signed_in' })
  expect(asked).toEqual([])
  await evil.close()
})

test('revokes the token at sign-out, and forgets it even where the gateway is gone', async () => {
  const account = await kept(signedIn(gateway, { store }))
  expect((await account.signOut()).kind).toBe('signed-out')
  expect(gateway.tokens.has('gh_1_ana')).toBe(false)
  const other = await kept(signedIn(gateway, { store }))
  gateway.intercept = (_, response) => { response.destroy(); return true }
  expect((await other.signOut()).kind).toBe('unreachable')
  expect(JSON.parse((await store.read())!)).toMatchObject({ logins: {} })
})

test('gives no token to another gateway than the one it is of', async () => {
  await kept(signedIn(gateway, { store }))
  const other = await startFakeGateway()
  const account = newAccount({ gateway: null, ca: gateway.ca })
  await account.start()
  await account.useGateway(other.url)
  await expect(account.pass()).rejects.toMatchObject({ code: 'not_signed_in' })
  expect(other.requests).toEqual(['GET /v1/info'])
  await other.close()
})

test('does not go on with saved sign-ins that do not parse', async () => {
  await store.write('{"version":1,"logins":')
  await expect(newAccount().start()).rejects.toMatchObject({ code: 'config_unreadable' })
})
