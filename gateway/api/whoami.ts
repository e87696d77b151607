// Who the gateway takes the bearer for, and until when.
import type { Handlers } from './routes.ts'
import { viewOfPrincipal } from './views.ts'

export function whoamiHandlers(): Pick<Handlers, 'whoami'> {
  return {
    whoami: async (_, { principal, lease }) => ({ principal: viewOfPrincipal(principal), expiresAt: new Date(lease.expiresAt).toISOString() }),
  }
}
