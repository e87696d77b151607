// Who this gateway is and how to sign in to it. The only route that answers strangers: nothing here is a secret.
import type { ApiContext } from './context.ts'
import type { Handlers } from './routes.ts'

export function infoHandlers({ version, providers, listeners }: ApiContext): Pick<Handlers, 'info'> {
  return {
    info: async () => ({ name: 'gatehouse', version, providers: [...providers], listeners: listeners() }),
  }
}
