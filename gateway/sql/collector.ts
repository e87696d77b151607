// What the walk gathers of one statement, and the scope it walks in. Lives for one statement inside the worker.
import type { Access, ColumnUse, FunctionUse, RelationName, SqlKind } from '../../shared/command.ts'

export interface Collector {
  readonly accesses: Map<string, Access>
  readonly columns: Map<string, ColumnUse>
  readonly functions: Map<string, FunctionUse>
  /** Aliases and table names that a bare ColumnRef may mean as a whole row (`select c from customers c`). */
  readonly rowNames: Set<string>
  /** What each row name stands for: relations, none for a subquery or a WITH table, or it may be any. */
  readonly sources: Map<string, readonly RelationName[] | 'any'>
  /** Names that the statement itself gives to columns. */
  readonly given: Set<string>
  readsRows: boolean
  writesRows: boolean
  /** An assignment from another column of the same row (`set notes = email`). */
  copiesColumns: boolean
  /** Columns that are assigned an expression over themselves (`set email = lower(email)`). */
  readonly rewritten: Set<string>
  setsSearchPath: boolean
  /** A setting that is changed and on which our reading of statements rests; settings.ts. */
  readingSetting: string | null
}

/** CTE names shadow tables only inside their WITH's scope. */
export interface Scope { readonly names: ReadonlySet<string>; readonly outer: Scope | null }

export interface Context {
  readonly into: Collector
  readonly scope: Scope | null
  /** What naming a relation means here: `select` in queries; `alter` for partitions that DDL attaches. */
  readonly naming: SqlKind
  /** Inside a definition (a view, LIKE, REFERENCES) rows are named but not read now. */
  readonly isDefinition: boolean
  /** Inside a CTE, RETURNING feeds the rest of the statement. */
  readonly isNested: boolean
  /** In the select list or RETURNING. */
  readonly isTarget?: boolean
  /** Whether it is evaluated depends on a value. */
  readonly isConditional?: boolean
}

export function newContext(): Context {
  const into: Collector = {
    accesses: new Map(), columns: new Map(), functions: new Map(),
    // Rows that RETURNING, ON CONFLICT and rules have without naming them in FROM.
    rowNames: new Set(['old', 'new', 'excluded']),
    sources: new Map([['old', 'any'], ['new', 'any'], ['excluded', 'any']]), given: new Set(),
    readsRows: false, writesRows: false, copiesColumns: false, rewritten: new Set(), setsSearchPath: false, readingSetting: null,
  }
  return { into, scope: null, naming: 'select', isDefinition: false, isNested: false }
}

/** NUL cannot stand in a name, so keys joined by it do not collide. */
export function addAccess({ into }: Context, kind: SqlKind, relation: RelationName | null): void {
  const key = relation === null ? kind : `${kind}\0${relation.schema ?? ''}\0${relation.name}`
  if (!into.accesses.has(key)) into.accesses.set(key, { kind, relation })
}

export function addColumn({ into }: Context, qualifier: string | null, name: string, use: ColumnUse['use']): void {
  const key = `${use}\0${qualifier ?? ''}\0${name}`
  if (!into.columns.has(key)) into.columns.set(key, { qualifier, name, use })
}

export function addSource({ into }: Context, name: string, relations: readonly RelationName[] | 'any'): void {
  const known = into.sources.get(name) ?? []
  const isNew = (one: RelationName) => known === 'any' || !known.some((other) => other.name === one.name && other.schema === one.schema)
  into.sources.set(name, known === 'any' || relations === 'any' || known.length > sameNameMax ? 'any' : [...known, ...relations.filter(isNew)])
}

/** One alias for so many tables is not what people write: it may be any then. */
const sameNameMax = 16

export function addFunction({ into }: Context, use: FunctionUse): void {
  const key = `${use.schema ?? ''}\0${use.name}\0${String(use.isConstant)}\0${String(use.isConditional)}`
  if (!into.functions.has(key)) into.functions.set(key, use)
}

export function isCommonTable(scope: Scope | null, name: string): boolean {
  for (let at = scope; at !== null; at = at.outer) if (at.names.has(name)) return true
  return false
}

/** Columns as callers see them: a bare name that is also a row name may be the whole row, so the star is added beside it. */
export function columnsOf({ into }: Context): ColumnUse[] {
  const columns = [...into.columns.values()]
  const rows = columns.filter(({ qualifier, name, use }) => use === 'read' && qualifier === null && into.rowNames.has(name))
  for (const { name } of rows) {
    if (!into.columns.has(`read\0${name}\0*`)) columns.push({ qualifier: name, name: '*', use: 'read' })
  }
  return columns
}
