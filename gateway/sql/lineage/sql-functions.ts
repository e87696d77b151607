// Functions written in SQL: what a call gives is what its body selects, with the arguments in the places of its parameters. Only a
// body that is one SELECT or RETURN, of a function that is the only one of its name; its conditions are its caller's, who chose
// the arguments. https://www.postgresql.org/docs/18/xfunc-sql.html
import type { Catalog } from '../catalog.ts'
import { as, isFields, listOf, text, typed, words, type Fields, type Typed } from '../tree.ts'
import { rowsOfQuery } from './query.ts'
import { deeper, topScope, type Evaluation, type Scope } from './scope.ts'
import { newFlow, type Flow, type Rowset } from './sources.ts'

interface Body {
  readonly name: string
  /** Of its input parameters, in order; null: it has none. */
  readonly parameters: readonly (string | null)[]
  readonly query: Typed
}

const bodies = new WeakMap<Catalog, Map<string, Body | null>>()

/** The rows of a call with these arguments; null: its body is not seen. */
export function rowsOfBody(parts: readonly string[], args: readonly Flow[], evaluation: Evaluation): Rowset | null {
  const body = bodyOf(parts, evaluation)
  if (body === null || body.parameters.length !== args.length) return null
  const columns = body.parameters.map((name, at) => ({ name, flow: args[at] ?? newFlow() }))
  const around: Scope = { ...topScope(evaluation), ranges: [{ name: body.name, oid: null, schema: null, columns, open: null, isPlain: true }], parameters: args }
  return deeper(evaluation, () => {
    evaluation.bodies++
    try {
      return rowsOfQuery(body.query, { ...topScope(evaluation), outer: around })
    } finally {
      evaluation.bodies--
    }
  })
}

/** As positions say; with names or VARIADIC it is not known here which parameter is which. */
export function positionalArguments(fields: Fields): readonly unknown[] | null {
  const args = listOf(fields['args'])
  return fields['func_variadic'] === true || args.some((arg) => as('NamedArgExpr', arg) !== null) ? null : args
}

function bodyOf(parts: readonly string[], { catalog, parse }: Evaluation): Body | null {
  const name = parts.at(-1) ?? ''
  const definition = catalog.derivations?.sqlFunctions?.get(name)
  if (definition === undefined || (parts.length > 1 && parts.at(-2) !== definition.schema)) return null
  let known = bodies.get(catalog)
  if (known === undefined) bodies.set(catalog, (known = new Map()))
  let body = known.get(name)
  if (body === undefined) known.set(name, (body = parsed(name, parse(definition.text), parse)))
  return body
}

/** `create function name(parameters) … as 'select …'`, or with a body that the grammar knows. */
function parsed(name: string, tree: unknown, parse: Evaluation['parse']): Body | null {
  const fields = as('CreateFunctionStmt', statementsOf(tree)[0])
  const query = fields === null ? null : queryOf(fields, parse)
  const all = listOf(fields?.['parameters']).map((item) => as('FunctionParameter', item) ?? {})
  if (query === null || all.some(({ mode }) => !modes.has(String(mode)))) return null
  return { name, query, parameters: all.filter(({ mode }) => inputs.has(String(mode))).map((parameter) => text(parameter['name'])) }
}

const inputs = new Set(['FUNC_PARAM_IN', 'FUNC_PARAM_DEFAULT'])
const modes = new Set([...inputs, 'FUNC_PARAM_OUT', 'FUNC_PARAM_TABLE'])

function queryOf(fields: Fields, parse: Evaluation['parse']): Typed | null {
  const statements = fields['sql_body'] === undefined ? statementsOf(parse(textOf(fields))) : flat(fields['sql_body'])
  const only = statements.length === 1 ? typed(statements[0]) : null
  if (only?.type === 'ReturnStmt') return { type: 'SelectStmt', fields: { targetList: [{ ResTarget: { val: only.fields['returnval'] } }] } }
  return only?.type === 'SelectStmt' && only.fields['intoClause'] === undefined ? only : null
}

/** BEGIN ATOMIC gives a list of lists of statements. */
function flat(value: unknown): readonly unknown[] {
  const list = as('List', value)
  return list === null ? [value] : listOf(list['items']).flatMap(flat)
}

function textOf(fields: Fields): string {
  const option = listOf(fields['options']).map((item) => as('DefElem', item) ?? {}).find((item) => item['defname'] === 'as')
  return words(as('List', option?.['arg'])?.['items'] ?? option?.['arg']).join('')
}

function statementsOf(tree: unknown): readonly unknown[] {
  return isFields(tree) ? listOf(tree['stmts']).map((item) => (isFields(item) ? item['stmt'] : null)) : []
}
