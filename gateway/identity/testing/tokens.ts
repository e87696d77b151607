// Tokens for tests, good and bad, signed by keys made here; and a token store that is a map.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose'
import type { IdentityEntry } from '../identity-entry.ts'
import type { StoredToken, TokenStore } from '../session-tokens.ts'

export const issuer = 'https://id.example.com'
export const audience = 'gatehouse'

export interface Signer {
  readonly jwksFile: string
  readonly publicKey: CryptoKey
  readonly privateKey: CryptoKey
  /** A token with sensible claims; what `claims` gives replaces them, undefined leaves one out. */
  sign(claims?: Readonly<Record<string, unknown>>, header?: { readonly alg?: string; readonly kid?: string; readonly typ?: string }): Promise<string>
}

export async function createSigner(alg = 'RS256'): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwksFile = join(mkdtempSync(join(tmpdir(), 'gatehouse-jwks-')), 'jwks.json')
  writeFileSync(jwksFile, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg, use: 'sig' }] }))
  return {
    jwksFile, publicKey, privateKey,
    sign: (claims = {}, header = {}) => new SignJWT(claimsWith(claims)).setProtectedHeader({ alg, kid: 'k1', ...header }).sign(privateKey),
  }
}

export function claimsWith(claims: Readonly<Record<string, unknown>>): JWTPayload {
  const now = Math.floor(Date.now() / 1000)
  const all = { iss: issuer, aud: audience, sub: 'ada', iat: now, exp: now + 600, email: 'ada@example.com', email_verified: true, groups: ['analysts'], ...claims }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

export function entryWith(entry: Partial<IdentityEntry>): IdentityEntry {
  return { name: 'corp', issuer, audience, kind: 'human', jwks: null, claims: { id: 'sub', email: 'email', groups: 'groups' }, ...entry }
}

export function memoryTokenStore(): TokenStore & { readonly rows: Map<string, StoredToken> } {
  const rows = new Map<string, StoredToken>()
  return {
    rows,
    async insert(token) { rows.set(token.hash, token) },
    async find(hash) { return rows.get(hash) ?? null },
    async revoke(token) { rows.set(token.hash, { ...(rows.get(token.hash) ?? token), isRevoked: true }) },
  }
}
