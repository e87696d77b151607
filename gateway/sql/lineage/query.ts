// Queries to rowsets: SELECT, VALUES, set operations, and writes with RETURNING. What filters, joins, groups, orders or limits goes
// to the rows; what is in the target list to the columns.
import { as, constantOf, listOf, text, words, type Fields, type Typed } from '../tree.ts'
import { withTables } from './common-tables.ts'
import { addCondition, decide, decideBy } from './conditions.ts'
import { addExpressions } from './expressions.ts'
import { addFrom } from './from.ts'
import { beside, deeper, spend, type Range, type Scope } from './scope.ts'
import { add, anyColumn, eitherFlow, newFlow, newSources, union, unknownRows, type Column, type Flow, type Rowset } from './sources.ts'
import { targetColumns } from './targets.ts'
import { flowOfName } from './names.ts'
import type { Clause } from './uses.ts'
import { rowsOfDelete, rowsOfInsert, rowsOfMerge, rowsOfUpdate } from './writes.ts'

type Targets = Pick<Rowset, 'columns' | 'open'>

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
  addCondition(fields['whereClause'], 'where', scope.rows, scope)
  addCondition(fields['havingClause'], 'having', scope.rows, scope)
  decide([fields['limitCount'], fields['limitOffset']], 'limit', scope.rows, scope)
  for (const item of listOf(fields['groupClause'])) addGrouping(item, { columns, open }, scope)
  for (const item of listOf(fields['sortClause'])) addOrder(as('SortBy', item)?.['node'], { columns, open }, scope, 'order-by')
  addDistinct(fields['distinctClause'], { columns, open, rows: scope.rows }, scope)
  return { columns, open, rows: scope.rows }
}

/** `order by name`: a column of the result goes before one of the tables; `order by 2`: by position (PostgreSQL docs, SELECT). */
function addOrder(node: unknown, targets: Targets, scope: Scope, clause: Clause): void {
  const name = bareName(node)
  const named = name === null ? [] : targets.columns.filter((column) => column.name === name)
  if (named.length > 0) addColumns(named, node, scope, clause)
  else addByPosition(node, targets, scope, clause)
}

/** `group by name`: a column of the tables goes before one of the result. */
function addGrouping(item: unknown, targets: Targets, scope: Scope): void {
  const sets = as('GroupingSet', item)
  const row = as('RowExpr', item)
  if (sets !== null) {
    for (const inner of listOf(sets['content'])) addGrouping(inner, targets, scope)
    return
  }
  if (row !== null) {
    for (const inner of listOf(row['args'])) addGrouping(inner, targets, scope)
    return
  }
  const name = bareName(item)
  const own = name === null ? null : flowOfName([name], { ...scope, outer: null })
  const named = name === null ? [] : targets.columns.filter((column) => column.name === name)
  const isOwn = named.length === 0 || own?.value.unknown === null
  if (!isOwn || scope.ranges.some(({ open }) => open !== null)) addColumns(named, item, scope, 'group-by')
  if (isOwn) addByPosition(item, targets, scope, 'group-by')
}

function addByPosition(node: unknown, { columns, open }: Targets, scope: Scope, clause: Clause): void {
  const constant = as('A_Const', node) === null ? undefined : constantOf(node)
  if (constant === undefined) decide([node], clause, scope.rows, scope)
  // A position, if it is one; where not all columns are known it may mean any.
  else if (open !== null) decideBy([anyColumn({ columns, open, rows: scope.rows })], node, { clause, rows: scope.rows, scope })
  else if (constant !== null && /^[0-9]+$/.test(constant)) addColumns(columns.slice(Number(constant) - 1, Number(constant)), node, scope, clause)
}

function addDistinct(clause: unknown, { columns, open }: Rowset, scope: Scope): void {
  const items = listOf(clause)
  const isPlain = items.length > 0 && items.every((item) => Object.keys(item ?? {}).length === 0)
  if (isPlain) decideBy([anyColumn({ columns, open, rows: scope.rows })], clause, { clause: 'distinct', rows: scope.rows, scope })
  else for (const item of items) addOrder(item, { columns, open }, scope, 'distinct')
}

function addColumns(columns: readonly Column[], node: unknown, scope: Scope, clause: Clause): void {
  decideBy(columns.map(({ flow }) => flow), node, { clause, rows: scope.rows, scope })
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
  const columns = left.columns.map(({ name, flow }, index): Column => ({ name, flow: any ?? eitherFlow(flow, right.columns[index]!.flow) }))
  spend(scope.evaluation, columns.length)
  const rows = newSources()
  for (const { rows: from } of [left, right]) add(rows, from)
  const isUnionAll = fields['op'] === 'SETOP_UNION' && fields['all'] === true
  if (!isUnionAll) addColumns(any === null ? columns : [{ name: null, flow: any }], fields, { ...scope, rows }, 'set-operation')
  return ordered(fields, { columns, open: any, rows }, scope)
}

/** ORDER BY and LIMIT of VALUES and set operations, which see the result's columns only. */
function ordered(fields: Fields, rowset: Rowset, outer: Scope): Rowset {
  const range: Range = { name: null, oid: null, schema: null, columns: rowset.columns, open: rowset.open, isPlain: true }
  const scope: Scope = { ...outer, ranges: [range], rows: newSources() }
  add(scope.rows, rowset.rows)
  for (const item of listOf(fields['sortClause'])) addOrder(as('SortBy', item)?.['node'], rowset, scope, 'order-by')
  decide([fields['limitCount'], fields['limitOffset']], 'limit', scope.rows, scope)
  return { ...rowset, rows: scope.rows }
}
