// What only the values of one execution tell, after the decision about its statement: how many of them it compares with masked
// columns, and whether it writes a mask where the value belongs.
import { looksMasked } from '../masking/marks.ts'
import { constantSpans } from '../sql/normal-form.ts'
import type { Decision } from './access.ts'
import type { Command } from './command.ts'
import { countProbes } from './probe-budget.ts'
import type { Refusal } from './refusal.ts'
import type { Session } from './session.ts'

export interface SqlCommand extends Command<Decision> {
  /** The parameters as they were sent, and in full: texts, and binary values as bytes; left out where there are none. */
  readonly exact?: { readonly raw: readonly (Buffer | null)[]; readonly texts: () => readonly (string | Buffer | null)[] }
}

/** Null: nothing to object, and what it takes of the principal's budget is taken. */
export function objectionToValues(session: Session, decision: Decision, { text, exact }: Pick<SqlCommand, 'text' | 'exact'>): Refusal | null {
  const { writesMasked, probes } = decision
  if (!writesMasked && probes.constants === 0 && probes.arrays.length === 0) return null
  if (writesMasked && (hasMask(text) || exact?.raw.some((value) => value !== null && looksMasked(value)) === true)) return maskWrittenBack
  if (asksNothing(decision)) return null
  // Whether a unique column takes a value tells that it is there already.
  const count = countProbes(probes, parametersOf(decision, exact)) + (writesMasked ? 1 : 0)
  return session.context.probes.take(session.lease.principal.id, session.connection.name, count)
}

/** SQL's EXECUTE has its own: those that the protocol binds beside it are of the outer statement, where nothing may use them. */
function parametersOf({ facts }: Decision, exact: SqlCommand['exact']): readonly (string | Buffer | null)[] {
  return facts.statements.some(({ executes }) => executes !== null) ? [] : exact?.texts() ?? []
}

/** What is prepared asks when it is executed; a cursor asked when it was declared. */
function asksNothing({ facts }: Decision): boolean {
  return facts.statements.every(({ prepares, fetches }) => prepares !== null || fetches !== null)
}

/** In a constant; a comment may hold what it likes. */
function hasMask(text: string): boolean {
  return constantSpans(text)?.some(({ start, end }) => looksMasked(Buffer.from(text.slice(start, end)))) === true
}

export const maskWrittenBack: Refusal = {
  kind: 'denied', message: 'denied by masking: a mask would be written where the value it hides belongs',
  hint: 'Leave out the columns that are masked for you, or give their real values.',
}
