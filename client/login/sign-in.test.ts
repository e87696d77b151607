// The whole way with a real provider (oidc-provider): page, redirect, code, tokens.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { startProvider, type RunningProvider } from '../../demo/provider.ts'
import { createBrowser } from '../testing/browse.ts'
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts'
import { Account } from './account.ts'
import { startCodeFlow } from './code-flow.ts'
import { startDeviceFlow } from './device-flow.ts'
import { refresh, type Provider } from './provider.ts'
import { createMemoryTokenStore } from './token-store.ts'

let folder: string
let running: RunningProvider
let provider: Provider
let abort: AbortController

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-provider-'))
  running = await startProvider({ data: folder, port: 0 })
  provider = { name: 'demo', issuer: running.issuer, clientId: running.clientId, scopes: ['openid', 'email', 'offline_access'] }
})
afterAll(async () => {
  await running.stop()
  rmSync(folder, { recursive: true })
})
beforeEach(() => { abort = new AbortController() })
afterEach(() => abort.abort())

const fields = { login: 'ana', user: 'ana', name: 'ana', password: 'ana-demo' }
const subjectOf = (jwt: string) => (JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString()) as { sub: string }).sub

test('signs in through the page and a loopback redirect on a port of its own', async () => {
  const flow = await startCodeFlow(provider, abort.signal)
  const url = new URL(flow.url)
  expect(Object.fromEntries(url.searchParams)).toMatchObject({ code_challenge_method: 'S256', response_type: 'code', redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/callback$/) as string })
  const browser = createBrowser()
  const done = await browser.submit(await browser.go(flow.url), fields)
  expect(done.body).toContain('You can close this page')
  const tokens = await flow.tokens
  expect(subjectOf(tokens.idToken)).toBe('ana')
  // The listener is gone with its answer.
  await expect(fetch(url.searchParams.get('redirect_uri')!)).rejects.toThrow()
  expect(subjectOf((await refresh(provider, tokens.refreshToken!)).idToken)).toBe('ana')
})

test('another page can neither finish nor end a sign-in: only an answer with our state counts', async () => {
  const flow = await startCodeFlow(provider, abort.signal)
  const redirect = new URL(new URL(flow.url).searchParams.get('redirect_uri')!)
  for (const query of ['?error=access_denied', '?code=x&state=wrong', '?code=x', '']) {
    expect((await fetch(redirect.href + query)).status).toBe(404)
  }
  expect((await fetch(`${redirect.origin}/other?state=x`)).status).toBe(404)
  const state = new URL(flow.url).searchParams.get('state')!
  expect((await fetch(`${redirect.href}?code=x&state=${state}`, { method: 'POST' })).status).toBe(404)
  const browser = createBrowser()
  await browser.submit(await browser.go(flow.url), fields)
  expect(subjectOf((await flow.tokens).idToken)).toBe('ana')
})

test('a code that the provider does not know ends the sign-in, and the page says so', async () => {
  const flow = await startCodeFlow(provider, abort.signal)
  const { searchParams } = new URL(flow.url)
  flow.tokens.catch(() => undefined)
  const page = await fetch(`${searchParams.get('redirect_uri')}?code=made-up&state=${searchParams.get('state')}&iss=${encodeURIComponent(provider.issuer)}`)
  expect(await page.text()).toContain('Sign-in did not finish')
  await expect(flow.tokens).rejects.toMatchObject({ code: 'login_failed' })
})

test('an answer of another issuer is refused (mix-up, RFC 9207)', async () => {
  const flow = await startCodeFlow(provider, abort.signal)
  flow.tokens.catch(() => undefined)
  const { searchParams } = new URL(flow.url)
  await fetch(`${searchParams.get('redirect_uri')}?code=x&state=${searchParams.get('state')}&iss=https%3A%2F%2Fevil.example`)
  await expect(flow.tokens).rejects.toMatchObject({ code: 'login_failed' })
})

test('can be cancelled', async () => {
  const flow = await startCodeFlow(provider, abort.signal)
  abort.abort()
  await expect(flow.tokens).rejects.toMatchObject({ code: 'login_failed', message: 'sign-in was cancelled' })
})

test('talks to a provider over https, or over http on this machine only', async () => {
  for (const issuer of ['http://id.example.com', 'ftp://127.0.0.1', 'javascript:alert(1)', 'nonsense']) {
    await expect(startCodeFlow({ ...provider, issuer }, abort.signal)).rejects.toMatchObject({ code: 'login_failed' })
  }
})

test('says so when the provider does not answer', async () => {
  await expect(startCodeFlow({ ...provider, issuer: 'http://127.0.0.1:9' }, abort.signal)).rejects.toMatchObject({ code: 'provider_unreachable' })
})

test('gives a code to type elsewhere for the device flow, and can be cancelled', async () => {
  const flow = await startDeviceFlow(provider, abort.signal)
  expect(flow.url).toContain(running.issuer)
  expect(flow.code.length).toBeGreaterThan(5)
  flow.tokens.catch(() => undefined)
  abort.abort()
  await expect(flow.tokens).rejects.toMatchObject({ name: 'GatehouseError' })
})

test('the account goes from signed out over signing in to signed in, and back when the page is left', async () => {
  const gateway: FakeGateway = await startFakeGateway()
  gateway.providers = [{ kind: 'human', ...provider }]
  gateway.intercept = (request, response) => {
    // The fake verifies nothing: any bearer may exchange.
    const token = (request.headers.authorization ?? '').replace('Bearer ', '')
    if (request.url === '/v1/tokens' && request.method === 'POST') gateway.tokens.set(token, { subject: subjectOf(token), expiresAt: Date.now() + 60_000 })
    return response.destroyed
  }
  let opened = ''
  const account = new Account({ store: createMemoryTokenStore(), openBrowser: (url) => { opened = url; return Promise.resolve() }, gateway: gateway.url, ca: gateway.ca })
  const states: string[] = []
  account.onChange(({ kind }) => states.push(kind))
  await account.start()
  await account.signIn('demo')
  expect(await account.cancel()).toMatchObject({ kind: 'signed-out' })
  expect(await account.signIn('demo')).toMatchObject({ kind: 'signing-in', provider: 'demo', url: opened })
  const browser = createBrowser()
  await browser.submit(await browser.go(opened), fields)
  expect(await account.finished()).toMatchObject({ kind: 'signed-in', principal: { id: 'corp:ana' } })
  expect(states).toEqual(['signed-out', 'signing-in', 'signed-out', 'signing-in', 'signed-in'])
  await account.dispose()
  await gateway.close()
})
