// WITH: each table sees those before it, or all of them where it is RECURSIVE. Worked out when first named; a recursive one is
// worked out again, with what it was found to hold, until nothing is added.
import { lineageRoundsMax } from '../../limits.ts'
import { as, listOf, text, typed, type Fields, type Typed } from '../tree.ts'
import { rowsOfQuery } from './query.ts'
import { renamed } from './relations.ts'
import { beside, LineageLimit, type CommonTable, type CommonTables, type Scope } from './scope.ts'
import { anyColumn, newFlow, newSources, add, sizeOf, union, unknownRows, type Column, type Rowset } from './sources.ts'

/** The scope that a statement with this WITH clause stands in. */
export function withTables(fields: Fields, scope: Scope): Scope {
  const clause = as('WithClause', fields['withClause'], 'withClause')
  if (clause === null) return scope
  const isRecursive = clause['recursive'] === true
  let tables = scope.tables
  const all = new Map<string, CommonTable>()
  if (isRecursive) tables = { byName: all, outer: tables }
  for (const item of listOf(clause['ctes'])) {
    const table = newTable(as('CommonTableExpr', item) ?? {}, isRecursive)
    table.scope = { ...scope, tables }
    const name = text(table.fields['ctename']) ?? ''
    all.set(name, table)
    if (!isRecursive) tables = onTop(name, table, tables)
  }
  // One that nothing names is evaluated too: it may write, and its conditions are the asker's.
  for (const table of all.values()) rowsOfCommonTable(table)
  return { ...scope, tables }
}

function newTable(fields: Fields, isRecursive: boolean): CommonTable {
  return { fields, isRecursive, scope: null, state: 'new', rowset: null }
}

function onTop(name: string, table: CommonTable, outer: CommonTables | null): CommonTables {
  return { byName: new Map([[name, table]]), outer }
}

export function rowsOfCommonTable(table: CommonTable): Rowset {
  const name = text(table.fields['ctename']) ?? ''
  if (table.state !== 'new') return table.rowset ?? unknownRows(`${name} refers to itself before it has rows`)
  const query = typed(table.fields['ctequery'])
  if (query === null || table.scope === null) return unknownRows(`the query of ${name} is not known`)
  table.state = 'evaluating'
  table.rowset = evaluate(table, query, table.scope)
  table.state = 'done'
  return table.rowset
}

function evaluate(table: CommonTable, query: Typed, scope: Scope): Rowset {
  const work = (of: Typed): Rowset => shaped(rowsOfQuery(of, beside(scope)), table.fields)
  if (!table.isRecursive || query.type !== 'SelectStmt' || query.fields['larg'] === undefined) return work(query)
  // What a round computes of a column comes back in the next: none stays as it is.
  table.rowset = computed(work(firstTerm(query)))
  for (let round = 0; round < lineageRoundsMax; round++) {
    const next = merged(table.rowset, work(query))
    if (weight(next) === weight(table.rowset)) return next
    table.rowset = next
  }
  throw new LineageLimit(`a recursive query needs more rounds than lineageRoundsMax (${lineageRoundsMax}) allows`)
}

function computed(rowset: Rowset): Rowset {
  return { ...rowset, columns: rowset.columns.map(({ name, flow }) => ({ name, flow: union([flow]) })) }
}

/** The term that does not refer to the table itself: gives the names, and the rows to begin with. */
function firstTerm({ fields }: Typed): Typed {
  const first = as('SelectStmt', fields['larg'], 'larg') ?? {}
  const clause = first['withClause'] ?? fields['withClause']
  return { type: 'SelectStmt', fields: clause === undefined ? first : { ...first, withClause: clause } }
}

/** Column names of `name (…)`, and the columns that SEARCH and CYCLE add. */
function shaped(rowset: Rowset, fields: Fields): Rowset {
  const result = renamed(rowset, { colnames: fields['aliascolnames'] })
  const search = as('CTESearchClause', fields['search_clause']) ?? bare(fields['search_clause'])
  const cycle = as('CTECycleClause', fields['cycle_clause']) ?? bare(fields['cycle_clause'])
  const names = [search['search_seq_column'], cycle['cycle_mark_column'], cycle['cycle_path_column']].map(text).filter((name) => name !== null)
  if (names.length === 0) return result
  const any = anyColumn(result)
  return { ...result, columns: [...result.columns, ...names.map((name) => ({ name, flow: any }))] }
}

function bare(value: unknown): Fields {
  return typed(value)?.fields ?? {}
}

function merged(left: Rowset, right: Rowset): Rowset {
  const rows = newSources()
  add(rows, left.rows)
  add(rows, right.rows)
  const isPositional = left.open === null && right.open === null && left.columns.length === right.columns.length
  const any = isPositional ? null : union([anyColumn(left), anyColumn(right)])
  const columns = left.columns.map(({ name, flow }, index): Column => ({ name, flow: any ?? union([flow, right.columns[index]?.flow ?? newFlow()]) }))
  return { columns, open: any, rows }
}

function weight({ columns, open, rows }: Rowset): number {
  const flows = open === null ? columns.map(({ flow }) => flow) : [...columns.map(({ flow }) => flow), open]
  const unknowns = flows.flatMap(({ value, influence }) => [value, influence]).concat(rows).filter(({ unknown }) => unknown !== null)
  const risks = flows.reduce((sum, { fails }) => sum + (fails === undefined ? 0 : fails === 'alike' ? 1 : 2), 0)
  return flows.reduce((sum, flow) => sum + sizeOf(flow), rows.columns.size) + unknowns.length + risks
}
