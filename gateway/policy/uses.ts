// What one statement asks of rules over columns and functions. Facts have columns as written: a column is of the tables that the name
// before its dot stands for, else of every table of the statement that has one of that name; one that none is known to have is any's.
import type { ColumnUse, KnownNames, RelationName, ResolvedStatement, SqlKind } from '../../shared/command.ts'
import { noSchema } from '../../shared/command.ts'
import { byColumn } from '../../shared/policy/sql-kinds.ts'
import { columnAttributionsMax } from '../limits.ts'

/** `*`: all columns, the whole row. */
export interface ColumnNeed { readonly name: string; readonly isRead: boolean }

/** `schema` null: of any schema. */
export type Call = { readonly kind: 'known'; readonly schema: string | null; readonly name: string } | { readonly kind: 'unknown' }

export interface Uses {
  readonly calls: readonly Call[]
  /** What an access of this kind does with the columns of this relation. */
  columns(kind: SqlKind, relation: string): readonly ColumnNeed[]
  /** The columns that `*` stands for; null: not known. */
  all(relation: string): ReadonlySet<string> | null
}

const made = new WeakMap<ResolvedStatement, Uses>()

/** The same statement of the same facts is asked by many rules. */
export function usesOf(resolved: ResolvedStatement, names: KnownNames | undefined): Uses {
  let uses = made.get(resolved)
  if (uses === undefined) made.set(resolved, (uses = makeUses(resolved, names)))
  return uses
}

function makeUses(resolved: ResolvedStatement, names: KnownNames | undefined): Uses {
  const { statement } = resolved
  const read = readingOf(resolved, names)
  let calls: readonly Call[] | undefined
  let place: ((relation: string) => readonly ColumnNeed[]) | undefined
  const placed = new Map<string, readonly ColumnNeed[]>()
  return {
    get calls() {
      return (calls ??= [...statement.functions.map((use) => callOf(use, names)), ...statement.columns.flatMap((use) => (read(use) === 'row' ? [callOf({ schema: null, name: use.name }, names)] : []))])
    },
    columns(kind, relation) {
      let needs = placed.get(relation)
      if (needs === undefined) placed.set(relation, (needs = (place ??= placer(resolved, names, read))(relation)))
      return byKind(kind, needs)
    },
    all: (relation) => names?.columnsOf(relation) ?? null,
  }
}

const wholeRow: ColumnNeed = { name: '*', isRead: false }

/** A DELETE, a lock, a DROP is about whole rows; a SELECT of what it reads. */
function byKind(kind: SqlKind, needs: readonly ColumnNeed[]): readonly ColumnNeed[] {
  if (!byColumn.has(kind)) return [wholeRow, ...needs.filter(({ isRead }) => isRead)]
  return kind === 'select' ? needs.filter(({ isRead }) => isRead) : needs
}

function placer(resolved: ResolvedStatement, names: KnownNames | undefined, read: (use: ColumnUse) => Reading): (relation: string) => readonly ColumnNeed[] {
  const { columns, gives } = resolved.statement
  const relations = relationsOf(resolved)
  // Thousands of columns of thousands of tables: not worth telling apart.
  if (relations.length * columns.length > columnAttributionsMax) return () => [{ name: '*', isRead: true }, { name: '*', isRead: false }]
  const needs = columns.flatMap((use) => {
    const reading = read(use)
    return reading === 'call' ? [] : [{ qualifier: use.qualifier, name: reading === 'row' ? '*' : use.name, isRead: use.use === 'read' }]
  })
  const mayBeOf = sourcesOf(resolved)
  if (names === undefined) return (relation) => needs.filter(({ qualifier }) => mayBeOf(qualifier, relation))
  const isSomewhere = somewhere(relations, names)
  // What EXECUTE and FETCH run gave its names in another text.
  const given = new Set(isIndirect(resolved) ? [] : gives)
  return (relation) => {
    const own = names.columnsOf(relation)
    const mayHave = (name: string) => own === null || name === '*' || own.has(name) || !(isSomewhere(name) || given.has(name))
    return needs.filter(({ qualifier, name }) => mayHave(name) && mayBeOf(qualifier, relation))
  }
}

const isIndirect = ({ statement: { executes, fetches } }: ResolvedStatement): boolean => executes !== null || fetches !== null
const relationsOf = ({ accesses }: ResolvedStatement): readonly string[] => [...new Set(accesses.flatMap(({ relations }) => relations))]

/** Some table of the statement is known to have a column of that name. */
function somewhere(relations: readonly string[], names: KnownNames): (name: string) => boolean {
  const sets = relations.flatMap((relation) => names.columnsOf(relation) ?? [])
  return (name) => sets.some((set) => set.has(name))
}

/** Whether what stands before a column's dot may be this relation: by the statement's own aliases. */
function sourcesOf(resolved: ResolvedStatement): (qualifier: string | null, relation: string) => boolean {
  const { statement, accesses } = resolved
  if (isIndirect(resolved) || statement.accesses.length !== accesses.length) return () => true
  const keyOf = ({ schema, name }: RelationName) => `${schema ?? ''}\0${name}`
  const meaning = Map.groupBy(statement.accesses.flatMap(({ relation }, at) => (relation === null ? [] : [{ key: keyOf(relation), relations: accesses[at]!.relations }])), ({ key }) => key)
  const sources = new Map(statement.rows?.flatMap(({ name, relations }) => {
    const found = relations === 'any' ? [undefined] : relations.map((one) => meaning.get(keyOf(one)))
    return found.includes(undefined) ? [] : [[name, new Set(found.flatMap((many) => many!.flatMap((one) => one.relations)))] as const]
  }))
  return (qualifier, relation) => qualifier === null || (sources.get(qualifier)?.has(relation) ?? true)
}

/** `row`: a whole row, given to a function of the column's name. `call`: `f(column)`, of which function and column are uses of their own. */
type Reading = 'column' | 'row' | 'call'

/** `c.total` where no table has such a column is `total(c)` (PostgreSQL docs 8.16.5); facts write `total(c)` as `c.total` besides. */
function readingOf(resolved: ResolvedStatement, names: KnownNames | undefined): (use: ColumnUse) => Reading {
  if (names === undefined) return () => 'column'
  const { rows, gives } = resolved.statement
  const isSomewhere = somewhere(relationsOf(resolved), names)
  const rowNames = rows === undefined || isIndirect(resolved) ? null : new Set(rows.map(({ name }) => name))
  const given = new Set(gives)
  const isValue = (name: string) => rowNames !== null && !rowNames.has(name) && (isSomewhere(name) || given.has(name))
  return ({ qualifier, name, use }) => {
    if (use !== 'read' || qualifier === null || !names.isFunction(name) || isSomewhere(name)) return 'column'
    return isValue(qualifier) ? 'call' : 'row'
  }
}

/** A bare name is PostgreSQL's own unless the database has one of that name too, or is not known. */
function callOf({ schema, name }: { readonly schema: string | null; readonly name: string }, names: KnownNames | undefined): Call {
  if (schema === noSchema) return { kind: 'unknown' }
  if (schema !== null) return { kind: 'known', schema, name }
  return { kind: 'known', name, schema: names === undefined || names.userFunctions.has(name) ? null : 'pg_catalog' }
}
