// Which parts of an expression may fail for some values and not for others: an error is an answer too, however well its text is hidden
// (`salary + 2147400000` overflows from one salary on; `case when email > 'm' then 1 / 0 end`). What is not listed may fail.
import { as, constantOf, listOf, text, typed, words, type Fields } from '../tree.ts'
import { plainFlow } from './conditions.ts'
import { isTextType } from './constants.ts'
import type { Scope } from './scope.ts'
import { columnOf, type Flow } from './sources.ts'

/**
 * `branch`: evaluates its parts only for some rows. `alike`: fails, if it does, for every row alike (of constants, by the rows of a
 * subquery), and so tells nothing until a branch chooses the rows. Arrays and rows are so too: a branch would choose between shapes.
 */
export type Risk = 'none' | 'alike' | 'branch' | 'may fail'

const list = (names: string): ReadonlySet<string> => new Set(names.split(/\s+/))

// Not `@>`, `<@`, `&&`: intarray's fail over NULL elements.
const operators = list('= <> != < <= > >= || -> ->> #> #>> ? ?| ?&')
const operatorKinds = list('AEXPR_OP AEXPR_OP_ANY AEXPR_OP_ALL AEXPR_DISTINCT AEXPR_NOT_DISTINCT AEXPR_NULLIF AEXPR_IN')
const betweens = list('AEXPR_BETWEEN AEXPR_NOT_BETWEEN AEXPR_BETWEEN_SYM AEXPR_NOT_BETWEEN_SYM')

const functions = list(`count min max bool_and bool_or every string_agg json_agg jsonb_agg
  json_build_array jsonb_build_array to_json to_jsonb row_to_json array_to_json lower upper initcap length char_length character_length octet_length
  bit_length btrim ltrim rtrim md5 reverse concat concat_ws quote_ident quote_literal quote_nullable left right strpos position starts_with isfinite
  row_number rank dense_rank percent_rank cume_dist first_value last_value pg_typeof pg_column_size cardinality array_length
  floor ceil ceiling round trunc sign now current_database current_schema version grouping`)
/** What comes beside the value must be the same for every row. */
const ofOneValue = list('substring substr split_part date_trunc date_part extract to_char string_to_array')
/** As those, but of all the rows: no branch around them decides whether they are computed. */
const ofOneValueInRows = list('lag lead nth_value ntile mode percentile_disc')
/** Of numbers that are a column as it stands: what is computed overflows as it likes, and money and intervals by many rows. */
const sums = list('sum avg')
const wholeNumbers: ReadonlySet<number> = new Set([20, 21, 23])
const numeric = 1700
const arrayAgg = list('array_agg')
/** Of two infinite ones there is none. */
const ages = list('age')
/** Their keys may not be NULL. */
const ofKeys = list('json_build_object jsonb_build_object json_object_agg jsonb_object_agg')

type Judge = (fields: Fields, scope: Scope) => Risk

const risks: { readonly [type: string]: Judge } = {
  CaseExpr: () => 'branch', CoalesceExpr: () => 'branch',
  BoolExpr: ({ boolop }) => boolop === 'NOT_EXPR' ? 'none' : 'branch',
  SubLink: () => 'alike', JsonArrayQueryConstructor: () => 'alike', MultiAssignRef: () => 'alike',
  A_Expr: operatorRisk, TypeCast: castRisk, FuncCall: callRisk,
  // An array of arrays has to be rectangular, and two rows that are compared of one shape.
  A_ArrayExpr: ({ elements }, scope) => listOf(elements).some((item) => mayBeArray(item, scope)) ? 'may fail' : 'alike',
  RowExpr: () => 'alike',
  JsonObjectConstructor: ({ unique, exprs }) => unique === true || !listOf(exprs).every((item) => isConstant(as('JsonKeyValue', item)?.['key'])) ? 'may fail' : 'none',
  JsonObjectAgg: ({ unique, arg }, scope) => unique === true || !isKey(as('JsonKeyValue', arg, 'arg')?.['key'], scope) ? 'may fail' : 'none',
  XmlExpr: () => 'may fail', XmlSerialize: () => 'may fail', JsonFuncExpr: () => 'may fail', JsonParseExpr: () => 'may fail', JsonSerializeExpr: () => 'may fail',
}

/** Of one node, its parts left aside; what has no entry computes nothing. */
export function riskOfNode(type: string, fields: Fields, scope: Scope): Risk {
  return Object.hasOwn(risks, type) ? risks[type]!(fields, scope) : 'none'
}

function operatorRisk({ kind, name, lexpr, rexpr }: Fields, scope: Scope): Risk {
  if (betweens.has(text(kind) ?? '')) return 'none'
  if (!operatorKinds.has(text(kind) ?? '') || !isOneOf(operators, name)) return 'may fail'
  return words(name).at(-1) === '||' && [lexpr, rexpr].some((side) => isArray(side, scope)) ? 'may fail' : 'none'
}

/** A literal becomes a value when the statement is parsed, of a type that has no conditions; a parameter, or a value of another type, when it is run. */
function castRisk({ arg, typeName }: Fields): Risk {
  if (isTextType(typeName, true) || (as('A_Const', arg) !== null && isPlainType(typeName))) return 'none'
  return isConstant(arg) ? 'alike' : 'may fail'
}

function callRisk(fields: Fields, scope: Scope): Risk {
  const { funcname } = fields
  const args = listOf(fields['args'])
  const rest = args.filter((arg) => !isConstant(arg)).length
  if (isOneOf(functions, funcname)) return 'none'
  if (isOneOf(ofOneValueInRows, funcname)) return rest <= 1 ? 'none' : 'may fail'
  if (isOneOf(ofOneValue, funcname)) return rest > 1 ? 'may fail' : riskOfOneValue(args, scope)
  if (isOneOf(sums, funcname)) return args.every((arg) => isSummable(arg, scope)) ? 'none' : 'may fail'
  if (isOneOf(ofKeys, funcname)) return fields['func_variadic'] !== true && args.every((arg, at) => at % 2 === 1 || isKey(arg, scope)) ? 'none' : 'may fail'
  if (isOneOf(arrayAgg, funcname)) return args.some((arg) => mayBeArray(arg, scope)) ? 'may fail' : 'none'
  if (isOneOf(ages, funcname)) return args.length === 1 ? 'none' : 'may fail'
  return rest === 0 ? 'alike' : 'may fail'
}

/** A wrong pattern or unit fails wherever the value is not NULL, which something computed may be as it likes. */
function riskOfOneValue(args: readonly unknown[], scope: Scope): Risk {
  if (args.slice(1).every(isPositive)) return 'none'
  return args.every((arg) => isConstant(arg) || isWholeColumn(arg, scope)) ? 'alike' : 'may fail'
}

/** Written out, or a parameter; looked at one level deep, for every node of a deep tree is asked. */
function isConstant(value: unknown): boolean {
  const node = typed(value)
  const type = node?.type === 'TypeCast' ? typed(node.fields['arg'])?.type : node?.type
  return type === 'A_Const' || type === 'ParamRef'
}

function isPositive(value: unknown): boolean {
  return as('A_Const', value) !== null && Number(constantOf(value)) > 0
}

/** A name the grammar itself knows, or one of PostgreSQL's own that is written out: a domain would have conditions. */
function isPlainType(typeName: unknown): boolean {
  const fields = as('TypeName', typeName, 'typeName')
  return fields !== null && listOf(fields['arrayBounds']).length === 0 && isOneOf(plainTypes, fields['names'])
}
const plainTypes = list('int2 int4 int8 float4 float8 numeric bool date time timetz timestamp timestamptz interval json jsonb uuid bytea name bpchar')

/** NULL only where the column is, which is no secret. */
function isKey(value: unknown, scope: Scope): boolean {
  return isConstant(value) || isWholeColumn(value, scope)
}

function isWholeColumn(value: unknown, scope: Scope): boolean {
  return wholeColumns(value, scope) !== null
}

/** A sum of numeric overflows where another number of 131,072 digits is added. */
function isSummable(value: unknown, scope: Scope): boolean {
  const flow = wholeColumns(value, scope)
  const types = [...flow?.value.columns ?? []].map((key) => typeOf(key, scope) ?? 0)
  return flow !== null && (types.every((type) => wholeNumbers.has(type)) || (types.length === 1 && types[0] === numeric && flow.isMixed !== true))
}

function wholeColumns(value: unknown, scope: Scope): Flow | null {
  const flow = plainFlow(value, scope)
  return flow !== null && [...flow.value.columns].every((key) => flow.exact?.has(key) === true) ? flow : null
}

function typeOf(key: number, { evaluation }: Scope): number | undefined {
  const { oid, number } = columnOf(key)
  return evaluation.catalog.byOid.get(oid)?.columns.find((column) => column.number === number)?.typeOid
}

/** Types of the catalog's columns that are no arrays, by oid: PostgreSQL's own of one value. */
const scalars: ReadonlySet<number> = new Set([16, 17, 18, 19, 20, 21, 23, 25, 26, 114, 142, 650, 700, 701, 790, 869, 1042, 1043, 1082, 1083, 1114, 1184, 1186, 1266, 1700, 2950, 3802])
const firstOwnOid = 16_384

/** As far as its place tells: what branches and subqueries give is judged where they are. */
function isArray(value: unknown, scope: Scope): boolean {
  if (as('A_ArrayExpr', value) !== null) return true
  const cast = as('TypeCast', value)
  if (cast !== null) return listOf(as('TypeName', cast['typeName'], 'typeName')?.['arrayBounds']).length > 0
  return columnTypes(value, scope).some((type) => type < firstOwnOid && !scalars.has(type))
}

function mayBeArray(value: unknown, scope: Scope): boolean {
  const node = typed(value)
  switch (node?.type) {
    case 'A_Const': case 'A_ArrayExpr': case 'RowExpr': case 'BoolExpr': case 'NullTest': return false
    case 'TypeCast': return !isTextType(node.fields['typeName'], true) && !isPlainType(node.fields['typeName'])
    case 'A_Expr': return [node.fields['lexpr'], node.fields['rexpr']].some((side) => isArray(side, scope))
    case 'FuncCall': return !isOneOf(functions, node.fields['funcname'])
    case 'ColumnRef': return columnTypes(value, scope).some((type) => !scalars.has(type)) || plainFlow(value, scope) === null
    default: return true
  }
}

function columnTypes(value: unknown, scope: Scope): readonly number[] {
  return as('ColumnRef', value) === null ? [] : [...plainFlow(value, scope)?.value.columns ?? []].map((key) => typeOf(key, scope) ?? 0)
}

/** By its bare name or as PostgreSQL's own: one in another schema is somebody else's. */
function isOneOf(names: ReadonlySet<string>, name: unknown): boolean {
  const parts = words(name)
  const own = parts.at(-1) ?? ''
  return (parts.length === 1 || (parts.length === 2 && parts[0] === 'pg_catalog')) && names.has(own)
}
