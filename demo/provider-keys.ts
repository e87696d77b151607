// The signing keys of the demo's provider, made once and kept (0600): tokens and the gateway's key cache outlive a restart.
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from 'jose'
import { existsSync, readFileSync } from 'node:fs'
import { writePrivate } from './secrets.ts'
import type { SampleUser } from './users.ts'

export interface ProviderKeys { readonly keys: readonly JWK[] }

export async function providerKeys(path: string): Promise<ProviderKeys> {
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as ProviderKeys
  const keys = await Promise.all((['RS256', 'ES256'] as const).map(async (alg) => {
    const { privateKey } = await generateKeyPair(alg, { extractable: true })
    return { ...await exportJWK(privateKey), alg, use: 'sig', kid: `demo-${alg.toLowerCase()}` }
  }))
  writePrivate(path, JSON.stringify({ keys }))
  return { keys }
}

/** What the provider says of a user, in ID tokens and in the ready line's tokens alike. */
export const claimsOf = (user: SampleUser) => ({ sub: user.name, name: user.fullName, email: user.email, email_verified: true, groups: user.groups })

/** A token as a script would hold it: for `users[].token` of the ready line. */
export async function signToken(keys: ProviderKeys, issuer: string, user: SampleUser, lifeSeconds = 8 * 3600): Promise<string> {
  const key = keys.keys[0]!
  return new SignJWT(claimsOf(user))
    .setProtectedHeader({ alg: 'RS256', kid: key.kid!, typ: 'JWT' })
    .setIssuer(issuer).setAudience('gatehouse').setIssuedAt().setExpirationTime(Math.floor(Date.now() / 1000) + lifeSeconds)
    .sign(await importJWK(key, 'RS256'))
}
