// FROM: each item to the ranges it adds, a table by node type. LATERAL items and functions see the ranges before them.
import { as, listOf, text, typed, words, type Fields } from '../tree.ts'
import { decide } from './conditions.ts'
import { rowsOfFunctions, rowsOfJsonTable, rowsOfXmlTable } from './function-rows.ts'
import { rangesOfJoin } from './joins.ts'
import { rowsOfQuery } from './query.ts'
import { named, rangeOfVar } from './relations.ts'
import { beside, inside, spend, type Range, type Scope } from './scope.ts'
import { unknownRows } from './sources.ts'

type Visit = (fields: Fields, scope: Scope) => readonly Range[]

const items: { readonly [type: string]: Visit } = {
  RangeVar: (fields, scope) => [rangeOfVar(fields, scope)],
  RangeSubselect: subselect,
  RangeFunction: (fields, scope) => [named(rowsOfFunctions(fields, scope), fields, scope)],
  RangeTableFunc: (fields, scope) => [named(rowsOfXmlTable(fields, scope), fields, scope)],
  JsonTable: (fields, scope) => [named(rowsOfJsonTable(fields, scope), fields, scope)],
  RangeTableSample: sample,
  JoinExpr: rangesOfJoin,
}

/** `ranges` is the scope's own list: items that follow see what stands before them. */
export function addFrom(list: unknown, ranges: Range[], scope: Scope): void {
  for (const item of listOf(list)) ranges.push(...rangesOf(item, scope))
}

export function rangesOf(item: unknown, scope: Scope): readonly Range[] {
  spend(scope.evaluation, 1)
  const node = typed(item)
  const visit = node !== null && Object.hasOwn(items, node.type) ? items[node.type] : undefined
  if (node === null || visit === undefined) return [named(unknownRows(`${node?.type ?? 'an item'} in FROM is not known`), {}, scope)]
  return visit(node.fields, scope)
}

function subselect(fields: Fields, scope: Scope): readonly Range[] {
  const query = typed(fields['subquery'])
  if (query === null) return [named(unknownRows('a subquery in FROM is not known'), fields, scope)]
  return [named(rowsOfQuery(query, fields['lateral'] === true ? inside(scope) : beside(scope)), fields, scope)]
}

/** A sampling method of an extension is a function of the database's own. */
function sample(fields: Fields, scope: Scope): readonly Range[] {
  decide([fields['args'], fields['repeatable']], 'function', scope.rows, scope)
  const method = words(fields['method']).at(-1)
  if (method !== 'bernoulli' && method !== 'system') scope.rows.unknown ??= `what the sampling method ${method ?? ''} reads is not known`
  return rangesOf(fields['relation'], scope)
}

export function aliasName(fields: Fields, field = 'alias'): string | null {
  return text(as('Alias', fields[field], 'alias')?.['aliasname'])
}
