// What PostgreSQL calls an expression in a target list that has no AS (FigureColname in parse_target.c): a subquery's columns are
// looked up by these names.
import { as, listOf, text, typed, words, type Fields } from '../tree.ts'
import { LineageLimit } from './scope.ts'

/** `isFallback`: a name that a cast or CASE around it goes before. */
interface Figured { readonly name: string; readonly isFallback: boolean }
type Figure = (fields: Fields, depth: number) => Figured | null

const sure = (name: string | null | undefined): Figured | null => name === null || name === undefined ? null : { name, isFallback: false }
const always = (name: string): Figure => () => sure(name)

/** Casts within casts within casts. */
const nestingMax = 500

export function columnName(value: unknown): string {
  return figure(value, 0)?.name ?? '?column?'
}

function figure(value: unknown, depth: number): Figured | null {
  if (depth > nestingMax) throw new LineageLimit('an expression is nested too deeply for its name to be told')
  const node = typed(value)
  const work = node !== null && Object.hasOwn(figures, node.type) ? figures[node.type] : undefined
  return node === null || work === undefined ? null : work(node.fields, depth + 1)
}

const valueFunctions: { readonly [op: string]: string } = {
  SVFOP_CURRENT_TIME_N: 'current_time', SVFOP_CURRENT_TIMESTAMP_N: 'current_timestamp', SVFOP_LOCALTIME_N: 'localtime', SVFOP_LOCALTIMESTAMP_N: 'localtimestamp',
}
const xmlNames: { readonly [op: string]: string } = {
  IS_XMLCONCAT: 'xmlconcat', IS_XMLELEMENT: 'xmlelement', IS_XMLFOREST: 'xmlforest', IS_XMLPARSE: 'xmlparse', IS_XMLPI: 'xmlpi', IS_XMLROOT: 'xmlroot', IS_XMLSERIALIZE: 'xmlserialize',
}
const jsonNames: { readonly [op: string]: string } = { JSON_EXISTS_OP: 'json_exists', JSON_QUERY_OP: 'json_query', JSON_VALUE_OP: 'json_value' }

const figures: { readonly [type: string]: Figure } = {
  ColumnRef: (fields) => sure(words(fields['fields']).at(-1)),
  A_Indirection: (fields, depth) => sure(listOf(fields['indirection']).map((item) => text(as('String', item)?.['sval'])).filter((name) => name !== null).at(-1)) ?? figure(fields['arg'], depth),
  FuncCall: (fields) => sure(words(fields['funcname']).at(-1)),
  A_Expr: (fields) => sure(fields['kind'] === 'AEXPR_NULLIF' ? 'nullif' : null),
  TypeCast: cast,
  CollateClause: (fields, depth) => figure(fields['arg'], depth),
  GroupingFunc: always('grouping'), MergeSupportFunc: always('merge_action'),
  SubLink: sublink,
  CaseExpr: (fields, depth) => {
    const inner = figure(fields['defresult'], depth)
    return inner === null || inner.isFallback ? { name: 'case', isFallback: true } : inner
  },
  A_ArrayExpr: always('array'), RowExpr: always('row'), CoalesceExpr: always('coalesce'), XmlSerialize: always('xmlserialize'),
  MinMaxExpr: (fields) => sure(fields['op'] === 'IS_LEAST' ? 'least' : 'greatest'),
  SQLValueFunction: ({ op }) => sure(valueFunctions[text(op) ?? ''] ?? (text(op) ?? '').replace('SVFOP_', '').toLowerCase()),
  XmlExpr: ({ op }) => sure(xmlNames[text(op) ?? '']),
  JsonFuncExpr: ({ op }) => sure(jsonNames[text(op) ?? '']),
  JsonParseExpr: always('json'), JsonScalarExpr: always('json_scalar'), JsonSerializeExpr: always('json_serialize'),
  JsonObjectConstructor: always('json_object'), JsonArrayConstructor: always('json_array'), JsonArrayQueryConstructor: always('json_array'),
  JsonObjectAgg: always('json_objectagg'), JsonArrayAgg: always('json_arrayagg'),
}

function cast(fields: Fields, depth: number): Figured | null {
  const inner = figure(fields['arg'], depth)
  if (inner !== null && !inner.isFallback) return inner
  const type = words(as('TypeName', fields['typeName'], 'typeName')?.['names']).at(-1)
  return type === undefined ? inner : { name: type, isFallback: true }
}

function sublink(fields: Fields, depth: number): Figured | null {
  if (fields['subLinkType'] === 'EXISTS_SUBLINK') return sure('exists')
  if (fields['subLinkType'] === 'ARRAY_SUBLINK') return sure('array')
  if (fields['subLinkType'] !== 'EXPR_SUBLINK') return null
  let query = as('SelectStmt', fields['subselect'])
  while (query !== null && query['larg'] !== undefined) query = as('SelectStmt', query['larg'], 'larg')
  const first = as('ResTarget', listOf(query?.['targetList'])[0])
  // A subquery of VALUES has column1.
  if (first === null) return listOf(query?.['valuesLists']).length > 0 ? sure('column1') : null
  const name = text(first['name'])
  return name === null ? figure(first['val'], depth) : sure(name)
}
