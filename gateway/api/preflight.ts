// What would become of a text, for editors. The same 404 for what is unknown and what is not theirs.
import { GatehouseError } from '../../shared/errors.ts'
import type { Principal } from '../../shared/principal.ts'
import { preflightsPerMinute } from '../limits.ts'
import { createRate } from '../pipeline/rate.ts'
import type { ApiContext } from './context.ts'
import type { Handlers } from './routes.ts'

export function preflightHandlers({ preflight, connections, hasAnyRule }: ApiContext): Pick<Handlers, 'preflight' | 'maskedColumns'> {
  const asked = createRate(preflightsPerMinute)
  function requireTheirs(principal: Principal, name: string): void {
    const connection = connections.find((each) => each.name === name)
    if (connection === undefined || !hasAnyRule(principal, connection)) throw new GatehouseError('connection_unknown', 'no such connection, or none that you have any rule on; gatehouse connections lists yours', { side: 'client' })
    if (!asked.take(principal.id)) throw new GatehouseError('limit_exceeded', `more than ${preflightsPerMinute} questions in a minute (preflightsPerMinute)`, { side: 'client' })
  }
  return {
    async preflight({ name, text }, { principal }) {
      requireTheirs(principal, name)
      return preflight.statements(principal, name, text)
    },
    async maskedColumns({ name }, { principal }) {
      requireTheirs(principal, name)
      return { columns: await preflight.maskedColumns(principal, name) }
    },
  }
}
