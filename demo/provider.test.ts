// The provider as a browser and an app meet it, without a browser: cookies carried by hand, tokens checked by jose against its keys.
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort } from './ports.ts'
import { startProvider, type RunningProvider } from './provider.ts'
import { sampleUsers } from './users.ts'

let data: string
let provider: RunningProvider

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'gatehouse-provider-'))
  provider = await startProvider({ data, port: await freePort() })
})

afterEach(async () => {
  await provider.stop()
  await rm(data, { recursive: true })
})

const redirectUri = 'http://127.0.0.1:29876/callback'
const scope = 'openid email groups offline_access'

/** A browser's cookie jar and redirects, as much of them as this needs. */
function browser() {
  const cookies = new Map<string, string>()
  return async (url: string, form?: Record<string, string>) => {
    const response = await fetch(url, {
      redirect: 'manual', headers: { connection: 'close', cookie: [...cookies].map((pair) => pair.join('=')).join('; '), ...(form ? { origin: provider.issuer } : {}) },
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
    })
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = line.split(';')[0]!.split('=') as [string, string]
      cookies.set(name, value)
    }
    const location = response.headers.get('location')
    return { status: response.status, text: await response.text(), headers: response.headers, location: location === null ? null : new URL(location, provider.issuer) }
  }
}

interface Tokens { readonly id_token: string; readonly refresh_token: string; readonly error?: string }

async function tokensFor(body: Record<string, string>): Promise<Tokens> {
  const response = await fetch(`${provider.issuer}/token`, {
    method: 'POST', headers: { connection: 'close' }, body: new URLSearchParams({ client_id: 'gatehouse', ...body }),
  })
  return await response.json() as Tokens
}

function authorizationUrl(parameters: Record<string, string>): string {
  const url = new URL('/auth', provider.issuer)
  url.search = new URLSearchParams({ client_id: 'gatehouse', response_type: 'code', redirect_uri: redirectUri, scope, prompt: 'consent', state: 'st', nonce: 'no', ...parameters }).toString()
  return url.href
}

/** From the authorization request to the code at the redirect address. */
async function signIn(form: Record<string, string>, visit = browser()) {
  const verifier = randomBytes(32).toString('base64url')
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const start = await visit(authorizationUrl({ code_challenge: challenge, code_challenge_method: 'S256' }))
  const signInPage = await visit(start.location!.href)
  const answer = await visit(start.location!.href, form)
  const end = answer.location ? await visit(answer.location.href) : answer
  return { verifier, signInPage, answer, callback: end.location }
}

const verify = (token: string) => jwtVerify(token, createRemoteJWKSet(new URL('/jwks', provider.issuer)), { issuer: provider.issuer, audience: 'gatehouse' })

test('code and PKCE give an ID token with email and groups, and a refresh token that gives another', async () => {
  const { verifier, callback } = await signIn({ user: 'ana' })
  expect(callback?.href.startsWith(redirectUri)).toBe(true)
  expect(callback?.searchParams.get('state')).toBe('st')
  const tokens = await tokensFor({ grant_type: 'authorization_code', code: callback!.searchParams.get('code')!, redirect_uri: redirectUri, code_verifier: verifier })
  const { payload, protectedHeader } = await verify(tokens.id_token)
  expect(payload).toMatchObject({ sub: 'ana', email: 'ana@shop.example', email_verified: true, groups: ['analysts'], name: 'Ana Almeida', nonce: 'no' })
  expect(protectedHeader.alg).toBe('RS256')
  const renewed = await tokensFor({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token })
  expect((await verify(renewed.id_token)).payload).toMatchObject({ sub: 'ana', groups: ['analysts'] })
})

test('a refresh token outlives a restart of the provider', async () => {
  const { verifier, callback } = await signIn({ user: 'pia' })
  const tokens = await tokensFor({ grant_type: 'authorization_code', code: callback!.searchParams.get('code')!, redirect_uri: redirectUri, code_verifier: verifier })
  const port = Number(new URL(provider.issuer).port)
  await provider.stop()
  provider = await startProvider({ data, port })
  const renewed = await tokensFor({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token })
  expect((await verify(renewed.id_token)).payload).toMatchObject({ sub: 'pia', groups: ['privacy'] })
})

test('asks who it is at every sign-in, also in a browser that has signed in before', async () => {
  const visit = browser()
  await signIn({ user: 'ana' }, visit)
  const { signInPage, callback } = await signIn({ user: 'eli' }, visit)
  expect(signInPage.text).toContain('Who are you today?')
  expect(callback?.searchParams.has('code')).toBe(true)
})

test('the sign-in page names every sample user with role and rights, and allows no script', async () => {
  const { signInPage } = await signIn({ user: 'ana' })
  for (const user of sampleUsers) for (const part of [user.fullName, user.role, user.may]) expect(signInPage.text).toContain(part)
  expect(signInPage.text).not.toMatch(/<script/i)
  expect(signInPage.headers.get('content-security-policy')).toContain("default-src 'none'")
})

test('a name with its password signs in; with another it does not', async () => {
  const right = await signIn({ username: 'Otto', password: 'otto-demo' })
  expect(right.callback?.searchParams.has('code')).toBe(true)
  const wrong = await signIn({ username: 'otto', password: 'ana-demo' })
  expect(wrong.answer.status).toBe(403)
  expect(wrong.callback).toBeNull()
})

test('cancel comes back to the app as access_denied', async () => {
  const { callback } = await signIn({ cancel: 'yes' })
  expect(callback?.searchParams.get('error')).toBe('access_denied')
})

test('without PKCE there is no sign-in', async () => {
  const start = await browser()(authorizationUrl({}))
  expect(start.location?.searchParams.get('error')).toBe('invalid_request')
})

test('a redirect that does not lead to this machine is refused on the spot', async () => {
  const start = await browser()(authorizationUrl({ redirect_uri: 'http://attacker.example/callback', code_challenge: 'a'.repeat(43), code_challenge_method: 'S256' }))
  expect(start.status).toBe(400)
  expect(start.location).toBeNull()
})

test('a code without its verifier buys nothing', async () => {
  const { callback } = await signIn({ user: 'ana' })
  const tokens = await tokensFor({ grant_type: 'authorization_code', code: callback!.searchParams.get('code')!, redirect_uri: redirectUri, code_verifier: 'x'.repeat(43) })
  expect(tokens.error).toBe('invalid_grant')
})

test('a sign-in form is worth nothing in a browser that did not start it', async () => {
  const challenge = createHash('sha256').update('y'.repeat(43)).digest('base64url')
  const start = await browser()(authorizationUrl({ code_challenge: challenge, code_challenge_method: 'S256' }))
  const stranger = await browser()(start.location!.href, { user: 'pia' })
  expect(stranger.status).toBe(400)
  expect(stranger.location).toBeNull()
})

test('the device flow signs in by a code typed elsewhere', async () => {
  const started = await (await fetch(`${provider.issuer}/device/auth`, { method: 'POST', body: new URLSearchParams({ client_id: 'gatehouse', scope }) })).json() as { device_code: string; user_code: string; verification_uri: string }
  const visit = browser()
  const input = await visit(started.verification_uri)
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(input.text)![1]!
  await visit(started.verification_uri, { xsrf, user_code: started.user_code })
  const confirmed = await visit(started.verification_uri, { xsrf, user_code: started.user_code, confirm: 'yes' })
  const answer = await visit(confirmed.location!.href, { user: 'eli' })
  expect((await visit(answer.location!.href)).text).toContain('You are signed in')
  const tokens = await tokensFor({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: started.device_code })
  expect((await verify(tokens.id_token)).payload).toMatchObject({ sub: 'eli', groups: ['engineers'] })
})

test('a request under another host name is refused: DNS rebinding', async () => {
  const { port } = new URL(provider.issuer)
  const status = await new Promise((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port, path: '/jwks', headers: { host: `attacker.example:${port}` } }, (response) => resolve(response.resume().statusCode)).on('error', reject).end()
  })
  expect(status).toBe(421)
})

test('the token of the ready line is one of the provider', async () => {
  const { payload } = await verify(await provider.token(sampleUsers[2]!))
  expect(payload).toMatchObject({ sub: 'otto', groups: ['on-call'], aud: 'gatehouse' })
  expect(payload.exp! - payload.iat!).toBe(8 * 3600)
})

test.skipIf(process.platform === 'win32')('keys and sign-ins are for the owner alone', async () => {
  for (const name of ['provider-keys.json', 'provider-cookies']) expect((await stat(join(data, 'secrets', name))).mode & 0o77).toBe(0)
})
