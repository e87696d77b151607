// Calls. A function of PostgreSQL's own gives what its arguments hold, if it is immutable or in the list of trusted-functions.ts;
// one of the database's own only if it is immutable C. Anything else may read what we do not see: unknown.
import type { Catalog, CatalogFunction } from '../catalog.ts'
import { listOf, typed, words, type Fields } from '../tree.ts'
import { addCondition, addCounted, decide } from './conditions.ts'
import { flowOf, window, type Walk } from './expressions.ts'
import type { Scope } from './scope.ts'
import { add, addFlow, anyColumn, type Flow, type Rowset } from './sources.ts'
import { positionalArguments, rowsOfBody } from './sql-functions.ts'
import { countingFunctions, trustedFunctions } from './trusted-functions.ts'

export function addCall(fields: Fields, into: Flow, walk: Walk): void {
  const { scope } = walk
  const parts = words(fields['funcname'])
  const { catalog } = scope.evaluation
  const doubt = doubtOfFunction(parts, catalog)
  const body = doubt === null ? null : bodyOfCall(fields, scope)
  if (body !== null) {
    addFlow(into, anyColumn(body))
    add(into.influence, body.rows)
    if (returnsSet(parts, catalog)) add(scope.rows, body.rows)
    return
  }
  into.value.unknown ??= doubt
  const isWithinGroup = fields['agg_within_group'] === true
  // rank(5) within group (order by salary) says where 5 would stand: that is a comparison.
  const counts = countingFunctions.has(parts.at(-1) ?? '') && !isWithinGroup
  if (!counts) walk.push(fields['args'], into)
  else if (fields['agg_distinct'] === true) decide(listOf(fields['args']), 'distinct', into.influence, scope)
  else addCounted(listOf(fields['args']), into.influence, scope)
  if (isWithinGroup) walk.push(fields['agg_order'], into)
  else decide([fields['agg_order']], 'order-by', into.influence, scope)
  addCondition(fields['agg_filter'], 'filter', into.influence, scope)
  const over = typed(fields['over'], 'over')
  if (over !== null) window(over.fields, into, walk)
  // In a target list a set-returning function decides how many rows there are.
  if (returnsSet(parts, catalog)) decide(listOf(fields['args']), 'function', scope.rows, scope)
}

/** What a function written in SQL selects; null: its body is not seen. */
export function bodyOfCall(fields: Fields, scope: Scope): Rowset | null {
  const parts = words(fields['funcname'])
  const args = positionalArguments(fields)
  const isPlain = ['agg_order', 'agg_filter', 'agg_within_group', 'agg_distinct', 'agg_star', 'over'].every((field) => fields[field] === undefined)
  return args === null || !isPlain ? null : rowsOfBody(parts, args.map((arg) => flowOf(arg, scope)), scope.evaluation)
}

/** Why the result may hold more than the arguments do; null: it does not. */
export function doubtOfFunction(parts: readonly string[], catalog: Catalog): string | null {
  const name = parts.at(-1) ?? ''
  const { derivations } = catalog
  if (derivations === undefined) return 'the functions of this database are not known'
  const found = candidates(parts, catalog)
  const isKnown = found.length > 0 && found.every((item) => item.isPure || (item.isSystem && trustedFunctions.has(name)))
  return isKnown ? null : `what the function ${parts.join('.')} reads is not known`
}

/** The same result for the same arguments, always, and one only. */
export function isPureFunction(parts: readonly string[], catalog: Catalog): boolean {
  const found = candidates(parts, catalog)
  return found.length > 0 && found.every((item) => item.isPure && !item.returnsSet)
}

/** Functions a name may mean: by the path both PostgreSQL's and the database's own. */
function candidates(parts: readonly string[], { derivations, userFunctions }: Catalog): readonly CatalogFunction[] {
  const name = parts.at(-1) ?? ''
  const schema = parts.at(-2)
  if (derivations === undefined) return []
  const system = derivations.systemFunctions.get(name)
  const other = derivations.otherFunctions.get(name) ?? (userFunctions.has(name) ? opaque : undefined)
  if (schema === 'pg_catalog' || schema === 'information_schema') return system === undefined ? [] : [system]
  const all = schema === undefined ? [system, other] : [other]
  return all.filter((item) => item !== undefined)
}

const opaque: CatalogFunction = { isSystem: false, isPure: false, returnsSet: true, columns: null }

function returnsSet(parts: readonly string[], catalog: Catalog): boolean {
  const found = candidates(parts, catalog)
  return found.length === 0 || found.some((item) => item.returnsSet)
}

/** What a call in FROM has for columns: their names, one of its own name, or not known. */
export function shapeOfFunction(parts: readonly string[], catalog: Catalog): CatalogFunction['columns'] {
  const found = candidates(parts, catalog)
  return found.length === 1 && found[0] !== undefined ? found[0].columns : null
}

/** `(row).name`: a field, or a function of that name. */
export function doubtOfField(name: string, catalog: Catalog): string | null {
  return candidates([name], catalog).length === 0 ? null : doubtOfFunction([name], catalog)
}

/** BETWEEN and the like are written with operators of other names. */
const spelled: { readonly [name: string]: readonly string[] } = {
  BETWEEN: ['>=', '<='], 'NOT BETWEEN': ['<', '>'], 'BETWEEN SYMMETRIC': ['>=', '<='], 'NOT BETWEEN SYMMETRIC': ['<', '>'],
}

export function doubtOfOperator(name: unknown, { derivations }: Catalog): string | null {
  if (derivations === undefined) return 'the operators of this database are not known'
  const parts = words(name)
  const own = parts.at(-1) ?? ''
  if (parts.at(-2) === 'pg_catalog') return null
  const doubted = (Object.hasOwn(spelled, own) ? spelled[own] ?? [] : [own]).find((item) => derivations.impureOperators.has(item))
  return doubted === undefined ? null : `what the operator ${doubted} reads is not known`
}
