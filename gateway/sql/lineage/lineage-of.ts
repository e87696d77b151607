// Lineage of one statement: for every output column which base columns can reach its value, and which can influence it. Pure: a
// tree of libpg_query, a catalog, PostgreSQL's parser for the definitions of views. See README.md for what it promises.
import type { Catalog } from '../catalog.ts'
import type { SearchPath } from '../resolve.ts'
import { as, isFields, listOf, text, typed, words, type Fields, type Typed } from '../tree.ts'
import { addCondition, decide } from './conditions.ts'
import { rowsOfQuery } from './query.ts'
import { relationOfVar, relationRange, rowsOfRelation } from './relations.ts'
import { LineageLimit, topScope, type Evaluation } from './scope.ts'
import { listUses, unknownUse, type Use, type Uses } from './uses.ts'
import { add, anyColumn, columnOf, newSources, type Column, type Flow, type Rowset, type Sources } from './sources.ts'

export interface BaseColumn { readonly oid: number; readonly number: number }

export interface Traced {
  readonly columns: readonly BaseColumn[]
  /** Not null: other columns than these may be among them, and why. */
  readonly unknown: string | null
}

export interface ColumnLineage {
  readonly name: string | null
  readonly value: Traced
  /** What can be told of by which rows there are, how many and in which order, beside what is in the value. */
  readonly influence: Traced
}

export type Lineage =
  /** One entry for each output column, in order; none for a statement without rows. */
  | { readonly kind: 'columns'; readonly columns: readonly ColumnLineage[] }
  /** How many columns there are is not known; this holds for each of them. */
  | { readonly kind: 'open'; readonly every: ColumnLineage }
  | { readonly kind: 'unknown'; readonly reason: string }

/** Beside the output: where the statement's columns decide rows. */
export type Trace = Lineage & { readonly uses: readonly Use[] }

export interface LineageInputs {
  readonly catalog: Catalog
  /** `unknown`: the session changed it, or may have relations of its own in pg_temp. */
  readonly searchPath: SearchPath
  /** PostgreSQL's parser. */
  readonly parse: (text: string) => unknown
}

/** `statement`: one node of `stmts[].stmt`. Never throws but for a parser that does. */
export function lineageOf(statement: unknown, inputs: LineageInputs): Trace {
  const node = typed(statement)
  if (node === null) return { kind: 'columns', columns: [], uses: [] }
  const uses: Uses = new Map()
  const evaluation: Evaluation = { ...inputs, views: viewsOf(inputs.catalog), uses, bodies: 0, depth: 0, steps: 0 }
  const work = Object.hasOwn(statements, node.type) ? statements[node.type] : undefined
  if (work === undefined) return { ...unknown(`${node.type}: its output is not followed`), uses: namesColumns(node) ? [unknownUse(`${node.type}: its conditions are not followed`)] : [] }
  try {
    return { ...work(node, evaluation), uses: listUses(uses) }
  } catch (error) {
    if (error instanceof LineageLimit) return unknownTrace(error.message)
    // V8's stack, where the caller has less of it than the parser's worker.
    if (error instanceof RangeError) return unknownTrace('the statement is nested too deeply')
    throw error
  }
}

/** For whoever cannot ask: any column may be anywhere. */
export function unknownTrace(reason: string): Trace {
  return { kind: 'unknown', reason, uses: [unknownUse(reason)] }
}

/** Whether anything in it is computed of columns: then it may have conditions. */
function namesColumns(statement: Typed): boolean {
  const pending: unknown[] = [statement.fields]
  while (pending.length > 0) {
    const next = pending.pop()
    if (typeof next !== 'object' || next === null) continue
    if (isFields(next) && (next['ColumnRef'] !== undefined || next['SelectStmt'] !== undefined)) return true
    pending.push(...Object.values(next))
  }
  return false
}

type Work = (node: Typed, evaluation: Evaluation) => Lineage

const nothing: Work = () => ({ kind: 'columns', columns: [] })
const query: Work = (node, evaluation) => described(rowsOfQuery(node, topScope(evaluation)))
const inner: Work = ({ fields }, evaluation) => {
  const node = typed(fields['query'])
  return node === null ? unknown('a query that is not known') : query(node, evaluation)
}
/** A query whose rows go elsewhere than to the client. */
const kept: Work = (node, evaluation) => {
  query(node, evaluation)
  return { kind: 'columns', columns: [] }
}
/** A statement around a query: its conditions count, what it gives is not the query's. */
const around = (field: string): Work => ({ type, fields }, evaluation) => {
  const node = typed(fields[field])
  if (node !== null && Object.hasOwn(statements, node.type)) statements[node.type]!(node, evaluation)
  return unknown(`${type}: its output is not followed`)
}

const statements: { readonly [type: string]: Work } = {
  SelectStmt: (node, evaluation) => (node.fields['intoClause'] === undefined ? query : kept)(node, evaluation),
  InsertStmt: query, UpdateStmt: query, DeleteStmt: query, MergeStmt: query,
  // What FETCH and EXECUTE will give: they themselves are unknown here, whoever keeps cursors and names knows which this is.
  DeclareCursorStmt: inner, PrepareStmt: inner,
  CopyStmt: (node, evaluation) => node.fields['is_from'] === true ? nothing(node, evaluation) : node.fields['query'] === undefined ? copied(node.fields, evaluation) : inner(node, evaluation),
  CreateTableAsStmt: (node, evaluation) => { inner(node, evaluation); return nothing(node, evaluation) },
  ExplainStmt: around('query'), ViewStmt: around('query'), IndexStmt: indexed,
  // A new table has no rows that its checks could tell of.
  CreateStmt: ({ type }) => unknown(`${type}: its output is not followed`),
  TransactionStmt: nothing, VariableSetStmt: nothing, DeallocateStmt: nothing, ClosePortalStmt: nothing,
}

/** COPY table (columns) TO. Generated columns are not among them unless named. */
function copied(fields: Fields, evaluation: Evaluation): Lineage {
  const relation = relationOfVar(as('RangeVar', fields['relation']) ?? {}, evaluation)
  if (typeof relation === 'string') return unknown(relation)
  const rowset = rowsOfRelation(relation, evaluation)
  const names = words(fields['attlist'])
  const generated = evaluation.catalog.derivations?.generated.get(relation.oid)
  const all = rowset.columns.filter((_column, index) => !generated?.has(relation.columns[index]?.number ?? 0))
  const columns = names.length === 0 ? all : names.flatMap((name) => rowset.columns.filter((column) => column.name === name))
  if (names.length > 0 && columns.length !== names.length) return unknown('COPY names a column that is not known')
  return described({ ...rowset, columns })
}

/** A unique index says whether two rows are alike, a partial one how many rows there are. */
function indexed({ type, fields }: Typed, evaluation: Evaluation): Lineage {
  const top = topScope(evaluation)
  const scope = { ...top, ranges: [relationRange(as('RangeVar', fields['relation']) ?? {}, top)] }
  const elements = listOf(fields['indexParams']).map((item) => as('IndexElem', item) ?? {})
  const names = fields['unique'] === true ? elements.flatMap(({ name }) => text(name) ?? []) : []
  decide([...elements.map(({ expr }) => expr), ...names.map((sval) => ({ ColumnRef: { fields: [{ String: { sval } }] } }))], 'index', scope.rows, scope)
  addCondition(fields['whereClause'], 'index', scope.rows, scope)
  return unknown(`${type}: its output is not followed`)
}

function described(rowset: Rowset): Lineage {
  if (rowset.open !== null) return { kind: 'open', every: describe({ name: null, flow: anyColumn(rowset) }, rowset.rows) }
  return { kind: 'columns', columns: rowset.columns.map((column) => describe(column, rowset.rows)) }
}

function describe({ name, flow }: Column, rows: Sources): ColumnLineage {
  return { name, value: traced(flow.value), influence: traced(influenceOf(flow, rows)) }
}

function influenceOf({ influence }: Flow, rows: Sources): Sources {
  const all = newSources()
  add(all, influence)
  add(all, rows)
  return all
}

function traced({ columns, unknown }: Sources): Traced {
  return { columns: [...columns].map(columnOf), unknown }
}

function unknown(reason: string): Lineage & { readonly kind: 'unknown' } {
  return { kind: 'unknown', reason }
}

const expandedViews = new WeakMap<Catalog, Map<number, Rowset>>()

/** A snapshot's views are expanded once, by whoever asks first. */
function viewsOf(catalog: Catalog): Map<number, Rowset> {
  const known = expandedViews.get(catalog)
  if (known !== undefined) return known
  const views = new Map<number, Rowset>()
  expandedViews.set(catalog, views)
  return views
}

/** The statements of a tree as libpg_query gives it. */
export function statementsOf(tree: unknown): readonly unknown[] {
  return isFields(tree) ? listOf(tree['stmts']).map((item) => isFields(item) ? item['stmt'] : null) : []
}
