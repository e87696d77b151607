// Conditions, and everything else by which columns decide rows: into the rows they decide, and into the statement's uses. A
// condition is a tree of AND and OR; each leaf is an equality with constants, a test for NULL, or anything else.
import { as, listOf, typed, words, type Fields, type Typed } from '../tree.ts'
import { elementsOf, isConstant, isEquals, isTextType, keepsValueAsText, type Compared } from './constants.ts'
import { addExpressions, fieldOfRow } from './expressions.ts'
import { flowOfName, rowOfName } from './names.ts'
import { spend, type Scope } from './scope.ts'
import { addFlow, asInfluence, columnOf, newFlow, type Flow, type Sources } from './sources.ts'
import { recordUse, type Clause, type Form } from './uses.ts'

interface Place { readonly clause: Clause; readonly rows: Sources; readonly scope: Scope }

/** Expressions that decide `rows` by anything but a condition. */
export function decide(values: readonly unknown[], clause: Clause, rows: Sources, scope: Scope): void {
  for (const value of values) if (value !== undefined && value !== null) addOther(value, [value], { clause, rows, scope })
}

/** The same, of columns that are found already. `node`: where in the tree they decide. */
export function decideBy(flows: readonly Flow[], node: unknown, place: Place): void {
  for (const flow of flows) addAs('other', flow, node, place)
}

/** Columns that the server compares with `constants` values. */
export function decideByEquality(flows: readonly Flow[], node: unknown, constants: number, place: Place): void {
  for (const flow of flows) addAs('equality', flow, node, place, { constants, arrays: [] })
}

export function addCondition(value: unknown, clause: Clause, rows: Sources, scope: Scope): void {
  const place: Place = { clause, rows, scope }
  const pending: unknown[] = [value]
  while (pending.length > 0) {
    const next = pending.pop()
    const node = typed(next)
    spend(scope.evaluation, 1)
    if (node === null) continue
    const parts = node.type === 'BoolExpr' ? joined(node.fields) : null
    if (parts !== null) pending.push(...parts)
    else addLeaf(node, next, place)
  }
}

/** AND and OR of conditions; NOT only of a test for NULL, which is one as well. */
function joined(fields: Fields): readonly unknown[] | null {
  const args = listOf(fields['args'])
  return fields['boolop'] !== 'NOT_EXPR' || as('NullTest', args[0]) !== null ? args : null
}

function addLeaf(node: Typed, value: unknown, place: Place): void {
  const { fields } = node
  if (node.type === 'NullTest') {
    const flow = plainFlow(fields['arg'], place.scope)
    if (flow !== null) return addAs('null-test', flow, value, place)
  }
  if (node.type === 'A_Expr' && isEquals(fields['name'], place.scope.evaluation.catalog)) return addEquality(fields, value, place)
  addOther(value, [value], place)
}

function addEquality(fields: Fields, value: unknown, place: Place): void {
  const { catalog } = place.scope.evaluation
  const [left, right] = [fields['lexpr'], fields['rexpr']]
  switch (fields['kind']) {
    case 'AEXPR_OP': case 'AEXPR_NOT_DISTINCT': return addPair(left, right, place)
    case 'AEXPR_IN': return addList(left, listOf(as('List', right)?.['items']), place)
    case 'AEXPR_OP_ANY': {
      const elements = elementsOf(right, catalog)
      const flow = elements === null ? null : plainFlow(left, place.scope)
      if (flow !== null && elements !== null) return addAs('equality', flow, right, place, elements)
    }
  }
  addOther(value, [value], place)
}

function addList(left: unknown, items: readonly unknown[], place: Place): void {
  const flow = items.every((item) => isConstant(item, place.scope.evaluation.catalog)) ? plainFlow(left, place.scope) : null
  if (flow !== null) addAs('equality', flow, items, place, { constants: items.length, arrays: [] })
  else for (const item of items) addPair(left, item, place)
}

/** `a = b`, and rows of such: `(a, b) = (1, 2)`. */
function addPair(first: unknown, second: unknown, place: Place): void {
  const pending: (readonly [unknown, unknown])[] = [[first, second]]
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    const [left, right] = pair
    spend(place.scope.evaluation, 1)
    const [leftRow, rightRow] = [rowOf(left), rowOf(right)]
    if (leftRow !== null && rightRow !== null && leftRow.length === rightRow.length) pending.push(...leftRow.map((item, index) => [item, rightRow[index]] as const))
    else addScalarPair(left, right, place)
  }
}

function rowOf(value: unknown): readonly unknown[] | null {
  const row = as('RowExpr', value)
  return row === null ? null : listOf(row['args'])
}

function addScalarPair(left: unknown, right: unknown, place: Place): void {
  const { catalog } = place.scope.evaluation
  const column = isConstant(right, catalog) ? left : isConstant(left, catalog) ? right : null
  const flow = column === null ? null : plainFlow(column, place.scope)
  // Of a list `left` is met again and again: the right side tells the places apart.
  if (flow !== null) addAs('equality', flow, right, place, { constants: 1, arrays: [] })
  else addOther(right, [left, right], place)
}

function addOther(node: unknown, values: readonly unknown[], place: Place): void {
  const flow = newFlow()
  addExpressions(values, flow, place.scope, 'deciding')
  addAs('other', flow, node, place)
}

/** What is exactly a column in the form it is used in; what is computed from others, never. */
function addAs(form: Form, flow: Flow, node: unknown, { clause, rows, scope }: Place, compared: Compared = { constants: 0, arrays: [] }): void {
  addFlow(asInfluence(rows), flow)
  const { uses } = scope.evaluation
  if (uses === null) return
  // What a function compares with is its caller's to choose, and need not be a constant.
  const exact = form === 'other' || (form === 'equality' && scope.evaluation.bodies > 0) ? none : flow.exact ?? none
  const rest = new Set([...flow.value.columns].filter((key) => !exact.has(key)))
  spend(scope.evaluation, flow.value.columns.size)
  recordUse(uses, node, { clause, form, ...compared }, { columns: new Set(exact), unknown: null })
  recordUse(uses, node, { clause, form: 'other', constants: 0, arrays: [] }, { columns: rest, unknown: flow.value.unknown })
}

const none: ReadonlySet<number> = new Set()

/** count(column), count(row): how many are not NULL, and nothing else. */
export function addCounted(args: readonly unknown[], rows: Sources, scope: Scope): void {
  const place: Place = { clause: 'function', rows, scope }
  for (const arg of args) {
    const parts = words(as('ColumnRef', arg)?.['fields'])
    // A row is counted as long as there is one, whatever its columns hold.
    const isRow = as('ColumnRef', arg) !== null && (listOf(as('ColumnRef', arg)?.['fields']).length > parts.length || rowOfName(parts, scope) !== null)
    const flow = isRow ? newFlow() : plainFlow(arg, scope)
    if (isRow) addExpressions([arg], asInfluence(rows), scope, 'deciding')
    else if (flow !== null) addAs('null-test', flow, arg, place)
    else addOther(arg, [arg], place)
  }
}

/** Of a column as it stands, by any name, also as text; null: it is something else. */
export function plainFlow(value: unknown, scope: Scope): Flow | null {
  let at = value
  for (let cast = as('TypeCast', at); cast !== null; cast = as('TypeCast', at)) {
    if (!isTextType(cast['typeName'])) return null
    at = cast['arg']
  }
  const flow = columnFlow(at, scope)
  if (flow === null || at === value) return flow
  const { catalog } = scope.evaluation
  if (catalog.derivations?.hasImpureCasts !== false) return null
  const isWhole = (key: number): boolean => {
    const { oid, number } = columnOf(key)
    const type = catalog.byOid.get(oid)?.columns.find((column) => column.number === number)?.typeOid
    return type !== undefined && keepsValueAsText(type)
  }
  return { ...flow, exact: new Set([...flow.exact ?? []].filter(isWhole)) }
}

function columnFlow(value: unknown, scope: Scope): Flow | null {
  const reference = as('ColumnRef', value)
  if (reference !== null) {
    const parts = words(reference['fields'])
    return parts.length === listOf(reference['fields']).length ? flowOfName(parts, scope) : null
  }
  const indirection = as('A_Indirection', value)
  return indirection === null || listOf(indirection['indirection']).length !== 1 ? null : fieldOfRow(indirection, scope)
}
