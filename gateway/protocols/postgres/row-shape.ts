// Whether rows of a portal would come with their description known. Clients that prepared a statement may run it without asking again.
import type { Portal, Prepared } from './answers.ts'
import type { PostgresSession } from './postgres-session.ts'

/** True: somebody has to ask for it first. */
export function lacksShape({ batch, epoch }: PostgresSession, portal: Portal): boolean {
  const { prepared } = portal
  if (isIndirect(prepared)) return true
  if (portal.shape !== null || portal.describedIn === batch) return false
  const isAsked = prepared.describedIn === batch && prepared.describedEpoch === epoch
  return !isAsked && prepared.shape?.epoch !== epoch
}

/** What EXECUTE and FETCH give is what their name means when they run: no earlier description holds. */
function isIndirect({ facts }: Prepared): boolean {
  return facts.statements.some(({ executes, fetches }) => executes !== null || fetches !== null)
}
