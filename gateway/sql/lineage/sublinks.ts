// Subqueries in expressions. A scalar one gives the value of its column, and what decides its row is influence. EXISTS, IN, ANY and
// ALL give an answer about rows: there what decides the rows is the value, as a comparison in the target list would be.
import { typed, type Fields } from '../tree.ts'
import type { Walk } from './expressions.ts'
import { doubtOfOperator } from './functions.ts'
import { rowsOfQuery } from './query.ts'
import { inside, type Scope } from './scope.ts'
import { add, addFlow, anyColumn, type Flow, type Rowset } from './sources.ts'

const scalars: ReadonlySet<unknown> = new Set(['EXPR_SUBLINK', 'MULTIEXPR_SUBLINK', 'ARRAY_SUBLINK'])

export function addSublink(fields: Fields, into: Flow, walk: Walk): void {
  const kind = fields['subLinkType']
  if (scalars.has(kind)) {
    addSubquery(fields['subselect'], into, walk.scope)
    return
  }
  const rowset = rowsOf(fields['subselect'], walk.scope)
  if (rowset === null) {
    into.value.unknown ??= 'a subquery that is not known'
    return
  }
  // In a condition the subquery's own conditions are what is asked of its rows.
  add(walk.isDeciding ? into.influence : into.value, rowset.rows)
  if (kind === 'EXISTS_SUBLINK') return
  into.value.unknown ??= fields['operName'] === undefined ? null : doubtOfOperator(fields['operName'], walk.scope.evaluation.catalog)
  addFlow(into, anyColumn(rowset))
  walk.push(fields['testexpr'], into)
}

export function addSubquery(query: unknown, into: Flow, scope: Scope): void {
  const rowset = rowsOf(query, scope)
  if (rowset === null) {
    into.value.unknown ??= 'a subquery that is not known'
    return
  }
  addFlow(into, anyColumn(rowset))
  add(into.influence, rowset.rows)
}

function rowsOf(query: unknown, scope: Scope): Rowset | null {
  const node = typed(query)
  return node === null ? null : rowsOfQuery(node, inside(scope))
}
