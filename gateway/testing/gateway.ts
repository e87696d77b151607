// A whole gateway for tests, in this process: configuration in a folder of its own, an issuer whose keys the test holds, policies
// as YAML. What it starts, it stops.
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose'
import { createLog } from '../log.ts'
import { startGateway, type Seams } from '../main.ts'
import type { DatabaseAddress } from './real-postgres.ts'

export interface TestGateway {
  readonly folder: string
  readonly configFile: string
  readonly api: string
  readonly ca: string
  readonly host: string
  readonly port: number
  /** A JWT of the test issuer. */
  token(who: { readonly sub: string; readonly groups?: readonly string[]; readonly email?: string; readonly expiresInSeconds?: number; readonly claims?: Record<string, unknown> }): Promise<string>
  /** Signs a JWT of the test's own making with the issuer's key. */
  sign(jwt: SignJWT): Promise<string>
  /** Writes a policy file; the gateway reloads by itself. */
  writePolicy(name: string, yaml: string): void
  stop(): Promise<void>
}

export const testIssuer = 'https://issuer.test'

export interface TestGatewayOptions {
  readonly database: DatabaseAddress
  readonly policies: Readonly<Record<string, string>>
  /** Lines added to gateway.yaml. */
  readonly extra?: string
  readonly seams?: Seams
}

export async function writeGatewayConfig({ database, policies, extra = '' }: TestGatewayOptions): Promise<{ readonly folder: string; readonly configFile: string; readonly key: CryptoKey }> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-gateway-'))
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  writeFileSync(join(folder, 'jwks.json'), JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'test', alg: 'ES256', use: 'sig' }] }))
  mkdirSync(join(folder, 'policies'))
  for (const [name, yaml] of Object.entries(policies)) writeFileSync(join(folder, 'policies', `${name}.yaml`), yaml)
  writeFileSync(join(folder, 'password'), database.password, { mode: 0o600 })
  const configFile = join(folder, 'gateway.yaml')
  writeFileSync(configFile, `
listen: { api: "127.0.0.1:0", postgres: "127.0.0.1:0" }
data: ./data
identity:
  - { name: test, issuer: "${testIssuer}", audience: gatehouse, kind: human, jwks: jwks.json, claims: { id: sub, email: email, groups: groups } }
connections:
  - { name: shop, kind: postgres, labels: { env: test }, host: ${database.host}, port: ${database.port}, database: ${database.database},
      user: ${database.user}, password: { file: password }, tls: disable }
policies: ./policies
${extra}`)
  return { folder, configFile, key: privateKey }
}

export async function startTestGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const { folder, configFile, key } = await writeGatewayConfig(options)
  const gateway = await startGateway({ configFile, log: createLog(process.env['GATEHOUSE_LOG'] ?? 'fatal'), ...(options.seams !== undefined && { seams: options.seams }) })
  const [host, port] = gateway.ready.postgres!.split(':') as [string, string]
  return {
    folder, configFile, api: gateway.ready.api, ca: gateway.ready.ca!, host, port: Number(port),
    token: (who) => signToken(key, who),
    sign: (jwt) => jwt.sign(key),
    writePolicy: (name, yaml) => writeFileSync(join(folder, 'policies', `${name}.yaml`), yaml),
    async stop() {
      await gateway.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function signToken(key: CryptoKey, { sub, groups = [], email, expiresInSeconds = 600, claims = {} }: Parameters<TestGateway['token']>[0]): Promise<string> {
  return new SignJWT({ groups, ...(email !== undefined && { email, email_verified: true }), ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'test' })
    .setIssuer(testIssuer).setAudience('gatehouse').setSubject(sub)
    .setIssuedAt().setExpirationTime(Math.floor(Date.now() / 1000) + expiresInSeconds)
    .sign(key)
}
