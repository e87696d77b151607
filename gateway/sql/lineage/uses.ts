// Uses: where columns decide which rows there are, how many or in which order, and how. Recorded at the place where a column is
// first met in a condition, never again for what follows from it: the rows of a subquery are decided by its own conditions.
import type { BaseColumn, Traced } from './lineage-of.ts'
import { columnOf, type Sources } from './sources.ts'

export type Clause = 'where' | 'join' | 'group-by' | 'having' | 'order-by' | 'distinct' | 'limit' | 'filter' | 'window' | 'set-operation'
  /** Arguments that decide how many rows a function gives, or what count() counts. */
  | 'function'
  /** A function in FROM itself: which rows it gives is its own to say. */
  | 'from'
  | 'on-conflict'
  /** A computation that fails for some values, or is made for some only: the error would tell. */
  | 'failure'
  /** WHEN MATCHED AND … of MERGE. */
  | 'when'
  | 'index'
  /** Nothing is known of the statement, so anything may be anywhere in it. */
  | 'statement'

export type Form =
  /** The column itself, compared for equality with constants or parameters, so that TRUE says the value. */
  | 'equality'
  /** Whether the column itself is NULL. */
  | 'null-test'
  | 'other'

/** Columns of views are themselves and what their definitions put there; conditions inside a view's definition are no use of its reader's. */
export interface Use extends Traced {
  readonly clause: Clause
  readonly form: Form
  /** How many constants and parameters are compared with; with `arrays`, beside the elements of those. */
  readonly constants: number
  /** Parameters ($n) whose elements are compared with, each of them one more. */
  readonly arrays: readonly number[]
}

export type How = Pick<Use, 'clause' | 'form' | 'constants' | 'arrays'>

interface Entry { readonly how: How; readonly columns: Set<number>; unknown: string | null }

/** By the place in the tree: a recursive query is walked round after round, and its conditions are asked once. */
export type Uses = Map<unknown, Entry[]>

export function recordUse(uses: Uses, place: unknown, how: How, { columns, unknown }: Sources): void {
  if (columns.size === 0 && unknown === null) return
  const entries = uses.get(place) ?? []
  uses.set(place, entries)
  let entry = entries.find((known) => known.how.clause === how.clause && known.how.form === how.form)
  if (entry === undefined) entries.push(entry = { how, columns: new Set(), unknown: null })
  for (const key of columns) entry.columns.add(key)
  entry.unknown ??= unknown
}

/** One for each clause, form and set of columns: a list of 12,000 equalities is one use of 12,000 constants. */
export function listUses(uses: Uses): readonly Use[] {
  const merged = new Map<string, Use>()
  for (const { how, columns, unknown } of [...uses.values()].flat()) {
    const keys = [...columns].sort((left, right) => left - right)
    const id = `${how.clause} ${how.form} ${unknown === null} ${keys.join(' ')}`
    const known = merged.get(id)
    merged.set(id, {
      ...how, unknown: known?.unknown ?? unknown, columns: known?.columns ?? keys.map((key): BaseColumn => columnOf(key)),
      constants: how.constants + (known?.constants ?? 0), arrays: [...known?.arrays ?? [], ...how.arrays],
    })
  }
  return [...merged.values()]
}

export function unknownUse(reason: string): Use {
  return { columns: [], unknown: reason, clause: 'statement', form: 'other', constants: 0, arrays: [] }
}
