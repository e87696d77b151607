// Whether a condition narrows anything, for `update-without-where` and `delete-without-where`. A small named list, not a prover:
// no condition, one without any column, a comparison of a thing with itself, `x is null or x is not null` and its kin.
import { as, constantOf, listOf, shapeOf, typed, words, type Fields } from './tree.ts'

/** Operators and their negations: either side of an OR with both is every row. */
const negations: { readonly [operator: string]: string } = { '=': '<>', '<>': '=', '<': '>=', '>=': '<', '>': '<=', '<=': '>' }

/** `(x)::bool`, `(x) is true`, `(x) collate "C"` say what x says. Unwrapped in a loop: thousands of casts can stand on one another. */
const wrappers: ReadonlySet<string> = new Set(['BooleanTest', 'TypeCast', 'CollateClause'])

function unwrapped(value: unknown): unknown {
  let inner = value
  for (let node = typed(inner); node !== null && wrappers.has(node.type); node = typed(inner)) inner = node.fields['arg']
  return inner
}

export function isVacuous(condition: unknown): boolean {
  const value = unwrapped(condition)
  if (value === undefined || value === null) return true
  const node = typed(value)
  if (node === null) return false
  const decide = vacuous[node.type]
  return (decide !== undefined && decide(node.fields)) || !namesColumn(value)
}

const vacuous: { readonly [type: string]: (fields: Fields) => boolean } = {
  BoolExpr: (fields) => {
    const args = listOf(fields['args'])
    if (fields['boolop'] === 'OR_EXPR') return args.some(isVacuous) || hasOpposites(args)
    return args.every(isVacuous)
  },
  A_Expr: (fields) => comparesWithItself(fields) || matchesAnything(fields),
  CoalesceExpr: (fields) => listOf(fields['args']).some(isVacuous),
  CaseExpr: (fields) => isVacuous(fields['defresult']) && listOf(fields['args']).every((item) => isVacuous(as('CaseWhen', item)?.['result'])),
  SubLink: (fields) => fields['subLinkType'] === 'EXISTS_SUBLINK' && selectsUnconditionally(fields['subselect']),
  CurrentOfExpr: () => false,
}

/** `exists (select … from s)` without a condition of its own is one answer for every row. */
function selectsUnconditionally(value: unknown): boolean {
  const select = as('SelectStmt', value)
  if (select === null || select['larg'] !== undefined) return false
  return isVacuous(select['whereClause']) && select['havingClause'] === undefined && !namesColumn(select['fromClause']) && select['limitCount'] === undefined
}

function comparesWithItself(fields: Fields): boolean {
  const left = sideOf(fields['lexpr'])
  const right = fields['rexpr']
  const rights = typed(right)?.type === 'List' ? listOf(as('List', right)?.['items']) : Array.isArray(right) ? right : [right]
  const elements = rights.flatMap((item) => listOf(as('A_ArrayExpr', item)?.['elements']))
  return [...rights, ...elements].some((item) => sameSide(left, sideOf(item)))
}

interface Side { readonly column: readonly string[] | null; readonly shape: string }

function sideOf(value: unknown): Side {
  const ref = as('ColumnRef', value)
  return { column: ref === null ? null : words(ref['fields']), shape: shapeOf(value) }
}

/** `t.id = id` is a self-comparison unless both sides name different tables. */
function sameSide(left: Side, right: Side): boolean {
  if (left.column === null || right.column === null) return left.shape === right.shape
  const [a, b] = [left.column, right.column]
  return a.at(-1) === b.at(-1) && (a.length < 2 || b.length < 2 || a.at(-2) === b.at(-2))
}

/** `like '%'` holds for every value that is not null. */
function matchesAnything(fields: Fields): boolean {
  if (fields['kind'] !== 'AEXPR_LIKE' && fields['kind'] !== 'AEXPR_ILIKE') return false
  const pattern = constantOf(fields['rexpr'])
  return typeof pattern === 'string' && /^%+$/.test(pattern)
}

function hasOpposites(args: readonly unknown[]): boolean {
  const shapes = new Set(args.map(shapeOf))
  return args.some((arg) => {
    const opposite = oppositeOf(arg)
    return opposite !== null && shapes.has(opposite)
  })
}

function oppositeOf(value: unknown): string | null {
  const node = typed(value)
  if (node?.type === 'NullTest') {
    const flipped = node.fields['nulltesttype'] === 'IS_NULL' ? 'IS_NOT_NULL' : 'IS_NULL'
    return shapeOf({ NullTest: { ...node.fields, nulltesttype: flipped } })
  }
  if (node?.type === 'BoolExpr' && node.fields['boolop'] === 'NOT_EXPR') return shapeOf(listOf(node.fields['args'])[0])
  if (node?.type !== 'A_Expr' || node.fields['kind'] !== 'AEXPR_OP') return null
  const flipped = negations[words(node.fields['name']).join('.')]
  return flipped === undefined ? null : shapeOf({ A_Expr: { ...node.fields, name: [{ String: { sval: flipped } }] } })
}

function namesColumn(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(namesColumn)
  const node = typed(value)
  if (node === null) return false
  if (node.type === 'ColumnRef') return words(node.fields['fields']).length > 0 && !listOf(node.fields['fields']).some((item) => as('A_Star', item) !== null)
  if (node.type === 'CurrentOfExpr') return true
  return Object.values(node.fields).some(namesColumn)
}
