// Which parts of an expression may fail for some values and not for others: an error is an answer too, however well its text is hidden
// (`salary + 2147400000` overflows from one salary on; `case when email > 'm' then 1 / 0 end`). What is not listed may fail.
import { listOf, text, typed, words, type Fields } from '../tree.ts'
import { plainFlow } from './conditions.ts'
import { isTextType } from './constants.ts'
import type { Scope } from './scope.ts'

/** `branch`: evaluates its parts only for some rows. `subquery`: fails by its own rows, not by what it is part of. */
export type Risk = 'none' | 'subquery' | 'branch' | 'may fail'

const list = (names: string): ReadonlySet<string> => new Set(names.split(/\s+/))

const operators = list('= <> != < <= > >= || -> ->> #> #>> @> <@ && ? ?| ?&')
const operatorKinds = list('AEXPR_OP AEXPR_OP_ANY AEXPR_OP_ALL AEXPR_DISTINCT AEXPR_NOT_DISTINCT AEXPR_NULLIF AEXPR_IN')
const betweens = list('AEXPR_BETWEEN AEXPR_NOT_BETWEEN AEXPR_BETWEEN_SYM AEXPR_NOT_BETWEEN_SYM')

const functions = list(`count min max bool_and bool_or every array_agg string_agg json_agg jsonb_agg json_object_agg jsonb_object_agg json_build_object
  jsonb_build_object json_build_array jsonb_build_array to_json to_jsonb row_to_json array_to_json lower upper initcap length char_length character_length octet_length
  bit_length btrim ltrim rtrim md5 reverse concat concat_ws quote_ident quote_literal quote_nullable left right strpos position starts_with age isfinite
  row_number rank dense_rank percent_rank cume_dist first_value last_value pg_typeof pg_column_size cardinality array_length
  floor ceil ceiling round trunc sign now current_database current_schema version grouping`)
/** What comes beside the value must be the same for every row. */
const ofOneValue = list('substring substr split_part date_trunc date_part extract to_char lag lead nth_value ntile string_to_array mode percentile_disc')
/** Of the column itself: of something computed they overflow as it likes. */
const sums = list('sum avg')

type Judge = (fields: Fields, scope: Scope) => Risk

const risks: { readonly [type: string]: Judge } = {
  CaseExpr: () => 'branch', CoalesceExpr: () => 'branch',
  BoolExpr: ({ boolop }) => boolop === 'NOT_EXPR' ? 'none' : 'branch',
  SubLink: () => 'subquery', JsonArrayQueryConstructor: () => 'subquery', MultiAssignRef: () => 'subquery',
  A_Expr: ({ kind, name }) => betweens.has(text(kind) ?? '') || (operatorKinds.has(text(kind) ?? '') && isOneOf(operators, name)) ? 'none' : 'may fail',
  TypeCast: ({ arg, typeName }) => isTextType(typeName, true) || isConstant(arg) ? 'none' : 'may fail',
  FuncCall: callRisk,
  JsonObjectConstructor: ({ unique }) => unique === true ? 'may fail' : 'none', JsonObjectAgg: ({ unique }) => unique === true ? 'may fail' : 'none',
  XmlExpr: () => 'may fail', XmlSerialize: () => 'may fail', JsonFuncExpr: () => 'may fail', JsonParseExpr: () => 'may fail', JsonSerializeExpr: () => 'may fail',
}

/** Of one node, its parts left aside; what has no entry computes nothing. */
export function riskOfNode(type: string, fields: Fields, scope: Scope): Risk {
  return Object.hasOwn(risks, type) ? risks[type]!(fields, scope) : 'none'
}

function callRisk({ funcname, args: list }: Fields, scope: Scope): Risk {
  const args = listOf(list)
  if (isOneOf(functions, funcname)) return 'none'
  if (isOneOf(ofOneValue, funcname)) return args.filter((arg) => !isConstant(arg)).length <= 1 ? 'none' : 'may fail'
  if (isOneOf(sums, funcname)) return args.every((arg) => isWholeColumn(arg, scope)) ? 'none' : 'may fail'
  return args.every((arg) => isConstant(arg)) ? 'none' : 'may fail'
}

/** Written out, or a parameter; looked at one level deep, for every node of a deep tree is asked. */
function isConstant(value: unknown): boolean {
  const node = typed(value)
  const type = node?.type === 'TypeCast' ? typed(node.fields['arg'])?.type : node?.type
  return type === 'A_Const' || type === 'ParamRef'
}

function isWholeColumn(value: unknown, scope: Scope): boolean {
  const flow = plainFlow(value, scope)
  return flow !== null && [...flow.value.columns].every((key) => flow.exact?.has(key) === true)
}

/** By its bare name or as PostgreSQL's own: one in another schema is somebody else's. */
function isOneOf(names: ReadonlySet<string>, name: unknown): boolean {
  const parts = words(name)
  const own = parts.at(-1) ?? ''
  return (parts.length === 1 || (parts.length === 2 && parts[0] === 'pg_catalog')) && names.has(own)
}
