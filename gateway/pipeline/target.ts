// A connection as the pipeline sees it: its summary for policy and people, and what a protocol needs to reach it.
import type { ConnectionSummary } from '../../shared/connection.ts'
import type { Secret } from '../credentials/secret.ts'

export type TlsMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'

export interface PostgresTarget {
  readonly summary: ConnectionSummary
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: Secret<string> | null
  readonly tls: TlsMode
  /** PEM of the CA to trust for verify-*; null: the system's. */
  readonly ca: string | null
}

/** How the API server is told whom it serves: `prefix` before every name keeps a provider's words apart from the cluster's own. */
export interface Impersonation { readonly user: 'id' | 'email'; readonly groups: boolean; readonly prefix: string }

export interface KubernetesTarget {
  readonly summary: ConnectionSummary
  /** https, without a path's last slash. */
  readonly server: URL
  /** PEM of the CA to trust; null: the system's. */
  readonly ca: string | null
  /** Of the certificate, where it is not the host's. */
  readonly serverName: string | null
  /** Read anew where it comes from a file, for projected tokens change. Throws secret_unavailable. Null: none. */
  readonly token: (() => Secret<string>) | null
  readonly certificate: { readonly cert: string; readonly key: Secret<string> } | null
  readonly impersonate: Impersonation | null
}

export type Target = PostgresTarget | KubernetesTarget

export const isKubernetes = (target: Target): target is KubernetesTarget => target.summary.kind === 'kubernetes'
