// What a rule about SQL is about: `sql` (kinds), `on` (tables), `columns`, `functions`. All that are written must hold together.
import { z } from 'zod'
import type { SqlKind } from '../command.ts'
import { identifierGlobProblem } from './identifier-glob.ts'
import { globText, knownKeys, someOf } from './shapes.ts'
import { baseKind, byColumn, sqlKindProblem } from './sql-kinds.ts'

export interface SqlBody {
  readonly kind: 'sql'
  /** `*` stands for every kind. */
  readonly kinds: readonly (SqlKind | '*')[]
  /** Globs over `schema.table`; null: any table, and none. */
  readonly on: readonly string[] | null
  /** Globs over a column's name; null: the rule does not ask for columns. `*`: all of them, the whole row too. */
  readonly columns: readonly string[] | null
  /** Globs over `function` (of any schema) or `schema.function`; null: the rule does not ask for functions. */
  readonly functions: readonly string[] | null
}

const sqlKind = z.string().superRefine((word, context) => {
  const problem = word === '*' ? null : sqlKindProblem(word)
  if (problem !== null) context.addIssue({ code: 'custom', message: problem })
}).transform((word) => word as SqlKind | '*')

const relationGlob = globText.superRefine((pattern, context) => {
  const problem = identifierGlobProblem(pattern, 2)
  if (problem !== null) context.addIssue({ code: 'custom', message: problem })
})

const columnGlob = globText.refine((pattern) => !pattern.includes('.'), { error: 'expected a column\'s name (a glob) without its table; `on` names the table' })

const functionGlob = globText.superRefine((pattern, context) => {
  const parts = pattern.split('.')
  if (parts.length > 2 || parts.includes('')) context.addIssue({ code: 'custom', message: 'expected function (of any schema) or schema.function, each part a glob' })
})

export const sqlShape = { sql: someOf(sqlKind).optional(), on: someOf(relationGlob).optional(), columns: someOf(columnGlob).optional(), functions: someOf(functionGlob).optional() }
type Written = z.output<z.ZodObject<typeof sqlShape, z.core.$strict>>

const written = z.strictObject(sqlShape, knownKeys(sqlShape)).superRefine(checkColumns)

/** Some columns of a DELETE or a DROP: there is no such thing, and the rule would not mean what it seems to. */
function checkColumns(body: Written, context: z.RefinementCtx): void {
  if (body.columns === undefined) return
  for (const [at, kind] of (body.sql ?? []).entries()) {
    if (kind === '*' || byColumn.has(kind)) continue
    context.addIssue({ code: 'custom', path: ['sql', at], message: `${kind} is not by column; with columns name select, insert, update or "*"` })
  }
}

const toBody = ({ sql, on, columns, functions }: Written): SqlBody =>
  ({ kind: 'sql', kinds: sql ?? ['*'], on: on ?? null, columns: columns ?? null, functions: functions ?? null })

/** Of a deny or approve: calls of a function, or uses of a column, may be meant whatever the statement is. */
export const sqlBodySchema = written.superRefine((body, context) => {
  if (body.sql === undefined && body.functions === undefined && body.columns === undefined) context.addIssue({ code: 'custom', message: says('nothing') })
}).transform(toBody)

/** Allow of `update` covers `update-without-where`: an allow that names only the latter would read as if it did not. */
export const sqlAllowSchema = written.superRefine((body, context) => {
  if (body.sql === undefined) context.addIssue({ code: 'custom', message: says('not which statements') })
}).transform(toBody).superRefine((body, context) => {
  for (const [at, kind] of body.kinds.entries()) {
    const base = kind === '*' ? undefined : baseKind[kind]
    if (base !== undefined) {
      context.addIssue({ code: 'custom', path: ['sql', at], message: `an allow of ${base} covers ${kind} already; name it in a deny or approve to hold it back` })
    }
  }
})

const says = (what: string): string => `says ${what}; expected sql: [kinds] such as { sql: [select], on: ["public.*"] }, or kubernetes: [verbs]`
