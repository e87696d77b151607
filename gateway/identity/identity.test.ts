import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { Provider } from 'oidc-provider'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { tokenCharactersMax, tokenLifeMs } from '../../shared/limits.ts'
import { createLog } from '../log.ts'
import { createIdentity } from './identity.ts'
import { createSigner, entryWith, memoryTokenStore, type Signer } from './testing/tokens.ts'

const log = createLog('silent')
const servers: Server[] = []
let signer: Signer

beforeAll(async () => { signer = await createSigner() })
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((done) => { server.close(done); server.closeAllConnections() })))
})

function setup(over: { now?: () => number } = {}) {
  const store = memoryTokenStore()
  const clock = { now: over.now ?? Date.now, monotonic: () => performance.now() }
  return { store, identity: createIdentity({ entries: [entryWith({ jwks: signer.jwksFile })], store, log, clock }) }
}

test('a JWT is exchanged for a short opaque token of the same principal, and only its hash is kept', async () => {
  const { store, identity } = setup()
  const { token, principal, expiresAt } = await identity.exchange(await signer.sign({ exp: Date.now() / 1000 + 7200 }))
  expect(token).toMatch(/^gh_[\w-]{43}$/)
  expect(token.length).toBeLessThanOrEqual(tokenCharactersMax)
  expect(principal.id).toBe('corp:ada')
  expect(Math.abs(expiresAt - Date.now() - tokenLifeMs)).toBeLessThan(2000)
  expect(JSON.stringify([...store.rows])).not.toContain(token)
  const lease = await identity.authenticate(token)
  expect(lease.principal).toEqual(principal)
  expect(lease.expiresAt).toBe(expiresAt)
  identity.dispose()
})

test('the opaque token never outlives what it was exchanged for', async () => {
  const { identity } = setup()
  const exp = Math.floor(Date.now() / 1000) + 30
  expect((await identity.exchange(await signer.sign({ exp }))).expiresAt).toBe(exp * 1000)
})

test('what a JWT says is kept at first sight, once, and by its hash alone', async () => {
  const { store, identity } = setup()
  const jwt = await signer.sign({ groups: ['sales'] })
  for (let times = 0; times < 3; times++) (await identity.authenticate(jwt)).dispose()
  const kept = [...store.rows.values()]
  expect(kept).toMatchObject([{ principal: { id: 'corp:ada', groups: ['sales'] }, isRevoked: false }])
  expect(JSON.stringify([...store.rows])).not.toContain(jwt)
  await identity.revoke(jwt)
  await expect(identity.authenticate(jwt)).rejects.toMatchObject({ code: 'token_revoked' })
})

test('an opaque token cannot be exchanged for another: it would live for ever', async () => {
  const { identity } = setup()
  const { token } = await identity.exchange(await signer.sign())
  await expect(identity.exchange(token)).rejects.toMatchObject({ code: 'token_invalid' })
})

test.each([
  ['none', '', 'token_missing'], ['an unknown one', `gh_${'a'.repeat(43)}`, 'token_invalid'],
  ['one too long', `gh_${'a'.repeat(500)}`, 'token_invalid'], ['one with a NUL', 'gh_\0', 'token_invalid'], ['rubbish', 'hunter2', 'token_invalid'],
])('refuses %s', async (_, token, code) => {
  await expect(setup().identity.authenticate(token)).rejects.toMatchObject({ code })
})

test('an opaque token ends with its time, also when the clock is asked later', async () => {
  let time = Date.now()
  const { identity } = setup({ now: () => time })
  const { token } = await identity.exchange(await signer.sign())
  time += tokenLifeMs
  await expect(identity.authenticate(token)).rejects.toMatchObject({ code: 'token_expired' })
  identity.dispose()
})

test('revoking ends the live leases of that token at once, and the token for ever', async () => {
  const { identity } = setup()
  const { token } = await identity.exchange(await signer.sign())
  const ended = vi.fn()
  const lease = await identity.authenticate(token)
  lease.onEnd(ended)
  expect((await identity.revoke(token)).id).toBe('corp:ada')
  expect(ended).toHaveBeenCalledOnce()
  await expect(identity.authenticate(token)).rejects.toMatchObject({ code: 'token_revoked' })
  await expect(identity.revoke(token)).rejects.toMatchObject({ code: 'token_revoked' })
  identity.dispose()
})

test('a JWT can be revoked too, and a gateway started later still knows', async () => {
  const { identity, store } = setup()
  const token = await signer.sign({ jti: 'lost' })
  const ended = vi.fn()
  const lease = await identity.authenticate(token)
  lease.onEnd(ended)
  await identity.revoke(token)
  expect(ended).toHaveBeenCalledOnce()
  const later = createIdentity({ entries: [entryWith({ jwks: signer.jwksFile })], store, log })
  await expect(later.authenticate(token)).rejects.toMatchObject({ code: 'token_revoked' })
  await expect(later.exchange(token)).rejects.toMatchObject({ code: 'token_revoked' })
  identity.dispose()
})

test('a store that does not answer refuses, and a revocation it could not note still ends the sessions', async () => {
  const { identity, store } = setup()
  const { token } = await identity.exchange(await signer.sign())
  const ended = vi.fn()
  const lease = await identity.authenticate(token)
  lease.onEnd(ended)
  store.revoke = () => Promise.reject(new Error('disk full'))
  await expect(identity.revoke(token)).rejects.toThrow('disk full')
  expect(ended).toHaveBeenCalledOnce()
  await expect(identity.authenticate(token)).rejects.toMatchObject({ code: 'token_revoked' })
  store.find = () => Promise.reject(new Error('gone'))
  await expect(identity.authenticate(await signer.sign())).rejects.toThrow('gone')
  identity.dispose()
})

async function listen(server: Server): Promise<string> {
  servers.push(server)
  await new Promise<void>((done) => { server.listen(0, '127.0.0.1', done) })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a real OpenID provider: keys by discovery, signed with its key', async () => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = { ...(await exportJWK(privateKey)), kid: 'p1', alg: 'ES256', use: 'sig' }
  const server = createServer()
  const issuer = await listen(server)
  vi.spyOn(console, 'warn').mockReturnValue()
  vi.spyOn(console, 'info').mockReturnValue()
  const provider = new Provider(issuer, { jwks: { keys: [jwk] }, clients: [{ client_id: 'gatehouse', redirect_uris: ['http://127.0.0.1/cb'], token_endpoint_auth_method: 'none', id_token_signed_response_alg: 'ES256' }] })
  server.on('request', provider.callback())

  const identity = createIdentity({ entries: [entryWith({ issuer })], store: memoryTokenStore(), log })
  const sign = (kid: string, iss = issuer) => new SignJWT({ sub: 'ada', aud: 'gatehouse', iss }).setExpirationTime('5m').setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey)
  expect((await identity.authenticate(await sign('p1'))).principal.id).toBe('corp:ada')
  await expect(identity.authenticate(await sign('p2'))).rejects.toMatchObject({ code: 'token_invalid' })
  identity.dispose()
})

test('a provider that is down is asked once, not once a token; others keep working', async () => {
  let asked = 0
  const issuer = await listen(createServer((_, response) => { asked++; response.writeHead(500).end() }))
  const identity = createIdentity({ entries: [entryWith({ name: 'down', issuer }), entryWith({ jwks: signer.jwksFile })], store: memoryTokenStore(), log })
  const token = await signer.sign({ iss: issuer })
  for (let i = 0; i < 5; i++) await expect(identity.authenticate(token)).rejects.toMatchObject({ code: 'provider_unreachable' })
  expect(asked).toBe(1)
  expect((await identity.authenticate(await signer.sign())).principal.id).toBe('corp:ada')
  identity.dispose()
})

test.each([
  ['names another issuer', (issuer: string) => ({ issuer: `${issuer}/other`, jwks_uri: `${issuer}/jwks` })],
  ['has keys over plain HTTP elsewhere', (issuer: string) => ({ issuer, jwks_uri: 'http://keys.example.com/jwks' })],
  ['is endless', (issuer: string) => ({ issuer, jwks_uri: `${issuer}/jwks`, padding: 'x'.repeat(300_000) })],
])('a discovery document that %s gives no keys', async (_, document) => {
  const server = createServer()
  const issuer = await listen(server)
  server.on('request', (_request, response) => response.end(JSON.stringify(document(issuer))))
  const identity = createIdentity({ entries: [entryWith({ issuer })], store: memoryTokenStore(), log })
  await expect(identity.authenticate(await signer.sign({ iss: issuer }))).rejects.toMatchObject({ code: 'provider_unreachable' })
  identity.dispose()
})

test('an issuer over plain HTTP that is not loopback is never asked', async () => {
  const identity = createIdentity({ entries: [entryWith({ issuer: 'http://id.example.com' })], store: memoryTokenStore(), log })
  await expect(identity.authenticate(await signer.sign({ iss: 'http://id.example.com' }))).rejects.toThrow(/HTTPS/)
  identity.dispose()
})
