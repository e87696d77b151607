// A provider's token for a short one of ours, and its end. Both are written to the audit log: a login that cannot be written
// down does not happen. Failed logins are written up to a rate, with their codes and nothing of the token.
import { GatehouseError } from '../../shared/errors.ts'
import { exchangesPerMinute, loginFailuresAuditedPerMinute } from '../limits.ts'
import type { ApiContext } from './context.ts'
import { createRate } from '../pipeline/rate.ts'
import type { Handlers } from './routes.ts'
import { viewOfPrincipal } from './views.ts'

export function tokenHandlers({ identity, audit, metrics }: Pick<ApiContext, 'identity' | 'audit' | 'metrics'>, now: () => number = Date.now): Pick<Handlers, 'exchangeToken' | 'revokeToken'> {
  const exchanges = createRate(exchangesPerMinute, now)
  return {
    async exchangeToken(_, { token, principal }) {
      if (!exchanges.take(principal.id)) {
        throw new GatehouseError('limit_exceeded', `more than ${exchangesPerMinute} token exchanges in a minute (exchangesPerMinute); a token lives much longer, keep it`, { side: 'client' })
      }
      await audit({ kind: 'login', principal: principal.id, detail: { provider: principal.provider, principalKind: principal.kind } })
      const exchanged = await identity.exchange(token)
      metrics.login('ok')
      return { token: exchanged.token, expiresAt: new Date(exchanged.expiresAt).toISOString(), principal: viewOfPrincipal(exchanged.principal) }
    },
    async revokeToken(_, { token }) {
      const principal = await identity.revoke(token)
      await audit({ kind: 'token-revoked', principal: principal.id, detail: { by: principal.id } })
      return {}
    },
  }
}

export interface FailureAudit {
  /** Notes a bearer that was refused; never throws, never waits. */
  failed(error: unknown, route: string): void
}

export function createFailureAudit({ audit, log, metrics }: Pick<ApiContext, 'audit' | 'log' | 'metrics'>, now: () => number = Date.now): FailureAudit {
  const audited = createRate(loginFailuresAuditedPerMinute, now)
  let unwritten = 0
  return {
    failed(error, route) {
      if (!(error instanceof GatehouseError) || !error.code.startsWith('token_') || error.code === 'token_missing') return
      metrics.login('refused')
      if (!audited.take('all')) return void unwritten++
      audit({ kind: 'login-failed', principal: null, detail: { code: error.code, reason: error.message, route, unwritten } })
        .catch((failure: unknown) => log.error({ err: failure }, 'a failed login could not be written to the audit log'))
      unwritten = 0
    },
  }
}
