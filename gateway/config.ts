// gateway.yaml, read, checked and resolved: what main.ts composes the gateway from. Problems come with file, line and column.
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { GatehouseError } from '../shared/errors.ts'
import { nobody, type Who } from '../shared/policy/who.ts'
import { compileGlobs } from '../shared/policy/glob.ts'
import type { GithubOptions } from './approvals/github/options.ts'
import type { NotifyTarget } from './approvals/notify/target.ts'
import { checkConfig, warnConfig } from './config/check.ts'
import { isSafeUrl, type ListenAddress } from './config/address.ts'
import { resolveConnection } from './config/resolve-connections.ts'
import { configSchema, type WrittenConfig } from './config/schema.ts'
import { resolveSecret, type SecretRef } from './credentials/resolve-secret.ts'
import type { Secret } from './credentials/secret.ts'
import type { IdentityEntry } from './identity/identity-entry.ts'
import { configFileBytesMax } from './limits.ts'
import type { Target } from './pipeline/target.ts'
import { inOrder, parseYamlFile, problemsError, shownPath, type Problem } from './yaml-file.ts'

/** An identity entry, and what a client needs to sign in with it. */
export interface ConfiguredIdentity extends IdentityEntry {
  readonly clientId: string
  readonly scopes: readonly string[]
}

export interface GatewayConfig {
  /** Absolute. */
  readonly file: string
  readonly listen: { readonly api: ListenAddress; readonly postgres: ListenAddress | null }
  /** PEM texts; null: loopback only, with a CA of the gateway's own. */
  readonly tls: { readonly cert: string; readonly key: Secret<string> } | null
  /** Absolute folder: embedded store, recordings, keys. */
  readonly data: string
  /** A PostgreSQL URL; null: the embedded store. */
  readonly store: Secret<string> | null
  /** Null: a key of the gateway's own. */
  readonly approvalsSeal: Secret<string> | null
  readonly notify: readonly NotifyTarget[]
  /** Null: no pull request agrees to anything. */
  readonly github: GithubOptions | null
  /** When a command's record counts as written. */
  readonly recordingMode: 'kernel' | 'disk'
  readonly identity: readonly ConfiguredIdentity[]
  readonly connections: readonly Target[]
  /** Absolute folder. */
  readonly policies: string
  /** Who may see others' sessions. */
  readonly reviewers: Who
  /** Lines for the log: allowed, but worth knowing. */
  readonly warnings: readonly Problem[]
}

export type ConfigReading =
  | { readonly ok: true; readonly written: WrittenConfig; readonly folder: string; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** Checks the file and touches no secret: what `policy check` can do anywhere. Throws config_unreadable. */
export function readConfig(file: string): ConfigReading {
  const parsed = parseYamlFile(configSchema, shownPath(resolve(file)), readText(resolve(file)))
  if (!parsed.ok) return parsed
  const problems = inOrder(checkConfig(parsed.value).map(({ path, message }) => parsed.problemAt(path, message)))
  if (problems.length > 0) return { ok: false, problems }
  const warnings = warnConfig(parsed.value).map(({ path, message }) => parsed.problemAt(path, message))
  return { ok: true, written: parsed.value, folder: dirname(resolve(file)), warnings }
}

/** Throws config_invalid (every problem, a line each), config_unreadable, secret_unavailable. */
export function loadConfig(file: string, env: NodeJS.ProcessEnv = process.env): GatewayConfig {
  const read = readConfig(file)
  if (!read.ok) throw problemsError(read.problems)
  const { written, folder, warnings } = read
  const at = (path: string) => resolve(folder, path)
  const secret = (ref: SecretRef) => resolveSecret('file' in ref ? { file: at(ref.file) } : ref, env)
  return {
    file: resolve(file),
    listen: { api: written.listen.api, postgres: written.listen.postgres ?? null },
    tls: written.tls === undefined ? null : { cert: readText(at(written.tls.cert)), key: secret({ file: written.tls.key }) },
    data: at(written.data),
    store: written.store === undefined ? null : secret(written.store),
    notify: written.notify.map((target) => notifyTarget(target, secret)),
    github: written.github === undefined ? null : { ...written.github, token: secret(written.github.token) },
    approvalsSeal: written.approvals?.seal === undefined ? null : secret(written.approvals.seal),
    recordingMode: written.recording?.mode ?? 'kernel',
    identity: written.identity.map((entry) => ({
      name: entry.name, issuer: entry.issuer, audience: entry.audience, kind: entry.kind, claims: entry.claims,
      jwks: entry.jwks === undefined ? null : at(entry.jwks), clientId: entry.client_id ?? entry.audience, scopes: entry.scopes,
    })),
    connections: written.connections.map((connection) => resolveConnection(connection, { secret, text: (path) => readText(at(path)) })),
    policies: at(written.policies),
    reviewers: written.reviewers ?? nobody,
    warnings,
  }
}

function notifyTarget(written: WrittenConfig['notify'][number], secret: (ref: SecretRef) => Secret<string>): NotifyTarget {
  const { name, on, link } = written
  const base = { name, on, link, connections: written.connections === undefined ? null : compileGlobs(written.connections, '.') }
  if (written.kind === 'webhook') return { ...base, kind: 'webhook', url: written.url, secret: secret(written.secret) }
  const url = secret(written.url)
  if (!isSafeUrl(url.reveal())) throw new GatehouseError('config_invalid', `the url of notify ${name} is not an https URL`)
  return { ...base, kind: 'slack', url }
}

function readText(path: string): string {
  try {
    const { size } = statSync(path)
    if (size > configFileBytesMax) throw new GatehouseError('limit_exceeded', `${shownPath(path)} is ${size} bytes; at most ${configFileBytesMax} are read (configFileBytesMax)`)
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
  } catch (error) {
    if (error instanceof GatehouseError) throw error
    const why = error instanceof TypeError ? 'it is not UTF-8' : ((error as NodeJS.ErrnoException).code ?? String(error))
    throw new GatehouseError('config_unreadable', `${shownPath(path)} cannot be read: ${why}`, { cause: error })
  }
}
