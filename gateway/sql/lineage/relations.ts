// A name in FROM to its rows: a common table, or a relation of the catalog with its columns; views by their definitions.
import { isFields, as, listOf, text, typed, type Fields } from '../tree.ts'
import type { CatalogRelation } from '../catalog.ts'
import { rowsOfCommonTable } from './common-tables.ts'
import { rowsOfQuery } from './query.ts'
import { deeper, spend, topScope, type CommonTable, type Evaluation, type Range, type Scope } from './scope.ts'
import { add, anyColumn, columnFlow, columnKey, newFlow, newSources, unknownFlow, unknownRows, type Column, type Rowset } from './sources.ts'

/** PostgreSQL gives oids of its own below this (FirstNormalObjectId, access/transam.h). */
const firstNormalOid = 16_384

/** `from name alias (columns)`. */
export function rangeOfVar(fields: Fields, scope: Scope): Range {
  const name = text(fields['relname']) ?? ''
  const table = fields['schemaname'] === undefined ? commonTable(name, scope) : null
  if (table !== null) return named(rowsOfCommonTable(table), fields, scope)
  return relationRange(fields, scope)
}

/** The same, never a common table: what INSERT, UPDATE, DELETE and MERGE write to. */
export function relationRange(fields: Fields, scope: Scope): Range {
  const relation = relationOfVar(fields, scope.evaluation)
  if (typeof relation === 'string') return named(unknownRows(relation), fields, scope)
  const range = named(rowsOfRelation(relation, scope.evaluation), fields, scope)
  return { ...range, oid: relation.oid, schema: fields['alias'] === undefined ? relation.schema : null }
}

/** Adds what decides the rows to the query, and gives them a name. */
export function named(rowset: Rowset, fields: Fields, scope: Scope): Range {
  add(scope.rows, rowset.rows)
  const alias = as('Alias', fields['alias'], 'alias')
  const columns = renamed(rowset, alias).columns
  spend(scope.evaluation, columns.length)
  return { name: text(alias?.['aliasname']) ?? text(fields['relname']), oid: null, schema: null, columns, open: rowset.open, isPlain: true }
}

/** Names by position; where positions are not known, each of the names may be any column. */
export function renamed(rowset: Rowset, alias: Fields | null): Rowset {
  const names = listOf(alias?.['colnames']).map((item) => text(as('String', item)?.['sval']))
  if (names.length === 0) return rowset
  const any = rowset.open === null ? null : anyColumn(rowset)
  if (any !== null) return { ...rowset, columns: names.map((name) => ({ name, flow: any })), open: any }
  return { ...rowset, columns: rowset.columns.map((column, index) => ({ ...column, name: names[index] ?? column.name })) }
}

function commonTable(name: string, scope: Scope): CommonTable | null {
  for (let at = scope.tables; at !== null; at = at.outer) {
    const table = at.byName.get(name)
    if (table !== undefined) return table
  }
  return null
}

/** Or why it is not known. */
export function relationOfVar(fields: Fields, { catalog, searchPath }: Evaluation): CatalogRelation | string {
  const name = text(fields['relname']) ?? ''
  const schema = text(fields['schemaname'])
  if (schema === null && searchPath === 'unknown') return `which schema ${name} is in is not known: the session's search_path was changed`
  const schemas = schema === null ? catalog.searchPath : [schema]
  const found = schemas.map((item) => catalog.byName.get(`${item}.${name}`)).find((relation) => relation !== undefined)
  return found ?? `${schema === null ? '' : `${schema}.`}${name} is not in the catalog`
}

export function rowsOfRelation(relation: CatalogRelation, evaluation: Evaluation): Rowset {
  if (relation.columns.length === 0 && relation.kind !== 'table') return unknownRows(`the columns of ${relation.schema}.${relation.name} are not known`)
  const isView = relation.kind === 'view' || relation.kind === 'materialized view'
  if (isView && relation.oid >= firstNormalOid) return rowsOfView(relation, evaluation)
  const generated = evaluation.catalog.derivations?.generated.get(relation.oid)
  const columns = relation.columns.map(({ name, number }): Column => {
    const from = generated?.get(number) ?? []
    return { name, flow: columnFlow(columnKey(relation.oid, number), newFlow(...from.map((at) => columnKey(relation.oid, at)))) }
  })
  return { columns, open: null, rows: newSources() }
}

function rowsOfView(view: CatalogRelation, evaluation: Evaluation): Rowset {
  const known = evaluation.views.get(view.oid)
  if (known !== undefined) return known
  const { uses } = evaluation
  evaluation.uses = null
  const expanded = deeper(evaluation, () => expand(view, evaluation))
  evaluation.uses = uses
  evaluation.views.set(view.oid, expanded)
  return expanded
}

/** A view's column is itself (a mask may be on it, and RowDescription names it) and what its definition puts there. */
function expand(view: CatalogRelation, evaluation: Evaluation): Rowset {
  const body = definitionOf(view, evaluation)
  const doubt = unknownFlow(`the definition of ${view.schema}.${view.name} is not known`)
  const any = body === null ? doubt : body.open === null && body.columns.length === view.columns.length ? null : anyColumn(body)
  const columns = view.columns.map(({ name, number }, index): Column =>
    ({ name, flow: columnFlow(columnKey(view.oid, number), any ?? body?.columns[index]?.flow ?? doubt) }))
  return { columns, open: null, rows: body?.rows ?? doubt.value }
}

function definitionOf(view: CatalogRelation, evaluation: Evaluation): Rowset | null {
  const definition = evaluation.catalog.derivations?.views.get(view.oid)
  if (definition === undefined) return null
  const tree = evaluation.parse(definition)
  const statement = isFields(tree) ? listOf(tree['stmts'])[0] : undefined
  const query = isFields(statement) ? typed(statement['stmt']) : null
  if (query?.type !== 'SelectStmt') return null
  // Its names are fully qualified, whatever the path of the session.
  return rowsOfQuery(query, topScope(evaluation))
}
