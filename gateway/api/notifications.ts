// Dead letters: what could not be told to the outside, for whoever reviews; bodies and addresses stay in the store.
import { GatehouseError } from '../../shared/errors.ts'
import type { Principal } from '../../shared/principal.ts'
import { deadLettersListedMax } from '../limits.ts'
import type { ApiContext } from './context.ts'
import type { Handlers } from './routes.ts'

export function notificationHandlers({ approvals: { notifications }, isReviewer }: ApiContext): Pick<Handlers, 'deadLetters' | 'retryNotification'> {
  function requireReviewer(principal: Principal): void {
    if (!isReviewer(principal)) throw new GatehouseError('forbidden', 'dead letters are for reviewers (reviewers: in gateway.yaml)', { side: 'client' })
  }
  return {
    async deadLetters(_, { principal }) {
      requireReviewer(principal)
      const dead = await notifications.listDead(deadLettersListedMax)
      return {
        notifications: dead.map(({ id, target, approval, attempts, createdAt, deadAt, lastError }) =>
          ({ id, target, approval, attempts, createdAt: new Date(createdAt).toISOString(), deadAt: new Date(deadAt ?? createdAt).toISOString(), error: lastError ?? '' })),
      }
    },
    async retryNotification({ id }, { principal }) {
      requireReviewer(principal)
      if (!await notifications.retry(id)) throw new GatehouseError('not_found', 'no such dead letter', { side: 'client' })
      return {}
    },
  }
}
