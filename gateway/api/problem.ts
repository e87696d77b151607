// Errors as application/problem+json (RFC 9457). Which code answers with which status stands in one table; a code that is not
// in it is a fault of ours, and its cause stays in the log.
import type { z } from 'zod'
import { problem } from '../../shared/api.ts'
import { errorCodes, GatehouseError, type ErrorCode } from '../../shared/errors.ts'

export type Problem = z.output<typeof problem>

const statuses = {
  token_missing: 401, token_invalid: 401, token_expired: 401, token_revoked: 401,
  forbidden: 403, not_permitted: 403,
  connection_unknown: 404, session_unknown: 404, approval_unknown: 404, not_found: 404,
  approval_closed: 409, already_decided: 409,
  input_invalid: 400, protocol_violation: 400, handshake_timeout: 408, limit_exceeded: 429,
  store_unavailable: 503, recorder_failed: 503, gateway_stopping: 503, provider_unreachable: 503, catalog_unavailable: 503,
  upstream_unreachable: 502, upstream_rejected: 502, upstream_lost: 502,
} as const satisfies Partial<Record<ErrorCode, number>>

export function statusOf(code: ErrorCode): number {
  return Object.hasOwn(statuses, code) ? statuses[code as keyof typeof statuses] : 500
}

/** What the caller may know of `error`; `request` is the id under which the log has the rest. */
export function problemOf(error: unknown, request: string): Problem {
  const code = error instanceof GatehouseError ? error.code : 'internal'
  const status = statusOf(code)
  const detail = error instanceof GatehouseError && status !== 500 ? error.message : `the gateway failed; its log has the cause under request ${request}`
  return { type: `urn:gatehouse:problem:${code}`, title: errorCodes[code], status, code, detail }
}

/** RFC 6750 3: what a 401 must carry. */
export function challengeOf(code: ErrorCode): string {
  return code === 'token_missing' ? 'Bearer realm="gatehouse"' : 'Bearer realm="gatehouse", error="invalid_token"'
}
