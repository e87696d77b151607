// EXPLAIN without ANALYZE reads no row: what comes is costs, the statement's own words, and definitions that its author may read
// anyway. So whoever has masks sees it; in the record it stays masked, for the words may be constants that met masked columns.
import type { ResolvedStatement } from '../../shared/command.ts'
import type { RowsPlan } from '../masking/plan.ts'

/** EXECUTE inside is left out: its words are another statement's, and its functions are not in these facts. */
export function isOnlyExplained({ statement, accesses }: ResolvedStatement): boolean {
  return statement.tag === 'EXPLAIN' && statement.executes === null && !accesses.some(({ kind }) => kind === 'explain-analyze')
}

/** `open` for the client, `closed` for the record. */
export function shownToClient(open: RowsPlan, closed: RowsPlan): RowsPlan {
  return { ...closed, columns: closed.columns.map(({ record }, at) => ({ record, client: open.columns[at]!.client })) }
}
