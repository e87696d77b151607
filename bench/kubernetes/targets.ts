// The ways to the bench's API server: none in between, haproxy (TLS on both sides, as the gateway has it), and the gateway.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { createTestCa } from '../../gateway/testing/certificates.ts'
import { ended, lineOf } from '../process.ts'
import type { LoopDelay } from './loop-delay.ts'
import type { Missing } from '../target.ts'

export interface KubernetesTarget {
  readonly name: string
  /** `https://host:port/prefix`, before the API's path. */
  readonly base: string
  /** PEM. */
  readonly ca: string
  readonly token: string
  /** Of another principal, where there are any. */
  readonly tokenOf?: (subject: string) => Promise<string>
  readonly pid: number | null
  /** How long the loop worked at a time since this was asked last, ms of CPU. */
  readonly loopDelay?: () => Promise<LoopDelay>
  stop(): Promise<unknown>
}

export interface ApiServer { readonly port: number; readonly caFile: string; readonly tokenFile: string; readonly token: string; stop(): Promise<unknown> }

export async function startApiServer(): Promise<ApiServer> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'api-server.ts')], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] })
  const ready = JSON.parse(await lineOf(child, /^\{"ready":true/)) as Omit<ApiServer, 'stop'>
  return { ...ready, stop: () => ended(child, 'SIGTERM') }
}

export const direct = ({ port, caFile, token }: ApiServer): KubernetesTarget =>
  ({ name: 'direct', base: `https://127.0.0.1:${port}`, ca: readFileSync(caFile, 'utf8'), token, pid: null, stop: () => Promise.resolve() })

const parent = process.env['GATEHOUSE_BENCH_DIR'] ?? '/var/tmp'

/** One thread, as the gateway has one for a session's bytes. */
export async function haproxy({ port: upstream, caFile, token }: ApiServer): Promise<KubernetesTarget | Missing> {
  const binary = ['haproxy', '/usr/sbin/haproxy'].find((path) => spawnSync(path, ['-v']).status === 0)
  if (binary === undefined) return { missing: 'haproxy is not installed (Debian: apt-get install haproxy); ratios to it are left out' }
  const folder = mkdtempSync(join(parent, 'gatehouse-bench-haproxy-'))
  const ca = createTestCa()
  const { cert, key } = ca.issue(['127.0.0.1'])
  writeFileSync(join(folder, 'proxy.pem'), `${cert}\n${key}`, { mode: 0o600 })
  const port = 16_000 + Math.floor(Math.random() * 10_000)
  writeFileSync(join(folder, 'haproxy.cfg'), `
global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend in
  bind 127.0.0.1:${port} ssl crt ${join(folder, 'proxy.pem')}
  default_backend api
backend api
  server api 127.0.0.1:${upstream} ssl verify required ca-file ${caFile}
`)
  const child = spawn(binary, ['-db', '-f', join(folder, 'haproxy.cfg')], { detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  const stop = async () => {
    await ended(child, 'SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  }
  await new Promise((done) => { setTimeout(done, 500) })
  if (child.exitCode !== null) {
    await stop()
    return { missing: 'haproxy does not start; ratios to it are left out' }
  }
  return { name: 'haproxy', base: `https://127.0.0.1:${port}`, ca: ca.cert, token, pid: child.pid ?? null, stop }
}

const rules = `policy: bench
connections: [bench]
rules:
  - { id: everything, who: everyone, allow: { kubernetes: [get, list, watch], resources: ["*"] } }
`
const detectors = `masks:
  - { id: secrets, detect: [aws-access-key, private-key, jwt, credit-card, us-ssn, email], as: redact }
`

/** `secrets`: Secrets are masked and nothing is searched, which is the least there is; `all`: detectors over every text. */
export type KubernetesWork = 'secrets' | 'all'

export async function gatewayTo(api: ApiServer, work: KubernetesWork): Promise<KubernetesTarget> {
  const folder = mkdtempSync(join(parent, 'gatehouse-bench-'))
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  writeFileSync(join(folder, 'jwks.json'), JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'bench', alg: 'ES256', use: 'sig' }] }))
  mkdirSync(join(folder, 'policies'))
  writeFileSync(join(folder, 'policies', 'bench.yaml'), work === 'all' ? rules + detectors : rules)
  writeFileSync(join(folder, 'gateway.yaml'), `
listen: { api: "127.0.0.1:0" }
identity:
  - { name: bench, issuer: "https://issuer.bench", audience: gatehouse, kind: human, jwks: jwks.json }
connections:
  - { name: bench, kind: kubernetes, server: "https://127.0.0.1:${api.port}", ca: { file: "${api.caFile}" }, token: { file: "${api.tokenFile}" } }
policies: ./policies
`)
  const profiles = process.env['GATEHOUSE_BENCH_PROFILES']
  const flags = [`--import=${join(import.meta.dirname, 'loop-delay.ts')}`, ...(profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(profiles, `kubernetes-${work}`)}`])]
  const child = spawn(process.execPath, [...flags, join(import.meta.dirname, '..', '..', 'cli', 'main.ts'), 'gateway', '--config', join(folder, 'gateway.yaml')], { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, GATEHOUSE_LOG: 'error' } })
  const ready = JSON.parse(await lineOf(child, /^\{"ready":true/)) as { readonly api: string; readonly ca: string }
  const tokenOf = (subject: string) => new SignJWT({ groups: [] }).setProtectedHeader({ alg: 'ES256', kid: 'bench' }).setIssuer('https://issuer.bench').setAudience('gatehouse').setSubject(subject).setIssuedAt().setExpirationTime('12h').sign(privateKey)
  return {
    name: work === 'all' ? 'gateway, detectors' : 'gateway', base: `${ready.api}/k8s/bench`, ca: readFileSync(ready.ca, 'utf8'), token: await tokenOf('bench'), tokenOf, pid: child.pid ?? null,
    async loopDelay() {
      const said = lineOf(child, /^\{"loopDelay":/)
      child.kill('SIGUSR2')
      return (JSON.parse(await said) as { readonly loopDelay: LoopDelay }).loopDelay
    },
    async stop() {
      await ended(child, 'SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
