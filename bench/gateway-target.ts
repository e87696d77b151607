// A gateway of its own process for the bench, as `gatehouse gateway` starts it, with more and more to do.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose'
import type { DatabaseAddress } from '../gateway/testing/real-postgres.ts'
import { ended, lineOf } from './process.ts'
import type { Missing, Target } from './target.ts'

/** `off`: recorded and decided, nothing masked; `columns`: a masked column; `all`: detectors over every text value too; `approvals`: writes wait. */
export type GatewayWork = 'off' | 'columns' | 'all' | 'approvals'

/** A gateway is spoken to over its API as well. */
export interface GatewayTarget extends Target {
  readonly api: string
  /** A PEM file. */
  readonly ca: string
  token(subject: string): Promise<string>
}

const rules = `policy: bench
connections: [bench]
rules:
  - { id: everything, who: everyone, allow: { sql: [select, insert, update, delete], on: ["public.*"] } }
`
const columnMasks = `masks:
  - { id: pii, columns: [public.cells.c3], as: redact }
`
const detectors = `  - { id: secrets, detect: [aws-access-key, private-key, jwt, credit-card, us-ssn, email], as: redact }
`
const asking = `policy: bench
connections: [bench]
rules:
  - { id: ask, who: everyone, approve: { sql: [update], on: ["public.*"] }, by: { users: ["bench:decider"] } }
`
const policies: Readonly<Record<GatewayWork, string>> = { off: rules, columns: rules + columnMasks, all: rules + columnMasks + detectors, approvals: asking }
const names: Readonly<Record<GatewayWork, string>> = { off: 'gateway', columns: 'gateway, column masks', all: 'gateway, all on', approvals: 'gateway, writes wait' }

const issuer = 'https://issuer.bench'
/** On a disk, not in memory: the journal is part of what is measured. */
const parent = process.env['GATEHOUSE_BENCH_DIR'] ?? '/var/tmp'
/** A folder for CPU profiles of the gateways, to look into with Chromium's tools or bench/profile.ts. */
const profiles = process.env['GATEHOUSE_BENCH_PROFILES']

/** `store`: a database of its own for the gateway's store. PGlite would work as well, and make its memory hard to tell from the sessions'. */
export async function gateway(database: DatabaseAddress, store: DatabaseAddress, work: GatewayWork): Promise<GatewayTarget | Missing> {
  const folder = mkdtempSync(join(parent, 'gatehouse-bench-'))
  writeFileSync(join(folder, 'store'), `postgres://${store.user}:${store.password}@${store.host}:${store.port}/${store.database}`, { mode: 0o600 })
  const key = await writeConfig(folder, database, policies[work])
  const main = join(import.meta.dirname, '..', 'cli', 'main.ts')
  const flags = ['--expose-gc', `--import=${join(import.meta.dirname, 'collect-on-signal.ts')}`, ...(profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(profiles, work)}`])]
  const child = spawn(process.execPath, [...flags, main, 'gateway', '--config', join(folder, 'gateway.yaml')], {
    detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, GATEHOUSE_LOG: process.env['GATEHOUSE_LOG'] ?? 'error' },
  })
  const stop = async () => {
    await ended(child, 'SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const ready = JSON.parse(await lineOf(child, /^\{"ready":true/)) as { readonly postgres: string; readonly api: string; readonly ca: string }
    const [host, port] = ready.postgres.split(':') as [string, string]
    return { name: names[work], host, port: Number(port), user: 'bench', database: 'bench', password: await tokenOf(key, 'bench'), api: ready.api, ca: ready.ca, token: (subject) => tokenOf(key, subject), pid: child.pid ?? null, collect: () => void child.kill('SIGUSR2'), stop }
  } catch (error) {
    await stop()
    return { missing: `the gateway does not start: ${error instanceof Error ? error.message : String(error)}` }
  }
}

async function writeConfig(folder: string, database: DatabaseAddress, policy: string): Promise<CryptoKey> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  writeFileSync(join(folder, 'jwks.json'), JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'bench', alg: 'ES256', use: 'sig' }] }))
  writeFileSync(join(folder, 'password'), database.password, { mode: 0o600 })
  mkdirSync(join(folder, 'policies'))
  writeFileSync(join(folder, 'policies', 'bench.yaml'), policy)
  writeFileSync(join(folder, 'gateway.yaml'), `
listen: { api: "127.0.0.1:0", postgres: "127.0.0.1:0" }
identity:
  - { name: bench, issuer: "${issuer}", audience: gatehouse, kind: human, jwks: jwks.json }
connections:
  - { name: bench, kind: postgres, host: ${database.host}, port: ${database.port}, database: ${database.database}, user: ${database.user}, password: { file: password }, tls: disable }
policies: ./policies
store: { file: store }
`)
  return privateKey
}

function tokenOf(key: CryptoKey, subject: string): Promise<string> {
  return new SignJWT({ groups: ['bench'] }).setProtectedHeader({ alg: 'ES256', kid: 'bench' })
    .setIssuer(issuer).setAudience('gatehouse').setSubject(subject).setIssuedAt().setExpirationTime('12h').sign(key)
}
