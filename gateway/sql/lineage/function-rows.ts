// Functions in FROM, XMLTABLE and JSON_TABLE. Any column of theirs may hold anything of their arguments, and how many rows there
// are depends on them; what is worked out here is how many columns there are and how they are called.
import { as, listOf, text, typed, words, type Fields } from '../tree.ts'
import { columnName } from './column-names.ts'
import { decideBy } from './conditions.ts'
import { addExpressions, flowOf } from './expressions.ts'
import { aliasName } from './from.ts'
import { bodyOfCall, doubtOfFunction, shapeOfFunction } from './functions.ts'
import type { Scope } from './scope.ts'
import { add, newFlow, newSources, union, unknownFlow, type Column, type Flow, type Rowset, type Sources } from './sources.ts'

/** `f(…)`, `rows from (f(…), g(…) as (a int))`, with ordinality. */
export function rowsOfFunctions(fields: Fields, scope: Scope): Rowset {
  const calls = listOf(fields['functions']).map((item) => listOf(as('List', item)?.['items'] ?? item))
  // A lone function's only column is called as the table is.
  const name = calls.length === 1 ? aliasName(fields) : null
  const parts = calls.map(([call, definitions]) => rowsOfCall(call, listOf(fields['coldeflist'] ?? as('List', definitions)?.['items']), name, scope))
  const rows = newSources()
  parts.forEach(({ any }, index) => addCalled(calls[index]?.[0], any, rows, scope))
  const opens = parts.flatMap(({ open }) => open === null ? [] : [open])
  const columns = parts.flatMap((part) => part.columns)
  if (fields['ordinality'] === true) columns.push({ name: 'ordinality', flow: newFlow() })
  return { columns, open: opens.length === 0 ? null : union(parts.map(({ any }) => any)), rows }
}

/** By its arguments; and what a function that is not seen reads may decide its rows too. */
function addCalled(call: unknown, any: Flow, rows: Sources, scope: Scope): void {
  const fields = as('FuncCall', call)
  const doubt = fields === null ? null : doubtOfFunction(words(fields['funcname']), scope.evaluation.catalog)
  const body = fields === null || doubt === null ? null : bodyOfCall(fields, scope)
  // Its conditions are told of where they stand.
  if (body !== null) return add(rows, body.rows)
  const args = fields === null || doubt === null ? any : flowOf(fields['args'], scope)
  decideBy([args], call, { clause: 'function', rows, scope })
  if (doubt !== null) decideBy([unknownFlow(doubt)], call, { clause: 'from', rows, scope })
}

interface CallRows { readonly any: Flow; readonly columns: readonly Column[]; readonly open: Flow | null }

function rowsOfCall(call: unknown, definitions: readonly unknown[], alias: string | null, scope: Scope): CallRows {
  const any = flowOf(call, scope)
  const of = (names: readonly (string | null)[]): CallRows => ({ any, columns: names.map((name) => ({ name, flow: any })), open: null })
  if (definitions.length > 0) return of(definitions.map((item) => text(as('ColumnDef', item)?.['colname'])))
  const fields = as('FuncCall', call)
  // Functions that the grammar knows by themselves (current_date and the like) give one value.
  const shape = fields === null ? 'scalar' : shapeOfFunction(words(fields['funcname']), scope.evaluation.catalog)
  const single = alias ?? columnName(call)
  if (shape === 'scalar') return of([single])
  // A row of a type that is not known: its columns, or one column if it is no row after all.
  return shape === null ? { ...of([single]), open: any } : of(shape)
}

export function rowsOfXmlTable(fields: Fields, scope: Scope): Rowset {
  const columns = listOf(fields['columns']).map((item) => as('RangeTableFuncCol', item) ?? {})
  const expressions = columns.flatMap((column) => [column['colexpr'], column['coldefexpr']])
  const namespaces = listOf(fields['namespaces']).map((item) => as('ResTarget', item)?.['val'])
  return alike(columns.map((column) => text(column['colname'])), [fields['docexpr'], fields['rowexpr'], ...namespaces, ...expressions], scope)
}

export function rowsOfJsonTable(fields: Fields, scope: Scope): Rowset {
  const columns = [...jsonColumns(fields['columns'])]
  const paths = [fields['context_item'], fields['passing'], fields['on_error'], bare(fields['pathspec'])['string']]
  return alike(columns.map((column) => text(column['name'])), [...paths, ...columns.flatMap((column) => [column['on_empty'], column['on_error']])], scope)
}

/** Nested columns come after those of their level; all hold the same, so only the names matter. */
function* jsonColumns(list: unknown): Generator<Fields> {
  const columns = listOf(list).map((item) => as('JsonTableColumn', item) ?? {})
  for (const column of columns) if (column['coltype'] !== 'JTC_NESTED') yield column
  for (const column of columns) if (column['coltype'] === 'JTC_NESTED') yield* jsonColumns(column['columns'])
}

function bare(value: unknown): Fields {
  return typed(value)?.fields ?? {}
}

function alike(names: readonly (string | null)[], expressions: readonly unknown[], scope: Scope): Rowset {
  const any = newFlow()
  addExpressions(expressions, any, scope)
  const rows = newSources()
  decideBy([any], expressions, { clause: 'function', rows, scope })
  return { columns: names.map((name) => ({ name, flow: any })), open: null, rows }
}
