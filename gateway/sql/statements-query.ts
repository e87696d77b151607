// Statements over rows and those that wrap one: SELECT to MERGE, COPY, EXPLAIN, PREPARE, cursors. A wrapper has its inner kind.
import { addAccess, addColumn } from './collector.ts'
import { copyFormOf } from './copy-form.ts'
import type { Describe, Describers } from './describe.ts'
import { as, constantOf, listOf, relationOf, text, typed, words } from './tree.ts'
import { call, createFrom, walk, walkFields } from './walk.ts'

/** COPY t TO counts as a select on t, COPY t FROM as an insert; a program or a server file adds an access of its own. */
const copy: Describe = (fields, context, describe) => {
  const isFrom = fields['is_from'] === true
  if (fields['is_program'] === true) addAccess(context, 'copy-program', null)
  else if (fields['filename'] !== undefined) addAccess(context, 'copy-file', null)
  const relation = as('RangeVar', fields['relation'])
  if (relation !== null) {
    const names = words(fields['attlist'])
    addAccess(context, isFrom ? 'insert' : 'select', relationOf(relation))
    for (const name of names.length > 0 ? names : ['*']) addColumn(context, null, name, isFrom ? 'target' : 'read')
    if (isFrom) context.into.writesRows = true
    else context.into.readsRows = true
  }
  walkFields(fields, context, ['relation', 'attlist', 'query', 'options'])
  const inner = fields['query'] === undefined ? null : describe(fields['query'], context)
  return { kind: inner?.kind ?? (isFrom ? 'insert' : 'select'), tag: 'COPY', ...(!isFrom && { copyOut: copyFormOf(fields) }) }
}

export const queryStatements: Describers = {
  SelectStmt: (fields, context) => {
    walk({ SelectStmt: fields }, context)
    return fields['intoClause'] === undefined ? { kind: 'select', tag: 'SELECT' } : { kind: 'create', tag: 'SELECT INTO' }
  },
  InsertStmt: (fields, context) => {
    walk({ InsertStmt: fields }, context)
    return { kind: 'insert', tag: 'INSERT' }
  },
  UpdateStmt: (fields, context) => {
    walk({ UpdateStmt: fields }, context)
    return { kind: 'update', tag: 'UPDATE' }
  },
  DeleteStmt: (fields, context) => {
    walk({ DeleteStmt: fields }, context)
    return { kind: 'delete', tag: 'DELETE' }
  },
  MergeStmt: (fields, context) => {
    walk({ MergeStmt: fields }, context)
    return { kind: 'merge', tag: 'MERGE' }
  },
  CopyStmt: copy,
  ExplainStmt: (fields, context, inner) => {
    if (listOf(fields['options']).some(asksToAnalyze)) addAccess(context, 'explain-analyze', null)
    return { ...inner(fields['query'], context), tag: 'EXPLAIN', isHarmless: false }
  },
  PrepareStmt: (fields, context, inner) => ({ ...inner(fields['query'], context), tag: 'PREPARE', isHarmless: false, prepares: text(fields['name']) }),
  ExecuteStmt: (fields, context) => {
    // What it does is what was prepared: whoever keeps the prepared statements puts those accesses in place of `session`.
    addAccess(context, 'session', null)
    walk(fields['params'], context)
    return { kind: 'session', tag: 'EXECUTE', executes: text(fields['name']) }
  },
  DeclareCursorStmt: (fields, context, inner) => ({ ...inner(fields['query'], context), tag: 'DECLARE CURSOR', isHarmless: false, declares: text(fields['portalname']) }),
  FetchStmt: (fields, context) => {
    addAccess(context, 'session', null)
    return { kind: 'session', tag: fields['ismove'] === true ? 'MOVE' : 'FETCH', fetches: text(fields['portalname']) }
  },
  CreateTableAsStmt: (fields, context, describe) => {
    const into = as('IntoClause', fields['into'], 'into')
    if (into !== null) createFrom(into, context)
    const inner = describe(fields['query'], context)
    const tag = fields['objtype'] === 'OBJECT_MATVIEW' ? 'CREATE MATERIALIZED VIEW' : 'CREATE TABLE AS'
    // CREATE TABLE … AS EXECUTE reads what cannot be seen here.
    if (inner.executes !== undefined) context.into.readsRows = true
    return { kind: 'create', tag, executes: inner.executes ?? null }
  },
  CallStmt: (fields, context) => {
    addAccess(context, 'call', null)
    const callee = typed(fields['funccall'], 'funccall')
    if (callee !== null) call(callee.fields, context)
    return { kind: 'call', tag: 'CALL', setsSearchPath: true }
  },
  DoStmt: (_fields, context) => {
    addAccess(context, 'do', null)
    return { kind: 'do', tag: 'DO', setsSearchPath: true }
  },
}

/** `(analyze)`, `(analyze on)`; an argument that is not plainly false counts as true. */
function asksToAnalyze(item: unknown): boolean {
  const option = as('DefElem', item)
  if (option?.['defname'] !== 'analyze') return false
  const value = constantOf(option['arg'])?.toLowerCase()
  return value === undefined || !['false', 'off', '0', 'f', 'no', 'n'].includes(value)
}
