// Expressions to flows, a table by node type; a type that is not in it is unknown. One list of what is still to be looked at, no
// recursion: a sum of 12,000 terms is 12,000 levels deep. Conditions of CASE, COALESCE and NULLIF count as value (docs/masking.md).
import { as, listOf, text, typed, words, type Fields } from '../tree.ts'
import { addCondition, decide } from './conditions.ts'
import { riskOfNode, type Risk } from './failures.ts'
import { addCall, doubtOfField, doubtOfOperator } from './functions.ts'
import { flowOfName, rowOfName } from './names.ts'
import { spend, type Scope } from './scope.ts'
import { addFlow, addRisk, newFlow, sizeOf, type Flow } from './sources.ts'
import { addSublink, addSubquery } from './sublinks.ts'
import { flowOfStar } from './targets.ts'
import { recordUse } from './uses.ts'

/** `push` puts a part on the list: what it holds flows into `into`. */
export interface Walk {
  readonly scope: Scope
  readonly push: (value: unknown, into: Flow) => void
  /** What is walked decides rows: a subquery's own conditions are no second time what is asked. */
  readonly isDeciding: boolean
}
type Visit = (fields: Fields, into: Flow, walk: Walk) => void

export function flowOf(value: unknown, scope: Scope): Flow {
  const into = newFlow()
  addExpressions([value], into, scope)
  return into
}

export function addExpressions(values: readonly unknown[], into: Flow, scope: Scope, purpose: 'value' | 'deciding' | 'branch' | 'may fail' = 'value'): void {
  const pending: { readonly value: unknown; readonly into: Flow }[] = []
  const walk: Walk = { scope, isDeciding: purpose === 'deciding', push: (value, target) => void pending.push({ value, into: target }) }
  walk.push(values, into)
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const risk = riskOf(next.value, scope)
    if (purpose === 'value' && (risk === 'branch' || risk === 'may fail')) addRisky(next.value, risk, next.into, scope)
    else {
      visit(next.value, next.into, walk)
      if (risk === 'alike' || risk === 'may fail') addRisk(next.into, risk)
    }
  }
}

/**
 * A part that may fail tells of what is in it, and a branch of what is in it where any part of it may. They are walked by themselves:
 * what stands beside them is not told of. (A condition is judged by what it uses, however it is computed.)
 */
function addRisky(value: unknown, risk: 'branch' | 'may fail', into: Flow, scope: Scope): void {
  const flow = newFlow()
  addExpressions([value], flow, scope, risk)
  addFlow(into, flow)
  const { uses } = scope.evaluation
  if (flow.fails !== undefined && uses !== null) recordUse(uses, value, { clause: 'failure', form: 'other', constants: 0, arrays: [] }, { columns: flow.value.columns, unknown: null })
}

function riskOf(value: unknown, scope: Scope): Risk {
  const node = typed(value)
  return node === null ? 'none' : riskOfNode(node.type, node.fields, scope)
}

function visit(value: unknown, into: Flow, walk: Walk): void {
  spend(walk.scope.evaluation, 1)
  if (Array.isArray(value)) {
    for (const item of value) walk.push(item, into)
    return
  }
  const node = typed(value)
  if (node === null) return
  const work = node.type === '' ? children : Object.hasOwn(visits, node.type) ? visits[node.type] : undefined
  if (work === undefined) into.value.unknown ??= `${node.type} is no expression that is known`
  else work(node.fields, into, walk)
}

/** Whatever is inside; types and names are not values. */
function children(fields: Fields, into: Flow, walk: Walk): void {
  for (const field in fields) {
    if (!notValues.has(field) && typeof fields[field] === 'object') walk.push(fields[field], into)
  }
}

const notValues: ReadonlySet<string> = new Set(['typeName', 'returning', 'output', 'format', 'collname', 'name', 'over'])
const nothing: Visit = () => undefined

const visits: { readonly [type: string]: Visit } = {
  A_Const: nothing, ParamRef: parameter, SetToDefault: nothing, SQLValueFunction: nothing, CurrentOfExpr: nothing,
  String: nothing, Integer: nothing, Float: nothing, Boolean: nothing, BitString: nothing, TypeName: nothing,
  // Neither looks at a value: which columns a row is grouped by, what MERGE did to it.
  GroupingFunc: nothing, MergeSupportFunc: nothing,
  List: children, BoolExpr: children, NullTest: children, BooleanTest: children, CaseExpr: children, CaseWhen: children,
  CoalesceExpr: children, MinMaxExpr: children, CollateClause: children, A_ArrayExpr: children, RowExpr: children, A_Indices: children,
  NamedArgExpr: children, ResTarget: children, SortBy: children, XmlExpr: children, XmlSerialize: children,
  JsonObjectConstructor: children, JsonArrayConstructor: children, JsonKeyValue: children, JsonValueExpr: children, JsonArgument: children,
  JsonFuncExpr: children, JsonBehavior: children, JsonIsPredicate: children, JsonParseExpr: children, JsonScalarExpr: children, JsonSerializeExpr: children,
  JsonObjectAgg: jsonAggregate, JsonArrayAgg: jsonAggregate,
  ColumnRef: column, A_Expr: operator, TypeCast: cast, FuncCall: addCall, A_Indirection: indirection, WindowDef: window,
  SubLink: addSublink,
  JsonArrayQueryConstructor: (fields, into, walk) => addSubquery(fields['query'], into, walk.scope),
  MultiAssignRef: (fields, into, walk) => walk.push(fields['source'], into),
}

/** Of the statement it is the client's own; in the body of a function, an argument. */
function parameter(fields: Fields, into: Flow, { scope }: Walk): void {
  if (scope.evaluation.bodies === 0) return
  let at: Scope | null = scope
  while (at !== null && at.parameters === undefined) at = at.outer
  const flow = at?.parameters?.[Number(fields['number'] ?? 0) - 1]
  if (flow === undefined) into.value.unknown ??= 'a parameter that the function does not have'
  else addFlow(into, flow)
}

function column(fields: Fields, into: Flow, { scope }: Walk): void {
  const list = listOf(fields['fields'])
  const parts = words(list)
  const isStar = list.some((item) => as('A_Star', item) !== null)
  const flow = isStar ? flowOfStar(parts, scope) : flowOfName(parts, scope)
  spend(scope.evaluation, sizeOf(flow))
  addFlow(into, flow)
}

function operator(fields: Fields, into: Flow, walk: Walk): void {
  into.value.unknown ??= doubtOfOperator(fields['name'], walk.scope.evaluation.catalog)
  walk.push(fields['lexpr'], into)
  walk.push(fields['rexpr'], into)
}

function cast(fields: Fields, into: Flow, walk: Walk): void {
  const { derivations } = walk.scope.evaluation.catalog
  if (derivations?.hasImpureCasts !== false) into.value.unknown ??= 'what the casts of this database read is not known'
  walk.push(fields['arg'], into)
}

/** `(c).email` is one column where c is a row that is named; else something of the whole, or a function of it (docs 8.16.5). */
function indirection(fields: Fields, into: Flow, walk: Walk): void {
  const steps = listOf(fields['indirection'])
  const found = fieldOfRow(fields, walk.scope)
  if (found === null) walk.push(fields['arg'], into)
  else addFlow(into, found)
  for (const step of found === null ? steps : steps.slice(1)) {
    const name = text(as('String', step)?.['sval'])
    if (name === null) walk.push(step, into)
    else into.value.unknown ??= doubtOfField(name, walk.scope.evaluation.catalog)
  }
}

/** The column that the first step names, of a row that is named. */
export function fieldOfRow(fields: Fields, scope: Scope): Flow | null {
  const field = text(as('String', listOf(fields['indirection'])[0])?.['sval'])
  const reference = as('ColumnRef', fields['arg'])
  const row = field === null || reference === null ? null : rowOfName(words(reference['fields']), scope)
  const named = row?.columns.filter(({ name }) => name === field) ?? []
  return named.length === 1 ? named[0]?.flow ?? null : null
}

/** Partition, order and frame decide which rows a function sees. */
export function window(fields: Fields, into: Flow, walk: Walk): void {
  const name = text(fields['name']) ?? text(fields['refname'])
  const base = name === null ? undefined : walk.scope.windows.get(name)
  if (name !== null && base === undefined) into.value.unknown ??= `the window ${name} is not known`
  for (const part of [fields, base, base === undefined ? undefined : walk.scope.windows.get(text(base['refname']) ?? '')]) {
    if (part !== undefined) decide([part['partitionClause'], part['orderClause'], part['startOffset'], part['endOffset']], 'window', into.influence, walk.scope)
  }
}

/** JSON_ARRAYAGG(x ORDER BY y) FILTER (WHERE z): x is value, y and z decide. */
function jsonAggregate(fields: Fields, into: Flow, walk: Walk): void {
  const parts = typed(fields['constructor'])?.fields ?? {}
  walk.push(fields['arg'], into)
  addCondition(parts['agg_filter'], 'filter', into.influence, walk.scope)
  decide([parts['agg_order']], 'order-by', into.influence, walk.scope)
  if (typeof parts['over'] === 'object') window(typed(parts['over'])?.fields ?? {}, into, walk)
}
