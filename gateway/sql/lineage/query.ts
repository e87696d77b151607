// Queries to rowsets: SELECT, VALUES, set operations, and writes with RETURNING. What filters, joins, groups, orders or limits goes
// to the rows; what is in the target list to the columns.
import { as, constantOf, listOf, text, words, type Fields, type Typed } from '../tree.ts'
import { withTables } from './common-tables.ts'
import { addExpressions, flowOf } from './expressions.ts'
import { addFrom } from './from.ts'
import { beside, deeper, spend, type Range, type Scope } from './scope.ts'
import { add, addFlow, anyColumn, asInfluence, newFlow, newSources, union, unknownRows, type Column, type Flow, type Rowset, type Sources } from './sources.ts'
import { targetColumns } from './targets.ts'
import { flowOfName } from './names.ts'
import { rowsOfDelete, rowsOfInsert, rowsOfMerge, rowsOfUpdate } from './writes.ts'

const queries: { readonly [type: string]: (fields: Fields, scope: Scope) => Rowset } = {
  SelectStmt: rowsOfSelect, InsertStmt: rowsOfInsert, UpdateStmt: rowsOfUpdate, DeleteStmt: rowsOfDelete, MergeStmt: rowsOfMerge,
}

/** `scope` is the query's own: no ranges yet, its `outer` the queries around. */
export function rowsOfQuery({ type, fields }: Typed, scope: Scope): Rowset {
  const work = Object.hasOwn(queries, type) ? queries[type] : undefined
  if (work === undefined) return unknownRows(`${type} is no query that is known`)
  return deeper(scope.evaluation, () => work(fields, scope))
}

function rowsOfSelect(fields: Fields, outer: Scope): Rowset {
  const scope = withTables(fields, outer)
  if (fields['larg'] !== undefined) return rowsOfSetOperation(fields, scope)
  if (listOf(fields['valuesLists']).length > 0) return ordered(fields, rowsOfValues(fields, scope), scope)
  return rowsOfPlain(fields, scope)
}

function rowsOfPlain(fields: Fields, outer: Scope): Rowset {
  const ranges: Range[] = []
  const windows = new Map(listOf(fields['windowClause']).map((item) => as('WindowDef', item) ?? {}).map((window) => [text(window['name']) ?? '', window]))
  const scope: Scope = { ...outer, ranges, windows, rows: newSources() }
  addFrom(fields['fromClause'], ranges, scope)
  const { columns, open } = targetColumns(fields['targetList'], scope)
  const decides = asInfluence(scope.rows)
  addExpressions([fields['whereClause'], fields['havingClause'], fields['limitCount'], fields['limitOffset']], decides, scope)
  for (const item of listOf(fields['groupClause'])) addGrouping(item, columns, scope)
  for (const item of listOf(fields['sortClause'])) addOrder(as('SortBy', item)?.['node'], columns, scope)
  addDistinct(fields['distinctClause'], { columns, open, rows: scope.rows }, scope)
  return { columns, open, rows: scope.rows }
}

/** `order by name`: a column of the result goes before one of the tables; `order by 2`: by position (PostgreSQL docs, SELECT). */
function addOrder(node: unknown, columns: readonly Column[], scope: Scope): void {
  const name = bareName(node)
  const named = name === null ? [] : columns.filter((column) => column.name === name)
  if (named.length > 0) addColumns(named, scope.rows)
  else addByPosition(node, columns, scope)
}

/** `group by name`: a column of the tables goes before one of the result. */
function addGrouping(item: unknown, columns: readonly Column[], scope: Scope): void {
  const sets = as('GroupingSet', item)
  const row = as('RowExpr', item)
  if (sets !== null) {
    for (const inner of listOf(sets['content'])) addGrouping(inner, columns, scope)
    return
  }
  if (row !== null) {
    for (const inner of listOf(row['args'])) addGrouping(inner, columns, scope)
    return
  }
  const name = bareName(item)
  const own = name === null ? null : flowOfName([name], { ...scope, outer: null })
  const named = name === null ? [] : columns.filter((column) => column.name === name)
  const isOwn = named.length === 0 || own?.value.unknown === null
  if (!isOwn || scope.ranges.some(({ open }) => open !== null)) addColumns(named, scope.rows)
  if (isOwn) addByPosition(item, columns, scope)
}

function addByPosition(node: unknown, columns: readonly Column[], scope: Scope): void {
  const constant = as('A_Const', node) === null ? undefined : constantOf(node)
  if (constant === undefined) addExpressions([node], asInfluence(scope.rows), scope)
  // A position, if it is one; which column it means is not worth telling where there are stars.
  else if (constant !== null && /^[0-9]+$/.test(constant)) addColumns(columns.slice(Number(constant) - 1, Number(constant)), scope.rows)
}

function addDistinct(clause: unknown, { columns, open }: Rowset, scope: Scope): void {
  const items = listOf(clause)
  const isPlain = items.length > 0 && items.every((item) => Object.keys(item ?? {}).length === 0)
  if (isPlain) addFlow(asInfluence(scope.rows), anyColumn({ columns, open, rows: scope.rows }))
  else for (const item of items) addOrder(item, columns, scope)
}

function addColumns(columns: readonly Column[], rows: Sources): void {
  for (const { flow } of columns) addFlow(asInfluence(rows), flow)
}

function bareName(node: unknown): string | null {
  const fields = as('ColumnRef', node)?.['fields']
  const parts = words(fields)
  return parts.length === 1 && listOf(fields).length === 1 ? parts[0] ?? null : null
}

/** Columns are called column1, column2, …; a column is all that stands at its place in any row. */
function rowsOfValues(fields: Fields, scope: Scope): Rowset {
  const flows: Flow[] = []
  for (const list of listOf(fields['valuesLists'])) {
    listOf(as('List', list)?.['items']).forEach((item, index) => addExpressions([item], flows[index] ??= newFlow(), scope))
  }
  return { columns: flows.map((flow, index) => ({ name: `column${index + 1}`, flow })), open: null, rows: scope.rows }
}

/**
 * Values of the right side of EXCEPT never come out, but it can be asked whether one is there (`values ('x') except select …`):
 * like a comparison in the target list that is value lineage, so all set operations are alike.
 */
function rowsOfSetOperation(fields: Fields, scope: Scope): Rowset {
  const side = (field: 'larg' | 'rarg'): Rowset => rowsOfQuery({ type: 'SelectStmt', fields: as('SelectStmt', fields[field], field) ?? {} }, beside(scope))
  const [left, right] = [side('larg'), side('rarg')]
  const isPositional = left.open === null && right.open === null && left.columns.length === right.columns.length
  const any = isPositional ? null : union([anyColumn(left), anyColumn(right)])
  const columns = left.columns.map(({ name, flow }, index): Column => ({ name, flow: any ?? union([flow, right.columns[index]!.flow]) }))
  spend(scope.evaluation, columns.length)
  const rows = newSources()
  for (const { rows: from } of [left, right]) add(rows, from)
  const isUnionAll = fields['op'] === 'SETOP_UNION' && fields['all'] === true
  if (!isUnionAll) addColumns(any === null ? columns : [{ name: null, flow: any }], rows)
  return ordered(fields, { columns, open: any, rows }, scope)
}

/** ORDER BY and LIMIT of VALUES and set operations, which see the result's columns only. */
function ordered(fields: Fields, rowset: Rowset, outer: Scope): Rowset {
  const range: Range = { name: null, oid: null, schema: null, columns: rowset.columns, open: rowset.open, isPlain: true }
  const scope: Scope = { ...outer, ranges: [range], rows: newSources() }
  add(scope.rows, rowset.rows)
  for (const item of listOf(fields['sortClause'])) addOrder(as('SortBy', item)?.['node'], rowset.columns, scope)
  for (const limit of [fields['limitCount'], fields['limitOffset']]) addFlow(asInfluence(scope.rows), flowOf(limit, scope))
  return { ...rowset, rows: scope.rows }
}
