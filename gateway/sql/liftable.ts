// Which constants of a statement cannot change its facts: a comparison of a column in WHERE, values written, LIMIT. Two texts that
// differ only there share one SqlFacts object. A constant anywhere else (a function's argument, a select list, an ordinal) keeps its text apart.
import { as, isFields, listOf, typed, type Fields } from './tree.ts'

/** Byte offsets of the constants that do not matter, of a text with one plain statement; null if it is anything else. */
export function irrelevantConstants(tree: unknown): ReadonlySet<number> | null {
  const list = isFields(tree) ? listOf(tree['stmts']) : []
  const [only] = list
  if (list.length !== 1 || !isFields(only)) return null
  const node = typed(only['stmt'])
  const collect = node === null ? undefined : collectors[node.type]
  if (node === null || collect === undefined || node.fields['withClause'] !== undefined) return null
  const found = new Set<number>()
  collect(node.fields, found)
  return found
}

const collectors: { readonly [type: string]: (fields: Fields, found: Set<number>) => void } = {
  SelectStmt: (fields, found) => {
    if (fields['larg'] !== undefined || fields['intoClause'] !== undefined) return
    condition(fields['whereClause'], found)
    take(fields['limitCount'], found)
    take(fields['limitOffset'], found)
  },
  InsertStmt: (fields, found) => {
    const values = as('SelectStmt', fields['selectStmt'])
    for (const row of listOf(values?.['valuesLists'])) for (const value of listOf(as('List', row)?.['items'])) take(value, found)
  },
  UpdateStmt: (fields, found) => {
    condition(fields['whereClause'], found)
    for (const item of listOf(fields['targetList'])) assigned(as('ResTarget', item)?.['val'], found)
  },
  DeleteStmt: (fields, found) => condition(fields['whereClause'], found),
}

/** PostgreSQL gives a negative number the place of its sign: the number itself is found by its digits (see `isLiftable`). */
function take(value: unknown, found: Set<number>): void {
  const constant = as('A_Const', value)
  if (constant !== null) found.add(Number(constant['location'] ?? 0))
}

/** A value, or arithmetic of columns and values (`set balance = balance + 5`). */
function assigned(value: unknown, found: Set<number>): void {
  take(value, found)
  const expression = as('A_Expr', value)
  if (expression === null || expression['kind'] !== 'AEXPR_OP') return
  const [left, right] = [expression['lexpr'], expression['rexpr']]
  if (as('ColumnRef', left) !== null) take(right, found)
  if (as('ColumnRef', right) !== null) take(left, found)
}

function condition(value: unknown, found: Set<number>): void {
  const node = typed(value)
  if (node?.type === 'BoolExpr' && node.fields['boolop'] === 'AND_EXPR') for (const arg of listOf(node.fields['args'])) condition(arg, found)
  if (node?.type === 'A_Expr') comparison(node.fields, found)
}

// An OR could be a pair of opposites, LIKE could match everything: those depend on the constant, so they are left alone.
const kinds: ReadonlySet<unknown> = new Set(['AEXPR_OP', 'AEXPR_IN'])
const operators: ReadonlySet<unknown> = new Set(['=', '<>', '<', '<=', '>', '>='])

function comparison(fields: Fields, found: Set<number>): void {
  const operator = typed(listOf(fields['name'])[0])?.fields['sval']
  if (!kinds.has(fields['kind']) || listOf(fields['name']).length !== 1 || !operators.has(operator)) return
  const [left, right] = [fields['lexpr'], fields['rexpr']]
  if (as('ColumnRef', left) !== null) {
    take(right, found)
    for (const item of listOf(as('List', right)?.['items'])) take(item, found)
  } else if (as('ColumnRef', right) !== null) take(left, found)
}
