// What a command does to names when it has run: SQL's PREPARE, DECLARE, DEALLOCATE and CLOSE. Expected when it is sent, settled when
// the server has answered (names.ts, docs/adr/0003-names-are-settled-by-the-server.md).
import type { SqlStatement } from '../../../shared/command.ts'
import type { Decision } from '../../pipeline/access.ts'
import type { RunningCommand } from '../../pipeline/handle-output.ts'
import type { NameEffect, Prepared } from './answers.ts'
import type { PostgresSession } from './postgres-session.ts'

export interface Naming { readonly text: string; readonly statements: readonly SqlStatement[]; readonly command: RunningCommand<Decision> }

export function nameEffects(session: PostgresSession, { text, statements, command }: Naming): readonly NameEffect[] {
  if (!statements.some(affectsNames)) return noEffects
  return statements.flatMap((statement, index) => settlersOf(session, text, statement, command).map((settle) => ({ statement: index, settle })))
}

type Settler = NameEffect['settle']

function settlersOf(session: PostgresSession, text: string, statement: SqlStatement, command: RunningCommand<Decision>): readonly Settler[] {
  const { prepared, cursors, portals, batch } = session
  const { prepares, declares, deallocates, closes } = statement
  const inner = [{ ...statement, prepares: null, declares: null }]
  const settlers: Settler[] = []
  if (prepares !== null) {
    const value: Prepared = { name: prepares, text, facts: { kind: 'sql', statements: inner }, types: noTypes, shape: null, describedIn: -1, describedEpoch: -1 }
    const expected = prepared.expect(prepares, value, batch)
    settlers.push((happened) => prepared.settle(expected, happened))
  }
  if (declares !== null) {
    portals.forget(declares)
    const expected = cursors.expect(declares, clearedCursor(session, inner, command), batch)
    settlers.push((happened) => cursors.settle(expected, happened))
  }
  if (deallocates !== null) settlers.push((happened) => { if (happened) prepared.drop(deallocates) })
  if (closes !== null) {
    portals.forget(closes)
    settlers.push((happened) => { if (happened) cursors.drop(closes) })
  }
  return settlers
}

/** What a cursor means. FETCH from one whose query humans have approved goes on with that run. */
export function clearedCursor(session: PostgresSession, statements: readonly SqlStatement[], { clearance }: RunningCommand<Decision>): readonly SqlStatement[] {
  if (clearance === null) return statements
  const own = [...statements]
  session.clearedCursors.set(own, clearance)
  return own
}

const noEffects: readonly NameEffect[] = []

/** Parameters' types, of what Parse did not declare. */
export const noTypes = Buffer.alloc(0)

function affectsNames({ prepares, declares, deallocates, closes }: SqlStatement): boolean {
  return prepares !== null || declares !== null || deallocates !== null || closes !== null
}
