// Grants over HTTP: time-boxed access, asked for here and decided as any other approval.
import { GatehouseError } from '../../shared/errors.ts'
import type { ConnectionKind } from '../../shared/connection.ts'
import { identifierGlobProblem } from '../../shared/policy/identifier-glob.ts'
import { placeProblem } from '../../shared/policy/kubernetes-place.ts'
import { kubernetesWordProblem } from '../../shared/policy/kubernetes-words.ts'
import { sqlKindProblem } from '../../shared/policy/sql-kinds.ts'
import type { GrantClass } from '../../shared/approval.ts'
import type { ApiContext } from './context.ts'
import type { Handlers } from './routes.ts'

export function grantHandlers({ approvals: { desk }, connections, hasAnyRule }: ApiContext): Pick<Handlers, 'requestGrant' | 'grants' | 'revokeGrant'> {
  return {
    async requestGrant({ connection: name, kinds, on, minutes, purpose }, { principal }) {
      const connection = connections.find((each) => each.name === name)
      if (connection === undefined || !hasAnyRule(principal, connection)) throw new GatehouseError('connection_unknown', 'no such connection, or none that you have any rule on', { side: 'client' })
      const problem = problemOf(connection.kind, { kinds, on })
      if (problem !== null) throw new GatehouseError('input_invalid', problem, { side: 'client' })
      return desk.requestGrant(principal, { connection, kinds, on, minutes, purpose })
    },
    grants: async ({ filter }, { principal }) => ({ grants: await desk.grants(principal, filter) }),
    revokeGrant: ({ id, reason }, { principal }) => desk.revokeGrant(principal, id, reason),
  }
}

/** In the words of a policy's rule. */
function problemOf(kind: ConnectionKind, { kinds, on }: GrantClass): string | null {
  if (kinds.length === 0 || on?.length === 0) return 'a grant names at least one kind of command and, where it says on what, at least one'
  const ofKind = kind === 'kubernetes' ? kubernetesWordProblem : sqlKindProblem
  const wrong = kinds.find((word) => word !== '*' && ofKind(word) !== null)
  if (wrong !== undefined) return ofKind(wrong)
  return on?.map((glob) => (kind === 'kubernetes' ? placeProblem(glob) : identifierGlobProblem(glob, 2))).find((problem) => problem !== null) ?? null
}
