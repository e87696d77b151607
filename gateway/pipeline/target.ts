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
