// Why a message is refused that policy need not be asked about: too much, too many, names that mean nothing here any more.
import { statementBytesMax } from '../../limits.ts'
import type { Refusal } from '../../pipeline/refusal.ts'

export const tooLong: Refusal = { kind: 'limit', message: `a statement may have at most ${statementBytesMax} bytes (statementBytesMax)` }

export const noFunctionCall: Refusal = { kind: 'unsupported', message: 'FunctionCall is not available through Gatehouse', hint: 'Use SELECT.' }

export function tooMany(what: 'prepared statements' | 'portals'): Refusal {
  return { kind: 'limit', message: `too many ${what} in one session (preparedMax)` }
}

export function unknownName(what: 'prepared statement' | 'portal', name: string): Refusal {
  return { kind: 'denied', message: `${what} "${name.slice(0, 63)}" does not exist in this session` }
}

/** A portal of which nothing is left, or whose policy asks others by now. */
export function bindAgain({ message }: Refusal): Refusal {
  return { kind: 'denied', message: `${message}; what was approved for this portal is used up`, hint: 'Bind the statement again, then it is asked again.' }
}

export const reopened: Refusal = {
  kind: 'denied', message: 'a function that ran since this portal was approved may have put another in its place', hint: 'Bind the statement again, then it is asked again.',
}
