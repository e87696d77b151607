// The words of `sql: […]`, as a table over SqlKind: a kind that is added to the facts and forgotten here is a type error.
import type { SqlKind } from '../command.ts'
import { didYouMean } from './suggest.ts'

/**
 * `relation`: comes with a table. `statement`: touches none. `opaque`: may touch tables that nobody sees from here. `derived`: comes besides its base kind, for deny and approve to name.
 * `folded`: facts never bear it, because it counts as another kind; a rule that named it would never match, so none may.
 */
export const sqlKinds = {
  select: 'relation', insert: 'relation', update: 'relation', delete: 'relation', truncate: 'relation', merge: 'relation', lock: 'relation',
  'copy-in': 'folded', 'copy-out': 'folded', create: 'relation', alter: 'relation', drop: 'relation', grant: 'relation',
  revoke: 'relation', comment: 'relation', reindex: 'relation', vacuum: 'relation', analyze: 'relation', cluster: 'relation', refresh: 'relation',
  'update-without-where': 'derived', 'delete-without-where': 'derived',
  set: 'statement', 'set-role': 'statement', listen: 'statement', notify: 'statement', show: 'statement', 'explain-analyze': 'statement',
  do: 'opaque', call: 'opaque', 'copy-program': 'opaque', 'copy-file': 'opaque', 'function-call': 'opaque',
  transaction: 'opaque', session: 'opaque', other: 'opaque',
} as const satisfies Record<SqlKind, 'relation' | 'statement' | 'opaque' | 'derived' | 'folded'>

/** Kinds that name columns; any other is about whole rows or tables. */
export const byColumn: ReadonlySet<SqlKind> = new Set<SqlKind>(['select', 'insert', 'update', 'update-without-where'])

/** Derived kind → the kind it comes with. */
export const baseKind: Partial<Record<SqlKind, SqlKind>> = { 'update-without-where': 'update', 'delete-without-where': 'delete' }

/** Folded kind → what it counts as (design.md §4: COPY counts as its inner statement). */
const foldedInto: Partial<Record<string, string>> = { 'copy-in': 'COPY … FROM counts as insert', 'copy-out': 'COPY … TO counts as select' }

/** What a rule may name. */
export const sqlKindNames = (Object.keys(sqlKinds) as readonly SqlKind[]).filter((kind) => sqlKinds[kind] !== 'folded')

/** Null when a rule may name this word; else why not. */
export function sqlKindProblem(word: string): string | null {
  const folded = foldedInto[word]
  if (folded !== undefined) return `${folded}; name that`
  if (sqlKindNames.includes(word as SqlKind)) return null
  return `${JSON.stringify(word.slice(0, 64))} is not a SQL kind${didYouMean(word, sqlKindNames)}`
}
