// RETURNING of INSERT, UPDATE, DELETE and MERGE. A returned column is the table's own and what the statement assigns: to which
// column is not told apart, for views, generated columns and triggers carry an assigned value into others.
import { transitiveReads } from '../relation-trees.ts'
import { as, listOf, text, typed, type Fields } from '../tree.ts'
import { withTables } from './common-tables.ts'
import { addCondition, decide, decideBy, decideByEquality } from './conditions.ts'
import { isConstant } from './constants.ts'
import { addExpressions } from './expressions.ts'
import { addFrom, rangesOf } from './from.ts'
import { rowsOfQuery } from './query.ts'
import { relationRange } from './relations.ts'
import { beside, type Range, type Scope } from './scope.ts'
import { addFlow, anyColumn, asInfluence, newFlow, newSources, union, unknownFlow, type Flow, type Rowset } from './sources.ts'
import { targetColumns } from './targets.ts'

interface Write { readonly target: Range; readonly others: readonly Range[]; readonly assigned: Flow }

export function rowsOfInsert(fields: Fields, outer: Scope): Rowset {
  const scope = writing(fields, outer)
  const target = targetOf(fields, scope)
  const assigned = newFlow()
  const source = typed(fields['selectStmt'])
  if (source !== null) {
    const rowset = rowsOfQuery(source, beside(scope))
    addFlow(assigned, anyColumn(rowset))
    addFlow(asInfluence(scope.rows), { value: rowset.rows, influence: rowset.rows })
  }
  const conflict = as('OnConflictClause', fields['onConflictClause'], 'onConflictClause')
  if (conflict !== null) {
    // Between them a bare name is ambiguous to PostgreSQL too.
    const excluded: Range = { ...target, name: 'excluded', oid: null, schema: null, columns: withFlow(target, assigned) }
    const both = { ...scope, ranges: [target, excluded] }
    addExpressions([conflict['targetList']], assigned, both)
    addCondition(conflict['whereClause'], 'on-conflict', scope.rows, both)
    addConflict(fields, conflict, target, scope)
  }
  return returning(fields, { target, others: [], assigned }, scope)
}

/**
 * Rows that are there already are found by the columns of the conflict: values written out are compared with them as in an equality,
 * those of a query as in a join. Where no column is named it may be any that is written.
 */
function addConflict(fields: Fields, conflict: Fields, target: Range, scope: Scope): void {
  const infer = typed(conflict['infer'])?.fields ?? {}
  const elements = listOf(infer['indexElems']).map((item) => as('IndexElem', item) ?? {})
  const named = (elements.length > 0 ? elements : listOf(fields['cols']).map((item) => as('ResTarget', item) ?? {})).map((item) => text(item['name']))
  const columns = named.length === 0 ? target.columns : target.columns.filter(({ name }) => name !== null && named.includes(name))
  const rows = listOf(as('SelectStmt', fields['selectStmt'])?.['valuesLists'])
  const isWritten = rows.length > 0 && rows.every((row) => listOf(as('List', row)?.['items']).every((item) => isWrittenOut(item, scope)))
  const place = { clause: 'on-conflict', rows: newSources(), scope } as const
  const flows = columns.map(({ flow }) => flow)
  if (isWritten) decideByEquality(flows, conflict, rows.length, place)
  else decideBy(flows, conflict, place)
  decide(elements.map((item) => item['expr']), 'on-conflict', place.rows, { ...scope, ranges: [target] })
}

function isWrittenOut(item: unknown, { evaluation }: Scope): boolean {
  return as('SetToDefault', item) !== null || isConstant(item, evaluation.catalog)
}

export function rowsOfUpdate(fields: Fields, outer: Scope): Rowset {
  const scope = writing(fields, outer)
  const target = targetOf(fields, scope)
  const ranges = [target]
  addFrom(fields['fromClause'], ranges, { ...scope, ranges })
  const assigned = newFlow()
  addExpressions([fields['targetList']], assigned, { ...scope, ranges })
  addCondition(fields['whereClause'], 'where', scope.rows, { ...scope, ranges })
  return returning(fields, { target, others: ranges.slice(1), assigned }, scope)
}

export function rowsOfDelete(fields: Fields, outer: Scope): Rowset {
  const scope = writing(fields, outer)
  const target = targetOf(fields, scope)
  const ranges = [target]
  addFrom(fields['usingClause'], ranges, { ...scope, ranges })
  addCondition(fields['whereClause'], 'where', scope.rows, { ...scope, ranges })
  return returning(fields, { target, others: ranges.slice(1), assigned: newFlow() }, scope)
}

/** `returning *` gives the source's columns first, then the target's (docs, MERGE). */
export function rowsOfMerge(fields: Fields, outer: Scope): Rowset {
  const scope = writing(fields, outer)
  const target = targetOf(fields, scope)
  const source = rangesOf(fields['sourceRelation'], scope)
  const both = { ...scope, ranges: [...source, target] }
  addCondition(fields['joinCondition'], 'join', scope.rows, both)
  const assigned = newFlow()
  for (const item of listOf(fields['mergeWhenClauses'])) {
    const clause = as('MergeWhenClause', item) ?? {}
    addCondition(clause['condition'], 'when', scope.rows, both)
    addExpressions([clause['targetList'], clause['values']], assigned, both)
  }
  return returning(fields, { target, others: source, assigned }, scope, 'after')
}

function writing(fields: Fields, outer: Scope): Scope {
  return { ...withTables(fields, outer), ranges: [], rows: newSources() }
}

function targetOf(fields: Fields, scope: Scope): Range {
  const range = relationRange(as('RangeVar', fields['relation']) ?? {}, scope)
  const { catalog } = scope.evaluation
  // A rule may return what it likes, and so may one of a table that is written through a view.
  const written = range.oid === null ? [] : [...transitiveReads(catalog, range.oid)]
  const isRuled = written.some((oid) => catalog.derivations?.ruled.has(oid) !== false)
  return isRuled ? { ...range, columns: withFlow(range, unknownFlow('rules rewrite what is written here')) } : range
}

function withFlow({ columns }: Range, flow: Flow): Range['columns'] {
  return columns.map((column) => ({ name: column.name, flow: union([column.flow, flow]) }))
}

function returning(fields: Fields, { target, others, assigned }: Write, scope: Scope, place: 'before' | 'after' = 'before'): Rowset {
  const clause = as('ReturningClause', fields['returningClause'], 'returningClause')
  if (clause === null) return { columns: [], open: null, rows: scope.rows }
  const written: Range = { ...target, columns: withFlow(target, assigned), open: target.open === null ? null : union([target.open, assigned]) }
  const versions = versionNames(clause).map((name): Range => ({ ...written, name, schema: null, isPlain: false }))
  const ranges = place === 'before' ? [written, ...others, ...versions] : [...others, written, ...versions]
  return { ...targetColumns(clause['exprs'], { ...scope, ranges }), rows: scope.rows }
}

/** `old` and `new`, or what RETURNING WITH (OLD AS …, NEW AS …) calls them. */
function versionNames(clause: Fields): readonly string[] {
  const options = listOf(clause['options']).map((item) => as('ReturningOption', item) ?? {})
  const nameOf = (option: string, name: string): string => text(options.find((item) => item['option'] === option)?.['value']) ?? name
  return [nameOf('RETURNING_OPTION_OLD', 'old'), nameOf('RETURNING_OPTION_NEW', 'new')]
}
