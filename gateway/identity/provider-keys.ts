// The keys a provider signs with: from a file beside gateway.yaml, or by OpenID Connect Discovery. Never from the token:
// `jku`, `x5u` and `jwk` headers are not looked at.
import { readFileSync, statSync } from 'node:fs'
import { createLocalJWKSet, createRemoteJWKSet, customFetch, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { z } from 'zod'
import { GatehouseError } from '../../shared/errors.ts'
import { configFileBytesMax, providerCooldownMs, providerFetchMs, providerKeysAgeMs } from '../limits.ts'
import { requireSafeUrl, type ProviderFetch } from './provider-fetch.ts'

const keySet = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) })
const metadata = z.looseObject({ issuer: z.string(), jwks_uri: z.url() })

/** Reads the file now: a wrong one stops the start, not the first login. */
export function keysFromFile(path: string): JWTVerifyGetKey {
  const parsed = keySet.safeParse(readJson(path))
  if (!parsed.success) {
    throw new GatehouseError('config_invalid', `${path} is not a JWK set: expected {"keys": [ … ]} with at least one public key`)
  }
  return createLocalJWKSet(parsed.data as JSONWebKeySet)
}

function readJson(path: string): unknown {
  try {
    if (statSync(path).size > configFileBytesMax) throw new Error(`it is larger than configFileBytesMax (${configFileBytesMax} bytes)`)
    return JSON.parse(readFileSync(path, 'utf8')) as unknown
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new GatehouseError('config_unreadable', `the key set ${path} cannot be read: ${reason}`, { cause })
  }
}

/** Discovery happens at the first token, and again after a failure: a gateway starts without its provider. */
export function keysByDiscovery(issuer: string, fetch: ProviderFetch): JWTVerifyGetKey {
  let found: Promise<JWTVerifyGetKey> | null = null
  return async (header, token) => {
    found ??= discover(issuer, fetch)
    try {
      return await (await found)(header, token)
    } catch (error) {
      // The provider may have moved its keys: ask where they are again next time.
      if (error instanceof GatehouseError) found = null
      throw error
    }
  }
}

async function discover(issuer: string, fetch: ProviderFetch): Promise<JWTVerifyGetKey> {
  // OpenID Connect Discovery 4: the path is appended to the issuer, without its trailing slash.
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  const parsed = metadata.safeParse(await response.json())
  // 4.3: the issuer in the document must be the one that was asked, or another tenant's keys would count.
  if (!parsed.success || parsed.data.issuer !== issuer) {
    throw new GatehouseError('provider_unreachable', `the discovery document of ${issuer} names another issuer or no keys; check issuer in gateway.yaml, character by character`, { side: 'upstream' })
  }
  requireSafeUrl(parsed.data.jwks_uri)
  return createRemoteJWKSet(new URL(parsed.data.jwks_uri), {
    timeoutDuration: providerFetchMs, cooldownDuration: providerCooldownMs, cacheMaxAge: providerKeysAgeMs,
    [customFetch]: (url) => fetch(url),
  })
}
