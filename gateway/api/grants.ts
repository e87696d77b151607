// Grants over HTTP: time-boxed access, asked for here and decided as any other approval.
import { GatehouseError } from '../../shared/errors.ts'
import { identifierGlobProblem } from '../../shared/policy/identifier-glob.ts'
import { sqlKindProblem } from '../../shared/policy/sql-kinds.ts'
import type { GrantClass } from '../../shared/approval.ts'
import type { ApiContext } from './context.ts'
import type { Handlers } from './routes.ts'

export function grantHandlers({ approvals: { desk }, connections, hasAnyRule }: ApiContext): Pick<Handlers, 'requestGrant' | 'grants' | 'revokeGrant'> {
  return {
    async requestGrant({ connection: name, kinds, on, minutes, purpose }, { principal }) {
      const connection = connections.find((each) => each.name === name)
      if (connection === undefined || !hasAnyRule(principal, connection)) throw new GatehouseError('connection_unknown', 'no such connection, or none that you have any rule on', { side: 'client' })
      const problem = problemOf({ kinds, on })
      if (problem !== null) throw new GatehouseError('input_invalid', problem, { side: 'client' })
      return desk.requestGrant(principal, { connection, kinds, on, minutes, purpose })
    },
    grants: async ({ filter }, { principal }) => ({ grants: await desk.grants(principal, filter) }),
    revokeGrant: ({ id, reason }, { principal }) => desk.revokeGrant(principal, id, reason),
  }
}

/** In the words of a policy's rule. */
function problemOf({ kinds, on }: GrantClass): string | null {
  if (kinds.length === 0 || on?.length === 0) return 'a grant names at least one kind of statement and, where it names tables, at least one'
  const kind = kinds.find((word) => word !== '*' && sqlKindProblem(word) !== null)
  if (kind !== undefined) return sqlKindProblem(kind)
  return on?.map((glob) => identifierGlobProblem(glob, 2)).find((problem) => problem !== null) ?? null
}
