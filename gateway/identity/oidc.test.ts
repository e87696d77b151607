import { constants, createHmac, KeyObject, sign as rawSign, type SignKeyObjectInput } from 'node:crypto'
import { exportJWK, exportSPKI, SignJWT } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { createJwtVerifier } from './oidc.ts'
import { audience, claimsWith, createSigner, entryWith, issuer, type Signer } from './testing/tokens.ts'

let signer: Signer
let other: Signer
const now = () => Math.floor(Date.now() / 1000)
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const verifierOf = () => createJwtVerifier([entryWith({ jwks: signer.jwksFile })])

beforeAll(async () => {
  signer = await createSigner()
  other = await createSigner()
})

test('a good token gives its principal, with the entry in its id', async () => {
  const grant = await verifierOf().verify(await signer.sign())
  expect(grant.principal).toMatchObject({ id: 'corp:ada', provider: 'corp', subject: 'ada', kind: 'human', email: 'ada@example.com', groups: ['analysts'] })
  expect(grant.principal.claims['iss']).toBe(issuer)
  expect(grant.expiresAt).toBeGreaterThan(Date.now() + 590_000)
})

test.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('%s is accepted', async (alg) => {
  const mine = await createSigner(alg)
  const grant = await createJwtVerifier([entryWith({ jwks: mine.jwksFile })]).verify(await mine.sign())
  expect(grant.principal.subject).toBe('ada')
})

interface Bad { readonly name: string; readonly token: () => Promise<string> | string; readonly code: string; readonly says: RegExp }

const bad: readonly Bad[] = [
  { name: 'expired beyond the skew', token: () => signer.sign({ exp: now() - 61 }), code: 'token_expired', says: /expired/ },
  { name: 'not valid yet beyond the skew', token: () => signer.sign({ nbf: now() + 90 }), code: 'token_invalid', says: /nbf/ },
  { name: 'no exp', token: () => signer.sign({ exp: undefined }), code: 'token_invalid', says: /exp/ },
  { name: 'exp that is text', token: () => signer.sign({ exp: '9999999999' }), code: 'token_invalid', says: /exp/ },
  { name: 'exp beyond all calendars', token: () => signer.sign({ exp: 1e300 }), code: 'token_invalid', says: /exp/ },
  { name: 'another audience', token: () => signer.sign({ aud: 'grafana' }), code: 'token_invalid', says: /audience/ },
  { name: 'an audience that only begins like ours', token: () => signer.sign({ aud: 'gatehouse-staging' }), code: 'token_invalid', says: /audience/ },
  { name: 'no audience', token: () => signer.sign({ aud: undefined }), code: 'token_invalid', says: /audience/ },
  { name: 'another issuer', token: () => signer.sign({ iss: 'https://evil.example.com' }), code: 'token_invalid', says: /issuer/ },
  { name: 'our issuer with a slash more', token: () => signer.sign({ iss: `${issuer}/` }), code: 'token_invalid', says: /issuer/ },
  { name: 'an issuer that is a list', token: () => signer.sign({ iss: [issuer] }), code: 'token_invalid', says: /issuer/ },
  { name: 'no subject', token: () => signer.sign({ sub: undefined }), code: 'token_invalid', says: /sub/ },
  { name: 'an empty subject', token: () => signer.sign({ sub: '' }), code: 'token_invalid', says: /sub/ },
  { name: 'a subject with a line break', token: () => signer.sign({ sub: 'ada\nroot' }), code: 'token_invalid', says: /sub/ },
  { name: 'a subject that is a number', token: () => signer.sign({ sub: 7 }), code: 'token_invalid', says: /sub/ },
  { name: 'alg none', token: () => `${encode({ alg: 'none' })}.${encode(claimsWith({}))}.`, code: 'token_invalid', says: /signed/ },
  { name: 'alg none with a signature', token: () => `${encode({ alg: 'none' })}.${encode(claimsWith({}))}.AAAA`, code: 'token_invalid', says: /RS256/ },
  { name: 'alg nOnE', token: () => `${encode({ alg: 'nOnE' })}.${encode(claimsWith({}))}.AAAA`, code: 'token_invalid', says: /RS256/ },
  { name: 'HS256 with the public key as secret', token: hs256WithPublicKey, code: 'token_invalid', says: /RS256/ },
  { name: 'RS512, which is not on the list', token: () => signedBy('RS512', 'sha512', {}), code: 'token_invalid', says: /RS256/ },
  { name: 'PS256 from a key that is for RS256', token: () => signedBy('PS256', 'sha256', { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }), code: 'token_invalid', says: /key|signature/ },
  { name: 'an unknown kid', token: () => signer.sign({}, { kid: 'k2' }), code: 'token_invalid', says: /publish/ },
  { name: 'a kid that is a path', token: () => signer.sign({}, { kid: '../../../../dev/null' }), code: 'token_invalid', says: /publish/ },
  { name: 'another key under our kid', token: () => other.sign(), code: 'token_invalid', says: /signature/ },
  { name: 'a header that brings its own key', token: bringsItsOwnKey, code: 'token_invalid', says: /signature/ },
  { name: 'an unknown critical header', token: () => new SignJWT(claimsWith({})).setProtectedHeader({ alg: 'RS256', kid: 'k1', crit: ['x'], x: 1 }).sign(signer.privateKey, { crit: { x: true } }), code: 'token_invalid', says: /malformed/ },
  { name: 'a logout token of the same key', token: () => signer.sign({}, { typ: 'logout+jwt' }), code: 'token_invalid', says: /typ/ },
  { name: 'a payload changed after signing', token: async () => { const [h, , s] = (await signer.sign()).split('.'); return `${h}.${encode(claimsWith({ sub: 'root' }))}.${s}` }, code: 'token_invalid', says: /signature/ },
  { name: 'a truncated token', token: async () => (await signer.sign()).slice(0, -20), code: 'token_invalid', says: /signature/ },
  { name: 'two parts', token: async () => (await signer.sign()).split('.').slice(0, 2).join('.'), code: 'token_invalid', says: /three parts/ },
  { name: 'five parts (encrypted)', token: () => 'a.b.c.d.e', code: 'token_invalid', says: /three parts/ },
  { name: 'parts that are not JSON', token: () => 'aaaa.bbbb.cccc', code: 'token_invalid', says: /JWT/ },
  { name: 'longer than the limit', token: () => signer.sign({ padding: 'x'.repeat(20_000) }), code: 'token_invalid', says: /jwtCharactersMax/ },
  { name: 'more groups than the limit', token: () => signer.sign({ groups: Array.from({ length: 1001 }, (_, i) => `g${i}`) }), code: 'limit_exceeded', says: /groupsMax/ },
]

async function hs256WithPublicKey(): Promise<string> {
  const signed = `${encode({ alg: 'HS256', kid: 'k1' })}.${encode(claimsWith({}))}`
  return `${signed}.${createHmac('sha256', await exportSPKI(signer.publicKey)).update(signed).digest('base64url')}`
}

/** By the right key, under an algorithm that it is not for. */
function signedBy(alg: string, hash: string, options: Partial<SignKeyObjectInput>): string {
  const signed = `${encode({ alg, kid: 'k1' })}.${encode(claimsWith({}))}`
  return `${signed}.${rawSign(hash, Buffer.from(signed), { key: KeyObject.from(signer.privateKey), ...options }).toString('base64url')}`
}

async function bringsItsOwnKey(): Promise<string> {
  const jwk = await exportJWK(other.publicKey)
  return new SignJWT(claimsWith({})).setProtectedHeader({ alg: 'RS256', kid: 'k1', jwk, jku: 'https://evil.example.com/jwks' }).sign(other.privateKey)
}

describe('refuses', () => {
  test.each(bad)('$name', async ({ token, code, says }) => {
    const text = await token()
    const refused = await verifierOf().verify(text).then(() => null, (error: unknown) => error)
    expect(refused).toMatchObject({ code })
    expect((refused as Error).message).toMatch(says)
    for (const part of text.split('.').filter((part) => part.length > 8)) expect((refused as Error).message).not.toContain(part)
  })
})

test('the skew is for arrival: a token 30 s past exp lives for the rest of it, one before exp ends at exp', async () => {
  const late = await verifierOf().verify(await signer.sign({ exp: now() - 30 }))
  expect(late.expiresAt).toBeLessThanOrEqual(Date.now() + 30_000)
  expect(late.expiresAt).toBeGreaterThan(Date.now() + 28_000)
  const exp = now() + 5
  expect((await verifierOf().verify(await signer.sign({ exp }))).expiresAt).toBe(exp * 1000)
})

test.each([
  ['false', false], ['missing', undefined], ['the string "true"', 'true'], ['1', 1],
])('an email whose email_verified is %s counts as none', async (_, email_verified) => {
  expect((await verifierOf().verify(await signer.sign({ email_verified }))).principal.email).toBeNull()
})

test.each([
  ['a string', 'admins'], ['missing', undefined], ['an object', { 0: 'admins' }], ['a list with a number in it', ['analysts', 7]], ['a list with an empty name', ['']],
])('groups that are %s count as none', async (_, groups) => {
  expect((await verifierOf().verify(await signer.sign({ groups }))).principal.groups).toEqual([])
})

test('claims may be renamed and nested; an exact name with dots wins over the path', async () => {
  const verifier = createJwtVerifier([entryWith({ jwks: signer.jwksFile, claims: { id: 'oid', email: 'upn', groups: 'realm_access.roles' } })])
  const nested = await verifier.verify(await signer.sign({ oid: 'o-1', upn: 'a@b.c', realm_access: { roles: ['dba'] } }))
  expect(nested.principal).toMatchObject({ id: 'corp:o-1', email: 'a@b.c', groups: ['dba'] })
  const exact = await verifier.verify(await signer.sign({ oid: 'o-1', 'realm_access.roles': ['exact'], realm_access: { roles: ['dba'] } }))
  expect(exact.principal.groups).toEqual(['exact'])
})

test('a claim named after a method of objects is nobody’s', async () => {
  const verifier = createJwtVerifier([entryWith({ jwks: signer.jwksFile, claims: { id: 'constructor.name', email: 'email', groups: 'groups' } })])
  await expect(verifier.verify(await signer.sign())).rejects.toMatchObject({ code: 'token_invalid' })
})

test('entries that share an issuer are told apart by audience; a token that fits two is refused', async () => {
  const verifier = createJwtVerifier([
    entryWith({ jwks: signer.jwksFile }),
    entryWith({ name: 'robots', kind: 'agent', audience: 'gatehouse-agents', jwks: signer.jwksFile }),
  ])
  expect((await verifier.verify(await signer.sign({ aud: 'gatehouse-agents' }))).principal).toMatchObject({ id: 'robots:ada', kind: 'agent' })
  expect((await verifier.verify(await signer.sign({ aud: ['x', audience] }))).principal.kind).toBe('human')
  await expect(verifier.verify(await signer.sign({ aud: [audience, 'gatehouse-agents'] }))).rejects.toThrow(/several identity entries/)
})

test('the same signed part has one key, however its signature is written', async () => {
  const token = await signer.sign()
  const first = await verifierOf().verify(token)
  expect(first.key).toBe((await verifierOf().verify(token)).key)
  expect(first.key).toMatch(/^[0-9a-f]{64}$/)
  expect(first.key).not.toBe((await verifierOf().verify(await signer.sign({ jti: '2' }))).key)
})

test('a key set file that is missing or is none stops the start', () => {
  expect(() => createJwtVerifier([entryWith({ jwks: '/nonexistent/jwks.json' })])).toThrow(expect.objectContaining({ code: 'config_unreadable' }) as Error)
  expect(() => createJwtVerifier([entryWith({ jwks: import.meta.filename })])).toThrow(expect.objectContaining({ code: 'config_unreadable' }) as Error)
})
