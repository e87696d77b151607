// Where names are looked up: ranges of FROM, common tables of WITH, and the queries around. And what one evaluation may spend.
import { lineageDepthMax, lineageStepsMax } from '../../limits.ts'
import type { Catalog } from '../catalog.ts'
import type { SearchPath } from '../resolve.ts'
import type { Fields } from '../tree.ts'
import type { Uses } from './uses.ts'
import { newSources, type Column, type Flow, type Rowset, type Sources } from './sources.ts'

export interface Range {
  /** What a qualifier calls it; null: nothing does. */
  readonly name: string | null
  /** A relation's; for system columns. */
  readonly oid: number | null
  /** The schema that may stand before the name: only where there is no alias. */
  readonly schema: string | null
  readonly columns: readonly Column[]
  /** See Rowset. */
  readonly open: Flow | null
  /** Its columns are found without qualifier, and belong to `*`. Those inside a join are not: the join's merged ones are. */
  readonly isPlain: boolean
}

export interface Scope {
  readonly evaluation: Evaluation
  readonly ranges: readonly Range[]
  readonly tables: CommonTables | null
  readonly outer: Scope | null
  /** What decides which rows this query has; grows while the query is walked. */
  readonly rows: Sources
  readonly windows: ReadonlyMap<string, Fields>
  /** Around the body of a function: what stands for $1, $2, … */
  readonly parameters?: readonly Flow[]
}

export interface CommonTables { readonly byName: ReadonlyMap<string, CommonTable>; readonly outer: CommonTables | null }

export interface CommonTable {
  readonly fields: Fields
  readonly isRecursive: boolean
  /** Where its query stands; set once WITH is read whole, for RECURSIVE lets tables see each other. */
  scope: Scope | null
  state: 'new' | 'evaluating' | 'done'
  rowset: Rowset | null
}

export interface Evaluation {
  readonly catalog: Catalog
  readonly searchPath: SearchPath
  /** PostgreSQL's parser: a text to its tree. For definitions of views. */
  readonly parse: (text: string) => unknown
  /** Of one catalog: views that were expanded already. */
  readonly views: Map<number, Rowset>
  /** What the statement's own conditions use; null inside the definition of a view, whose conditions are its owner's. */
  uses: Uses | null
  /** Bodies of functions that are walked now, inside each other. */
  bodies: number
  depth: number
  steps: number
}

/** Unwinds to lineageOf, which says unknown. */
export class LineageLimit extends Error {}

/** Runs one level of nesting: a query, a join, a view. */
export function deeper<T>(evaluation: Evaluation, work: () => T): T {
  if (evaluation.depth >= lineageDepthMax) throw new LineageLimit(`the statement is nested deeper than lineageDepthMax (${lineageDepthMax}) allows`)
  evaluation.depth++
  try {
    return work()
  } finally {
    evaluation.depth--
  }
}

export function spend(evaluation: Evaluation, steps: number): void {
  evaluation.steps += steps
  if (evaluation.steps > lineageStepsMax) throw new LineageLimit(`the statement takes more steps than lineageStepsMax (${lineageStepsMax}) allows`)
}

export function topScope(evaluation: Evaluation): Scope {
  return { evaluation, ranges: [], tables: null, outer: null, rows: newSources(), windows: new Map() }
}

/** A query inside this one: it sees the ranges so far (LATERAL, expressions). */
export function inside(scope: Scope): Scope {
  return { ...scope, ranges: [], outer: scope, rows: newSources(), windows: new Map() }
}

/** A subquery in FROM without LATERAL: it sees what this query sees around itself, not its ranges. */
export function beside(scope: Scope): Scope {
  return { ...scope, ranges: [], rows: newSources(), windows: new Map() }
}
