// The walk over queries and expressions, a table keyed by node type. A type that is not in the table is walked through, child by
// child: nothing is skipped because it is unknown. Recursion is fine here, the worker has a stack for it (parser-worker.ts).
import type { RelationName } from '../../shared/command.ts'
import { addAccess, addColumn, addFunction, addSource, isCommonTable, type Context, type Scope } from './collector.ts'
import { isVacuous } from './condition.ts'
import { effectsOfFunction } from './function-effects.ts'
import { accessOfFunction, isNoticed } from './functions/risky.ts'
import { anySetting } from './settings.ts'
import { as, constantOf, listOf, nameOf, relationOf, text, typed, words, type Fields } from './tree.ts'

type Visit = (fields: Fields, context: Context) => void

export function walk(value: unknown, context: Context, field = ''): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, context, field)
    return
  }
  const node = typed(value, field)
  if (node === null) return
  const visit = visits[node.type]
  if (visit === undefined) walkFields(node.fields, context)
  else visit(node.fields, context)
}

export function walkFields(fields: Fields, context: Context, except: readonly string[] = []): void {
  for (const field in fields) {
    const value = fields[field]
    if (typeof value === 'object' && !except.includes(field)) walk(value, context, field)
  }
}

const visits: { readonly [type: string]: Visit } = {
  SelectStmt: select, InsertStmt: insert, UpdateStmt: update, DeleteStmt: remove, MergeStmt: merge,
  RangeVar: readRelation, ColumnRef: column, FuncCall: call, A_Indirection: indirection, JoinExpr: join, IndexElem: indexElement,
  Alias: alias, TypeName: () => undefined, RangeSubselect: rangeSubselect,
  ResTarget: (fields, context) => walkFields(fields, { ...context, isTarget: true }),
  CaseExpr: conditional, CoalesceExpr: conditional, JsonFuncExpr: conditional,
  // In WHERE and ON other columns than masked ones decide, or equality with a constant (pipeline/predicates.ts).
  BoolExpr: (fields, context) => (context.isTarget === true ? conditional : walkFields)(fields, context),
  Constraint: constraint,
}

/** A foreign key looks at the other table, even inside an ALTER: whether a row may be there tells what stands in its columns. */
function constraint(fields: Fields, context: Context): void {
  const columns = words(fields['pk_attrs'])
  if (fields['contype'] === 'CONSTR_FOREIGN') for (const name of columns.length > 0 ? columns : ['*']) addColumn({ ...context, isDefinition: false }, null, name, 'read')
  walkFields(fields, { ...context, naming: 'select' })
}

function conditional(fields: Fields, context: Context): void {
  walkFields(fields, { ...context, isConditional: true })
}

/** Walks the WITH clause and gives the context the rest of the statement stands in. */
function withScope(fields: Fields, context: Context): Context {
  const clause = as('WithClause', fields['withClause'], 'withClause')
  if (clause === null) return context
  const tables = listOf(clause['ctes']).map((item) => as('CommonTableExpr', item) ?? {})
  const all: Scope = { names: new Set(tables.map((table) => text(table['ctename']) ?? '')), outer: context.scope }
  const seen = new Set<string>()
  for (const table of tables) {
    // Without RECURSIVE a table's own body, and those before it, still mean the real relation of that name.
    const scope = clause['recursive'] === true ? all : { names: new Set(seen), outer: context.scope }
    if (listOf(table['aliascolnames']).length > 0) addColumn(context, text(table['ctename']), '*', 'read')
    for (const name of words(table['aliascolnames'])) context.into.given.add(name)
    walkFields(table, { ...context, scope, isNested: true }, ['aliascolnames'])
    seen.add(text(table['ctename']) ?? '')
  }
  return { ...context, scope: all }
}

function select(fields: Fields, outer: Context): void {
  const context = withScope(fields, outer)
  const into = as('IntoClause', fields['intoClause'], 'intoClause')
  if (into !== null) createFrom(into, context)
  lockRows(fields, context)
  namesGiven(fields['targetList'], context)
  walkFields(fields, context, ['withClause', 'intoClause', 'lockingClause'])
}

/** `expression as name`: later clauses and outer queries may use the name. */
function namesGiven(targets: unknown, { into }: Context): void {
  for (const item of listOf(targets)) {
    const name = text(as('ResTarget', item)?.['name'])
    if (name !== null) into.given.add(name)
  }
}

/** SELECT … INTO and CREATE TABLE … AS: a relation made of rows. */
export function createFrom(into: Fields, context: Context): void {
  const range = as('RangeVar', into['rel'])
  if (range !== null) addAccess(context, 'create', relationOf(range))
  context.into.writesRows = true
}

/** FOR UPDATE and FOR SHARE take locks that PostgreSQL wants UPDATE rights for; here they count as `lock`. */
function lockRows(fields: Fields, context: Context): void {
  const clauses = listOf(fields['lockingClause']).map((item) => as('LockingClause', item) ?? {})
  if (clauses.length === 0) return
  const from = [...rangesIn(fields['fromClause'])].filter(({ relation }) => relation.schema !== null || !isCommonTable(context.scope, relation.name))
  for (const clause of clauses) {
    const wanted = listOf(clause['lockedRels']).map((item) => text(as('RangeVar', item)?.['relname']) ?? '')
    const named = from.filter(({ alias: name }) => wanted.includes(name))
    // OF may name a subquery: then whatever stands in FROM may be locked.
    const locked = wanted.length > 0 && wanted.every((name) => named.some((range) => range.alias === name)) ? named : from
    for (const { relation } of locked) addAccess(context, 'lock', relation)
  }
}

function* rangesIn(value: unknown): Generator<{ readonly alias: string; readonly relation: RelationName }> {
  if (Array.isArray(value)) {
    for (const item of value) yield* rangesIn(item)
    return
  }
  const node = typed(value)
  if (node === null) return
  if (node.type === 'RangeVar') {
    const relation = relationOf(node.fields)
    yield { alias: text(as('Alias', node.fields['alias'], 'alias')?.['aliasname']) ?? relation.name, relation }
    return
  }
  for (const child of Object.values(node.fields)) yield* rangesIn(child)
}

function target(fields: Fields): { readonly relation: RelationName; readonly range: Fields } {
  const range = as('RangeVar', fields['relation']) ?? {}
  return { relation: relationOf(range), range }
}

/** `relation` null: a WITH table. */
function nameRow(range: Fields, relation: RelationName | null, context: Context): void {
  const alias = as('Alias', range['alias'], 'alias')
  const name = rowNameOf(range)
  context.into.rowNames.add(name)
  addSource(context, name, relation === null ? [] : [relation])
  if (alias !== null) renamed(alias, context)
}

function rowNameOf(range: Fields): string {
  return text(as('Alias', range['alias'], 'alias')?.['aliasname']) ?? text(range['relname']) ?? ''
}

function insert(fields: Fields, outer: Context): void {
  const context = withScope(fields, outer)
  const { relation, range } = target(fields)
  addAccess(context, 'insert', relation)
  context.into.writesRows = true
  nameRow(range, relation, context)
  targetColumns(fields['cols'], context)
  walk(fields['selectStmt'], context)
  const conflict = as('OnConflictClause', fields['onConflictClause'], 'onConflictClause')
  if (conflict !== null) {
    if (conflict['action'] === 'ONCONFLICT_UPDATE') addAccess(context, 'update', relation)
    assignments(conflict['targetList'], context, rowNameOf(range) !== 'excluded')
    walkFields(conflict, context, ['targetList'])
  }
  returning(fields, relation, context)
  walkFields(fields, context, ['withClause', 'relation', 'cols', 'selectStmt', 'onConflictClause', 'returningClause'])
}

function update(fields: Fields, outer: Context): void {
  const context = withScope(fields, outer)
  const { relation, range } = target(fields)
  addAccess(context, 'update', relation)
  if (isVacuous(fields['whereClause'])) addAccess(context, 'update-without-where', relation)
  context.into.writesRows = true
  if (relation.name === 'pg_settings') setsAnything(context)
  nameRow(range, relation, context)
  assignments(fields['targetList'], context, false)
  returning(fields, relation, context)
  walkFields(fields, context, ['withClause', 'relation', 'targetList', 'returningClause'])
}

/** A rule on pg_settings makes set_config of an UPDATE: any setting, `role` and `search_path` included. */
function setsAnything(context: Context): void {
  addAccess(context, 'set-role', null)
  context.into.setsSearchPath = true
  context.into.readingSetting = anySetting
}

function remove(fields: Fields, outer: Context): void {
  const context = withScope(fields, outer)
  const { relation, range } = target(fields)
  addAccess(context, 'delete', relation)
  if (isVacuous(fields['whereClause'])) addAccess(context, 'delete-without-where', relation)
  nameRow(range, relation, context)
  returning(fields, relation, context)
  walkFields(fields, context, ['withClause', 'relation', 'returningClause'])
}

function merge(fields: Fields, outer: Context): void {
  const context = withScope(fields, outer)
  const { relation, range } = target(fields)
  addAccess(context, 'merge', relation)
  context.into.writesRows = true
  nameRow(range, relation, context)
  for (const item of listOf(fields['mergeWhenClauses'])) {
    const clause = as('MergeWhenClause', item) ?? {}
    mergeAction(clause, relation, isVacuous(fields['joinCondition']) && isVacuous(clause['condition']), context)
    walkFields(clause, context, ['targetList'])
  }
  returning(fields, relation, context)
  walkFields(fields, context, ['withClause', 'relation', 'mergeWhenClauses', 'returningClause'])
}

function mergeAction(clause: Fields, relation: RelationName, isEveryRow: boolean, context: Context): void {
  if (clause['commandType'] === 'CMD_INSERT') {
    addAccess(context, 'insert', relation)
    targetColumns(clause['targetList'], context)
  } else if (clause['commandType'] === 'CMD_UPDATE') {
    addAccess(context, 'update', relation)
    if (isEveryRow) addAccess(context, 'update-without-where', relation)
    assignments(clause['targetList'], context, false)
  } else if (clause['commandType'] === 'CMD_DELETE') {
    addAccess(context, 'delete', relation)
    if (isEveryRow) addAccess(context, 'delete-without-where', relation)
  }
}

/** The columns an INSERT names; none named means all. */
function targetColumns(value: unknown, context: Context): void {
  const items = listOf(value)
  if (items.length === 0) addColumn(context, null, '*', 'target')
  for (const item of items) {
    const target = as('ResTarget', item) ?? {}
    addColumn(context, null, text(target['name']) ?? '*', 'target')
    walkFields(target, context)
  }
}

/**
 * `set column = expression`: an expression over another column copies what that one holds. `hasExcluded`: `excluded` is the row that
 * the statement itself brings; elsewhere a table may be called so.
 */
function assignments(value: unknown, context: Context, hasExcluded: boolean): void {
  for (const item of listOf(value)) {
    const target = as('ResTarget', item) ?? {}
    const name = text(target['name']) ?? '*'
    addColumn(context, null, name, 'target')
    // `set tags[1] = null`: what is not written stays of the old value.
    if (target['indirection'] !== undefined) context.into.rewritten.add(name)
    for (const parts of columnRefs(target['val'])) {
      if (hasExcluded && parts.length === 2 && parts[0] === 'excluded' && parts[1] !== '*') continue
      if (parts.at(-1) === name) context.into.rewritten.add(name)
      else context.into.copiesColumns = true
    }
    walkFields(target, context)
  }
}

/** Every reference to a column in an expression, subqueries' too, as its parts; a star is a last part. */
function columnRefs(value: unknown): readonly (readonly string[])[] {
  if (Array.isArray(value)) return value.flatMap(columnRefs)
  const node = typed(value)
  if (node === null) return []
  if (node.type !== 'ColumnRef') return Object.values(node.fields).flatMap(columnRefs)
  return [hasStar(node.fields) ? [...words(node.fields['fields']), '*'] : words(node.fields['fields'])]
}

/** RETURNING gives rows of the target to the client, or inside a CTE to the rest of the statement: that is a read. */
function returning(fields: Fields, relation: RelationName, context: Context): void {
  const clause = as('ReturningClause', fields['returningClause'], 'returningClause')
  if (clause === null) return
  addAccess(context, 'select', relation)
  if (context.isNested) context.into.readsRows = true
  for (const option of listOf(clause['options'])) nameAny(text(as('ReturningOption', option)?.['value']) ?? '', context)
  walkFields(clause, context)
}

function readRelation(fields: Fields, context: Context): void {
  const relation = relationOf(fields)
  const isWithTable = fields['schemaname'] === undefined && isCommonTable(context.scope, relation.name)
  nameRow(fields, isWithTable ? null : relation, context)
  if (isWithTable) return
  addAccess(context, context.naming, relation)
  if (!context.isDefinition) context.into.readsRows = true
}

/** Of a join or a function in FROM: columns under it may be of any table. */
function alias(fields: Fields, context: Context): void {
  const name = text(fields['aliasname'])
  if (name !== null) nameAny(name, context)
  renamed(fields, context)
}

function nameAny(name: string, context: Context): void {
  context.into.rowNames.add(name)
  addSource(context, name, 'any')
}

/** An alias that renames columns hides their names from everything that goes by name. */
function renamed(alias: Fields, context: Context): void {
  if (listOf(alias['colnames']).length > 0) addColumn(context, text(alias['aliasname']), '*', 'read')
  for (const name of words(alias['colnames'])) context.into.given.add(name)
}

function rangeSubselect(fields: Fields, context: Context): void {
  const alias = as('Alias', fields['alias'], 'alias')
  const name = text(alias?.['aliasname'])
  if (name !== null) {
    context.into.rowNames.add(name)
    addSource(context, name, [])
  }
  for (const given of words(alias?.['colnames'])) context.into.given.add(given)
  walkFields(fields, context, ['alias'])
}

function hasStar(fields: Fields): boolean {
  return listOf(fields['fields']).some((item) => as('A_Star', item) !== null)
}

function column(fields: Fields, context: Context): void {
  const parts = words(fields['fields'])
  if (hasStar(fields)) return addColumn(context, parts.at(-1) ?? null, '*', 'read')
  const [qualifier, name] = [parts.at(-2) ?? null, parts.at(-1) ?? '*']
  addColumn(context, qualifier, name, 'read')
  // Where it has no such column, `f.pg_read_file` is `pg_read_file(f)`: over a function in FROM, of the function's own result.
  if (qualifier !== null && accessOfFunction(name) !== null) effectsOfFunction({ schema: null, name }, [], context)
}

/** `(c).email` reads a column of the row before the dot; where there is none, `(x).f` is `f(x)` (PostgreSQL docs 8.16.5). */
function indirection(fields: Fields, context: Context): void {
  for (const item of listOf(fields['indirection'])) {
    const name = nameOf(words(item))
    if (name === null) continue
    addFunction(context, { ...name, isConstant: isConstant(fields['arg']), ...whether(name.name, context) })
    effectsOfFunction(name, [fields['arg']], context)
  }
  const row = words(as('ColumnRef', fields['arg'])?.['fields']).at(-1) ?? null
  for (const item of listOf(fields['indirection'])) {
    if (as('A_Star', item) !== null) addColumn(context, row, '*', 'read')
    else for (const name of words(item)) addColumn(context, row, name, 'read')
  }
  walkFields(fields, context)
}

function join(fields: Fields, context: Context): void {
  for (const name of words(fields['usingClause'])) addColumn(context, null, name, 'read')
  // NATURAL compares whatever columns share a name.
  if (fields['isNatural'] === true) addColumn(context, null, '*', 'read')
  const merged = text(as('Alias', fields['join_using_alias'], 'alias')?.['aliasname'])
  if (merged !== null) nameAny(merged, context)
  walkFields(fields, context, ['usingClause', 'join_using_alias'])
}

function indexElement(fields: Fields, context: Context): void {
  const name = text(fields['name'])
  if (name !== null) addColumn(context, null, name, 'read')
  walkFields(fields, context)
}

function isConstant(value: unknown): boolean {
  const node = typed(value)
  if (node?.type === 'ParamRef') return true
  if (node?.type === 'TypeCast' || node?.type === 'NamedArgExpr') return isConstant(node.fields['arg'])
  return constantOf(value) !== undefined
}

/** Whether it runs depends on a value, and can be found out. */
function whether(name: string, context: Context): { readonly isConditional?: true } {
  return context.isConditional === true && isNoticed(name) ? { isConditional: true } : {}
}

export function call(fields: Fields, context: Context): void {
  const name = nameOf(words(fields['funcname']))
  const args = listOf(fields['args'])
  if (name !== null) {
    addFunction(context, { ...name, isConstant: args.every(isConstant), ...whether(name.name, context) })
    effectsOfFunction(name, args, context)
    // PostgreSQL reads `email(c)` as `c.email` where c is a row.
    if (args.length === 1 && as('ColumnRef', args[0]) !== null) addColumn(context, words(as('ColumnRef', args[0])?.['fields']).at(-1) ?? null, name.name, 'read')
  }
  walkFields(fields, context, ['funcname'])
}
