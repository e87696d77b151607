// A configured target, as people see it. What the gateway needs to reach it (host, credential) never leaves gateway/.

export type ConnectionKind = 'postgres' | 'kubernetes'

export interface ConnectionSummary {
  readonly name: string
  readonly kind: ConnectionKind
  readonly labels: Readonly<Record<string, string>>
  /** The database name, of kind postgres. */
  readonly database?: string
}
