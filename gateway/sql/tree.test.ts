import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { ddlStatements } from './statements-ddl.ts'
import { queryStatements } from './statements-query.ts'
import { sessionStatements } from './statements-session.ts'
import { typed } from './tree.ts'

/** Interface → field → type, as the parser's package declares its tree. */
function declared(): Map<string, Map<string, string>> {
  const require = createRequire(import.meta.url)
  const source = readFileSync(createRequire(require.resolve('libpg-query')).resolve('@pgsql/types').replace(/\.js$/, '.d.ts').replace(/index\.d\.ts$/, 'types.d.ts'), 'utf8')
  const interfaces = [...source.matchAll(/export interface (\w+) \{([^}]*)\}/g)]
  return new Map(interfaces.map(([, name, body]) => [name!, new Map([...body!.matchAll(/(\w+)\?: ([\w[\]]+);/g)].map(([, field, type]) => [field!, type!]))]))
}

const tree = declared()

/** Statements only a function body may hold, and those that only analysis makes. */
const notAtTop = new Set(['RawStmt', 'SetOperationStmt', 'ReturnStmt', 'PLAssignStmt', 'ReplicaIdentityStmt'])
/** Deliberately without a word of their own: they need a rule for `other`. */
const others = new Set(['CheckPointStmt', 'LoadStmt'])

describe('against the declared tree', () => {
  test('every kind of statement is in a table, or deliberately `other`', () => {
    const known = new Set([...Object.keys(queryStatements), ...Object.keys(sessionStatements), ...Object.keys(ddlStatements)])
    const missing = [...tree.keys()].filter((name) => name.endsWith('Stmt') && !known.has(name) && !notAtTop.has(name) && !others.has(name))
    expect(missing).toEqual([])
    expect([...known].filter((name) => !tree.has(name))).toEqual([])
  })

  test('a bare node of a type that the walk looks for is recognised by its field', () => {
    const walked = new Set(['SelectStmt', 'FuncCall', 'WithClause', 'IntoClause', 'OnConflictClause', 'ReturningClause', 'CreateStmt', 'VariableSetStmt', 'Alias', 'TypeName'])
    const wrong: string[] = []
    for (const [parent, fields] of tree) {
      for (const [field, type] of fields) {
        // `argType`, `returnType` and the like are types too: walked through they name nothing.
        if (!walked.has(type) || type === 'TypeName' || /^(PLAssign|RangeTblEntry|Query)/.test(parent)) continue
        if (parent === 'Node' || type === 'Alias' && field !== 'alias') continue
        if (typed({}, field)?.type !== type) wrong.push(`${parent}.${field}: ${type}`)
      }
    }
    expect(wrong).toEqual([])
  })

  test('only a RangeVar has a relname (WithCheckOption comes of analysis, never of parsing)', () => {
    expect([...tree].filter(([, fields]) => fields.has('relname')).map(([name]) => name)).toEqual(['RangeVar', 'WithCheckOption'])
  })
})
