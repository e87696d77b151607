// From libpg_query's tree to SqlFacts: one table of statements; what is not in it is `other` and needs a rule for that word.
import type { SqlFacts, SqlStatement } from '../../shared/command.ts'
import { statementNamesMax } from '../limits.ts'
import { addAccess, columnsOf, newContext, type Context } from './collector.ts'
import type { Describers, Description } from './describe.ts'
import { ddlStatements } from './statements-ddl.ts'
import { queryStatements } from './statements-query.ts'
import { sessionStatements } from './statements-session.ts'
import { isFields, listOf, typed, type Fields } from './tree.ts'
import { walkFields } from './walk.ts'

const statements: Describers = { ...queryStatements, ...sessionStatements, ...ddlStatements }

/** `tree` is what libpg_query's parser gave for a text of `byteLength` bytes of UTF-8. */
export function factsOf(tree: unknown, byteLength: number): SqlFacts {
  const list = isFields(tree) ? listOf(tree['stmts']) : []
  return { kind: 'sql', statements: list.map((item) => statementOf(isFields(item) ? item : {}, byteLength)) }
}

function statementOf(raw: Fields, byteLength: number): SqlStatement {
  const start = Number(raw['stmt_location'] ?? 0)
  const length = Number(raw['stmt_len'] ?? 0)
  const context = newContext()
  const found = describe(raw['stmt'], context)
  // A statement that touches nothing still needs a rule for its kind.
  if (context.into.accesses.size === 0) addAccess(context, found.kind, null)
  const { into } = context
  return {
    kind: found.kind, tag: found.tag, start, end: length === 0 ? byteLength : start + length,
    accesses: [...into.accesses.values()], columns: columnsOf(context), functions: [...into.functions.values()],
    isCopyingWrite: into.copiesColumns || (into.readsRows && into.writesRows),
    isHarmless: found.isHarmless ?? false,
    setsSearchPath: (found.setsSearchPath ?? false) || into.setsSearchPath,
    ...(into.rewritten.size > 0 && { rewrites: [...into.rewritten] }),
    ...(into.readingSetting !== null && { readingSetting: into.readingSetting }),
    ...namesOf(into),
    ...(found.copyOut !== undefined && { copyOut: found.copyOut }),
    setting: found.setting ?? null, prepares: found.prepares ?? null, executes: found.executes ?? null, deallocates: found.deallocates ?? null,
    declares: found.declares ?? null, fetches: found.fetches ?? null, closes: found.closes ?? null,
  }
}

/** Left out where they are too many, which makes columns anybody's. */
function namesOf({ sources, given }: Context['into']): Pick<SqlStatement, 'rows' | 'gives'> {
  if (sources.size > statementNamesMax || given.size > statementNamesMax) return {}
  return { rows: [...sources].map(([name, relations]) => ({ name, relations })), gives: [...given] }
}

function describe(value: unknown, context: Context): Description {
  const node = typed(value)
  const describer = node === null || !Object.hasOwn(statements, node.type) ? undefined : statements[node.type]
  if (node !== null && describer !== undefined) return describer(node.fields, context, describe)
  addAccess(context, 'other', null)
  if (node !== null) walkFields(node.fields, context)
  return { kind: 'other', tag: (node?.type ?? 'UNKNOWN').replace(/Stmt$/, '').toUpperCase() }
}
