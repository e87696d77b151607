// From a connection as it is written to a target: secrets resolved, files read.
import { GatehouseError } from '../../shared/errors.ts'
import type { SecretRef } from '../credentials/resolve-secret.ts'
import { Secret } from '../credentials/secret.ts'
import { kubernetesTokenAgeMs } from '../limits-kubernetes.ts'
import type { KubernetesTarget, PostgresTarget, Target } from '../pipeline/target.ts'
import { isSafeServer } from './address.ts'
import type { WrittenConnection, WrittenKubernetes, WrittenPostgres } from './connections.ts'
import { readKubeconfig, type KubeconfigEntry } from './kubeconfig.ts'

export interface Sources {
  readonly secret: (ref: SecretRef) => Secret<string>
  /** Of a path as written. Throws config_unreadable. */
  readonly text: (path: string) => string
}

/** Throws config_unreadable, config_invalid, secret_unavailable. */
export function resolveConnection(written: WrittenConnection, sources: Sources): Target {
  return written.kind === 'postgres' ? postgresTarget(written, sources) : kubernetesTarget(written, sources)
}

function postgresTarget({ name, kind, labels, password, ca, ...rest }: WrittenPostgres, { secret, text }: Sources): PostgresTarget {
  return {
    ...rest, summary: { name, kind, labels, database: rest.database },
    password: password === undefined ? null : secret(password), ca: ca === undefined ? null : text(ca.file),
  }
}

function kubernetesTarget(written: WrittenKubernetes, sources: Sources): KubernetesTarget {
  const { name, kind, labels, impersonate, token } = written
  const { secret, text } = sources
  const kept = written.kubeconfig === undefined ? null : readKubeconfig(`the kubeconfig of connection ${name}`, secret(written.kubeconfig).reveal(), written.context ?? null)
  const certificate = written.certificate === undefined || written.key === undefined ? certificateOf(kept) : { cert: text(written.certificate.file), key: secret(written.key) }
  const tokenSource = token === undefined ? constant(kept?.token ?? null) : kept === null ? renewing(token, secret) : null
  return {
    summary: { name, kind, labels }, server: serverOf(name, written.server ?? kept?.server ?? ''),
    ca: written.ca === undefined ? kept?.ca ?? null : text(written.ca.file), serverName: written['server-name'] ?? kept?.serverName ?? null,
    token: tokenSource, certificate, impersonate: impersonate ?? null,
  }
}

function certificateOf(kept: KubeconfigEntry | null): KubernetesTarget['certificate'] {
  return kept?.certificate == null ? null : { cert: kept.certificate.cert, key: new Secret(kept.certificate.key) }
}

function constant(token: string | null): KubernetesTarget['token'] {
  if (token === null) return null
  const secret = new Secret(token)
  return () => secret
}

/** The kubelet rewrites a projected token long before the old one ends. */
function renewing(ref: SecretRef, secret: Sources['secret']): () => Secret<string> {
  let known = secret(ref)
  let readAt = Date.now()
  return () => {
    if ('env' in ref || Date.now() - readAt < kubernetesTokenAgeMs) return known
    known = secret(ref)
    readAt = Date.now()
    return known
  }
}

function serverOf(name: string, written: string): URL {
  if (isSafeServer(written)) return new URL(written.replace(/\/+$/, ''))
  throw new GatehouseError('config_invalid', `the server of connection ${name} is not an https URL without user, query and fragment`)
}
