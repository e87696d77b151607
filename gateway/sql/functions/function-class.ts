// What a call of one of PostgreSQL's own functions may do to whom columns are masked. Every function has its class once: by the
// tables beside this file, else by what the catalog says of it; one that has none is refused. Pure.
import type { Catalog } from '../catalog.ts'
import { harmlessFunctions } from './harmless.ts'
import { riskOf } from './risky.ts'
import { isSupportFunction } from './support.ts'

export type FunctionClass =
  /** Its result is computed from its arguments, and nothing else happens. */
  | { readonly kind: 'pure' }
  /** The same, and its arguments decide how many rows there are. */
  | { readonly kind: 'row-deciding' }
  /** Gives the clock, chance, who asks, definitions, sizes; no values of rows but those in its arguments. */
  | { readonly kind: 'harmless'; readonly why: string }
  /** Keeps or shows its arguments outside of its result: not for what comes from masked columns. */
  | { readonly kind: 'keeps'; readonly why: string }
  /** That it was called can be found out: not where a masked column may decide it. */
  | { readonly kind: 'noticed'; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string }
  /** A newer server's, or none that we have looked at: refused. */
  | { readonly kind: 'unknown' }

/** Of all overloads of a name; null: PostgreSQL itself has no such function (riskOf knows those of contrib). */
export function classOfFunction(name: string, { derivations }: Catalog): FunctionClass | null {
  const risk = riskOf(name)
  if (risk !== null && risk.masked !== 'allowed') return { kind: risk.masked, why: risk.why }
  const why = harmlessFunctions.get(name)
  if (why !== undefined) return { kind: 'harmless', why }
  const known = derivations?.systemFunctions.get(name)
  if (known === undefined) return null
  // Immutable is a promise that PostgreSQL itself builds on (docs 36.7): the result depends on the arguments and nothing else.
  if (known.isPure) return { kind: known.returnsSet ? 'row-deciding' : 'pure' }
  return isSupportFunction(name) ? { kind: 'refused', why: 'cannot be called from SQL' } : { kind: 'unknown' }
}
