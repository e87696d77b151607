// The connections a caller has any rule on; of the others not even the name is told.
import type { ApiContext } from './context.ts'
import type { Handlers } from './routes.ts'

export function connectionHandlers({ connections, hasAnyRule }: ApiContext): Pick<Handlers, 'connections'> {
  return {
    connections: async (_, { principal }) => ({
      connections: connections.filter((connection) => hasAnyRule(principal, connection))
        .map(({ name, kind, labels, database }) => ({ name, kind, labels: { ...labels }, ...(database === undefined ? {} : { database }) })),
    }),
  }
}
