// What went wrong on our way, as a Status: codes of ours to reasons kubectl knows. Causes stay in the log.
import type { ServerResponse } from 'node:http'
import type { KubernetesCommandFacts } from '../../../shared/kubernetes.ts'
import { GatehouseError, type ErrorCode } from '../../../shared/errors.ts'
import type { Log } from '../../log.ts'
import { refused, statusOfRefused, type StatusAnswer, type StatusReason } from './refusal.ts'

const reasons: Partial<Record<ErrorCode, StatusReason>> = {
  token_missing: 'Unauthorized', token_invalid: 'Unauthorized', token_expired: 'Unauthorized', token_revoked: 'Unauthorized',
  forbidden: 'Forbidden', connection_unknown: 'NotFound', not_found: 'NotFound', input_invalid: 'BadRequest', limit_exceeded: 'TooManyRequests',
  store_unavailable: 'ServiceUnavailable', recorder_failed: 'ServiceUnavailable', gateway_stopping: 'ServiceUnavailable', provider_unreachable: 'ServiceUnavailable',
  upstream_unreachable: 'ServiceUnavailable', upstream_lost: 'ServiceUnavailable', upstream_rejected: 'ServiceUnavailable', secret_unavailable: 'ServiceUnavailable',
}

export function failureStatus(error: unknown, { log, facts }: { readonly log: Log; readonly facts: KubernetesCommandFacts | null }): StatusAnswer {
  const reason = error instanceof GatehouseError ? reasons[error.code] : undefined
  if (reason !== undefined) return statusOfRefused(refused((error as GatehouseError).message, '', reason), facts)
  log.error({ err: error }, 'a Kubernetes request failed')
  return statusOfRefused(refused('a fault of the gateway; its log has the cause', '', 'InternalError'), facts)
}

export function sendStatus(response: ServerResponse, { code, contentType, body }: StatusAnswer): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(code, { 'content-type': contentType, 'content-length': body.length, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...(code === 401 && { 'www-authenticate': 'Bearer realm="gatehouse"' }) })
  response.end(body)
}
