// What a column may be compared with: expressions that are the same for every row, and how many values they stand for.
import type { Catalog } from '../catalog.ts'
import { as, constantOf, isFields, listOf, typed, words, type Fields } from '../tree.ts'
import { doubtOfOperator, isPureFunction } from './functions.ts'

/**
 * Constants, parameters, and immutable functions, operators and casts of them. Never what changes from row to row or call to call:
 * `= nextval('s')` would try one value after another. A collation changes what is equal.
 */
export function isConstant(value: unknown, catalog: Catalog): boolean {
  const pending: unknown[] = [value]
  while (pending.length > 0) {
    const node = typed(pending.pop())
    if (node === null) continue
    const parts = Object.hasOwn(constants, node.type) ? constants[node.type]!(node.fields, catalog) : null
    if (parts === null) return false
    pending.push(...parts)
  }
  return true
}

/** The parts that must be constant too; null: it is none whatever they are. */
const constants: { readonly [type: string]: (fields: Fields, catalog: Catalog) => readonly unknown[] | null } = {
  A_Const: () => [], ParamRef: () => [],
  // The user, the day: one value for the whole statement.
  SQLValueFunction: () => [],
  TypeCast: (fields, { derivations }) => derivations?.hasImpureCasts === false ? [fields['arg']] : null,
  A_Expr: (fields, catalog) => fields['kind'] === 'AEXPR_OP' && doubtOfOperator(fields['name'], catalog) === null ? [fields['lexpr'], fields['rexpr']] : null,
  FuncCall: (fields, catalog) => fields['over'] === undefined && isPureFunction(words(fields['funcname']), catalog) ? listOf(fields['args']) : null,
  A_ArrayExpr: (fields) => listOf(fields['elements']),
  RowExpr: (fields) => listOf(fields['args']),
}

export interface Compared { readonly constants: number; readonly arrays: readonly number[] }

/** `= ANY (…)`: an array written out, a text that PostgreSQL reads as one, or a parameter. Null: how many values it has cannot be told. */
export function elementsOf(value: unknown, catalog: Catalog): Compared | null {
  const pending: unknown[] = [value]
  const found = { constants: 0, arrays: [] as number[] }
  while (pending.length > 0) {
    const node = typed(pending.pop())
    const constant = node?.type === 'A_Const' ? constantOf({ A_Const: node.fields }) : undefined
    if (node?.type === 'TypeCast' && catalog.derivations?.hasImpureCasts === false) pending.push(node.fields['arg'])
    else if (node?.type === 'A_ArrayExpr') pending.push(...listOf(node.fields['elements']))
    // In an array of arrays a parameter may be one of them: whoever has its value counts.
    else if (node?.type === 'ParamRef') found.arrays.push(Number(node.fields['number'] ?? 0))
    else if (constant !== undefined) found.constants += constant === null ? 1 : countElements(constant)
    else return null
  }
  return found
}

/** At least as many as `{a,b}` has: separators inside quotes count too. Box arrays part with semicolons. */
export function countElements(text: string): number {
  let count = 1
  for (let at = 0; at < text.length; at++) if (text[at] === ',' || text[at] === ';') count++
  return count
}

/** `=`, PostgreSQL's own or one that hides nothing. */
export function isEquals(name: unknown, catalog: Catalog): boolean {
  const parts = words(name)
  return parts.at(-1) === '=' && (parts.length === 1 || (parts.length === 2 && parts[0] === 'pg_catalog')) && doubtOfOperator(name, catalog) === null
}

/** Types whose text says the value whole, whatever the session's settings (extra_float_digits rounds the others). */
const plainTexts: ReadonlySet<number> = new Set([16, 18, 19, 20, 21, 23, 25, 26, 1042, 1043, 1082, 1700, 2950])

export function keepsValueAsText(typeOid: number): boolean {
  return plainTexts.has(typeOid)
}

/** `::text` or `::varchar` without a length: nothing is cut. `mayCut`: or any other, which never fails either. */
export function isTextType(typeName: unknown, mayCut = false): boolean {
  const fields = as('TypeName', typeName, 'typeName')
  if (!isFields(fields)) return false
  const parts = words(fields['names'])
  const isOwn = parts.length === 1 || (parts.length === 2 && parts[0] === 'pg_catalog')
  const isPlain = (mayCut || listOf(fields['typmods']).length === 0) && listOf(fields['arrayBounds']).length === 0 && fields['setof'] !== true
  return isOwn && isPlain && (parts.at(-1) === 'text' || parts.at(-1) === 'varchar' || (mayCut && parts.at(-1) === 'bpchar'))
}
