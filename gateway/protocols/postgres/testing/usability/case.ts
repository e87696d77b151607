// A statement as somebody sends it, and what of its answer they must get as it is.

export interface UsabilityCase {
  readonly sql: string
  readonly parameters?: readonly unknown[]
  /** Output columns that carry masked values; all others must come as the database gives them. */
  readonly masked?: readonly string[]
  /** Output columns that differ from one session or moment to the next: they must come, unmasked, and no more is compared. */
  readonly varies?: readonly string[] | 'all'
}

export const ask = (sql: string, ...masked: readonly string[]): UsabilityCase => ({ sql, masked })
/** With parameters, by the extended protocol. */
export const bound = (sql: string, ...parameters: readonly unknown[]): UsabilityCase => ({ sql, parameters })
export const varying = (sql: string, ...columns: readonly string[]): UsabilityCase => ({ sql, varies: columns.length === 0 ? 'all' : columns })
