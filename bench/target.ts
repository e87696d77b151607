// What is measured: a way to the same database. Every target is spoken to in plain text over loopback.

export interface Target {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  /** The process in between, whose CPU and memory count; null when there is none. */
  readonly pid: number | null
  /** Frees what is not in use, where that can be asked for. */
  collect?(): void
  stop(): Promise<void>
}

/** Why a target or a workload is not in the table: a sentence for people. */
export interface Missing { readonly missing: string }

export const isMissing = (value: Target | Missing): value is Missing => 'missing' in value
