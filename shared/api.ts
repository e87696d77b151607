// The gateway's HTTP API: name → method, path, input, output. gateway/api implements it, client/ calls it.
// Errors are `problem`: application/problem+json (RFC 9457) with our code. Every route but `info` wants `Authorization: Bearer`.
import { z } from 'zod'
import { approvalEvent, approvalSummary, approvalWhole, grant, grantClass, writtenReason } from './approval.ts'
import { errorCodes, type ErrorCode } from './errors.ts'
import { grantMinutesMax, preflightCharactersMax, tokenCharactersMax } from './limits.ts'
import { preflightStatement } from './preflight.ts'

const isoTime = z.iso.datetime()

export const principalView = z.object({
  id: z.string(), provider: z.string(), subject: z.string(), kind: z.enum(['human', 'ci', 'agent']),
  email: z.string().nullable(), groups: z.array(z.string()),
})
export const connectionView = z.object({
  name: z.string(), kind: z.enum(['postgres', 'kubernetes']), labels: z.record(z.string(), z.string()), database: z.string().optional(),
})
export const providerView = z.object({
  name: z.string(), kind: z.enum(['human', 'ci', 'agent']), issuer: z.string(), clientId: z.string(), scopes: z.array(z.string()),
})
export const sessionView = z.object({
  id: z.string(), connection: z.string(), kind: z.enum(['postgres', 'kubernetes']),
  principal: z.object({ id: z.string(), email: z.string().nullable(), kind: z.string() }),
  via: z.enum(['tunnel', 'native']), client: z.string(), state: z.enum(['open', 'closed']),
  openedAt: isoTime, closedAt: isoTime.nullable(), closeReason: z.string().nullable(), commands: z.number(), refusals: z.number(),
})
export const frameView = z.object({
  seq: z.number(), at: z.number(), direction: z.enum(['in', 'out', 'control']),
  kind: z.enum(['open', 'command', 'verdict', 'refusal', 'result', 'output', 'notice', 'truncated', 'close', 'resize']),
  data: z.discriminatedUnion('type', [
    z.object({ type: z.literal('json'), value: z.record(z.string(), z.unknown()) }),
    z.object({ type: z.literal('bytes'), base64: z.string() }),
  ]),
  prev: z.string(),
})
export const verifyView = z.object({
  session: z.string(), ok: z.boolean(), frames: z.number(), head: z.string(), closed: z.boolean(), problems: z.array(z.string()),
})

const codes = Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]
export const problem = z.object({ type: z.string(), title: z.string(), status: z.number(), code: z.enum(codes), detail: z.string() })

const empty = z.object({})
const byId = z.object({ id: z.string() })
const pageOf = { before: z.string().optional(), limit: z.coerce.number().int().min(1).max(200).default(50) }

/** `:name` parts of a path and query parameters both come from `input`; a POST sends what the path does not take as JSON. */
export const routes = {
  /** Who this gateway is and how to sign in to it. `listeners.postgres` is `host:port` of the native listener, null if none. */
  info: { method: 'GET', path: '/v1/info', input: empty,
    output: z.object({ name: z.literal('gatehouse'), version: z.string(), providers: z.array(providerView),
      listeners: z.object({ postgres: z.string().nullable() }) }) },
  /** The bearer is a JWT of a configured issuer; the answer is a short opaque session token for the same principal. */
  exchangeToken: { method: 'POST', path: '/v1/tokens', input: empty,
    output: z.object({ token: z.string().max(tokenCharactersMax), expiresAt: isoTime, principal: principalView }) },
  /** Ends the bearer, and every session that lives by it, within a second. */
  revokeToken: { method: 'DELETE', path: '/v1/tokens/current', input: empty, output: empty },
  whoami: { method: 'GET', path: '/v1/whoami', input: empty, output: z.object({ principal: principalView, expiresAt: isoTime }) },
  /** Those on which the caller has any rule. */
  connections: { method: 'GET', path: '/v1/connections', input: empty, output: z.object({ connections: z.array(connectionView) }) },
  /** The caller's own, newest first; everyone's for a reviewer (`reviewers:` in gateway.yaml). */
  sessions: { method: 'GET', path: '/v1/sessions',
    input: z.object({ connection: z.string().optional(), before: z.string().optional(), limit: z.coerce.number().int().min(1).max(200).default(50) }),
    output: z.object({ sessions: z.array(sessionView), next: z.string().nullable() }) },
  session: { method: 'GET', path: '/v1/sessions/:id', input: z.object({ id: z.string() }), output: sessionView },
  frames: { method: 'GET', path: '/v1/sessions/:id/frames',
    input: z.object({ id: z.string(), after: z.coerce.number().int().min(-1).default(-1), limit: z.coerce.number().int().min(1).max(1000).default(200) }),
    output: z.object({ frames: z.array(frameView), next: z.number().nullable() }) },
  /**
   * A newer token of the same principal, as the bearer: the session lives as long as that, and its groups hold for what runs in it from now
   * on. Of sessions that say so (`Gatehouse-Session` on an answer of a cluster), by the gateway that serves them; a token that ends earlier
   * changes nothing. `expiresAt`: when the session ends unless it is renewed again.
   */
  renewSession: { method: 'POST', path: '/v1/sessions/:id/renewal', input: byId, output: z.object({ expiresAt: isoTime }) },
  verifySession: { method: 'GET', path: '/v1/sessions/:id/verify', input: z.object({ id: z.string() }), output: verifyView },

  /**
   * Newest first. `open`: those that wait and that the caller may decide. `mine`: asked for by the caller. `decided`: the caller
   * decided them, or a merged pull request agreed in the place of those who are asked, the caller among them. `reviews`: passed by break-glass and not reviewed yet, that the caller may review. `all`: whatever the caller may see.
   */
  approvals: { method: 'GET', path: '/v1/approvals',
    input: z.object({ filter: z.enum(['open', 'mine', 'decided', 'reviews', 'all']).default('open'), ...pageOf }),
    output: z.object({ approvals: z.array(approvalSummary), next: z.string().nullable() }) },
  approval: { method: 'GET', path: '/v1/approvals/:id', input: byId, output: approvalWhole },
  /**
   * One decision a human, final. `attempt`: any id of the caller's; the same one again answers as the first time did, so that a lost
   * answer can be asked for again. `minutes`: of a grant, shorter than asked for.
   */
  decideApproval: { method: 'POST', path: '/v1/approvals/:id/decision',
    input: byId.extend({ decision: z.enum(['approve', 'deny']), reason: writtenReason.nullable().default(null), minutes: z.number().int().min(1).optional(), attempt: z.string().max(64).optional() }),
    output: approvalWhole },
  /** By who may decide it; earlier only. */
  shortenApproval: { method: 'POST', path: '/v1/approvals/:id/expiry', input: byId.extend({ expiresAt: isoTime }), output: approvalWhole },
  /** By the requester. */
  withdrawApproval: { method: 'POST', path: '/v1/approvals/:id/withdraw', input: byId.extend({ reason: writtenReason.nullable().default(null) }), output: approvalWhole },
  /** By the requester: what it is for, once, where it was not said before. */
  explainApproval: { method: 'POST', path: '/v1/approvals/:id/purpose', input: byId.extend({ purpose: writtenReason }), output: approvalWhole },
  /** A decider has it on screen: the requester sees who looked. */
  viewApproval: { method: 'POST', path: '/v1/approvals/:id/view', input: byId, output: empty },
  /** By the requester, a human in a group of `break-glass` of every rule that asks: the command goes on at once. */
  breakGlass: { method: 'POST', path: '/v1/approvals/:id/break-glass', input: byId.extend({ reason: writtenReason, incident: z.string().trim().min(1).max(200) }), output: approvalWhole },
  /** Closes the review of a break-glass: by a human who is not the requester and could have decided. */
  reviewApproval: { method: 'POST', path: '/v1/approvals/:id/review', input: byId.extend({ note: writtenReason }), output: approvalWhole },

  /** Asks for time-boxed access: an approval of kind `grant`, decided as any other; its approval opens the grant. */
  requestGrant: { method: 'POST', path: '/v1/grants',
    input: grantClass.omit({ protocol: true }).extend({ connection: z.string(), minutes: z.number().int().min(1).max(grantMinutesMax), purpose: writtenReason }), output: approvalWhole },
  /** The caller's own, and those the caller could have decided; active ones first, newest first. */
  grants: { method: 'GET', path: '/v1/grants', input: z.object({ filter: z.enum(['active', 'all']).default('active') }), output: z.object({ grants: z.array(grant) }) },
  /** By who could have decided it, or whose it is; sessions that live by it end within seconds. */
  revokeGrant: { method: 'POST', path: '/v1/grants/:id/revoke', input: byId.extend({ reason: writtenReason.nullable().default(null) }), output: grant },

  /** Notifications that were given up, newest first; for reviewers. */
  deadLetters: { method: 'GET', path: '/v1/notifications/dead', input: empty,
    output: z.object({ notifications: z.array(z.object({ id: z.string(), target: z.string(), approval: z.string(), attempts: z.number(), createdAt: isoTime, deadAt: isoTime, error: z.string() })) }) },
  /** Sends a dead letter again, from the first attempt. */
  retryNotification: { method: 'POST', path: '/v1/notifications/:id/retry', input: byId, output: empty },

  /** What would become of each statement if the caller sent it now on a fresh session; nothing runs. */
  preflight: { method: 'POST', path: '/v1/connections/:name/preflight', input: z.object({ name: z.string(), text: z.string().max(preflightCharactersMax) }),
    output: z.object({ statements: z.array(preflightStatement), /** Of the whole text: why nothing is known of its statements. */ problem: z.string().nullable() }) },
  /** Columns that are masked for the caller, `schema.table.column`. */
  maskedColumns: { method: 'GET', path: '/v1/connections/:name/masks', input: z.object({ name: z.string() }), output: z.object({ columns: z.array(z.string()).readonly() }) },
} as const satisfies Record<string, { method: 'GET' | 'POST' | 'DELETE'; path: string; input: z.ZodType; output: z.ZodType }>

export type RouteName = keyof typeof routes
export type RouteInput<N extends RouteName> = z.input<(typeof routes)[N]['input']>
export type RouteOutput<N extends RouteName> = z.output<(typeof routes)[N]['output']>

/** `GET`, Upgrade: websocket; subprotocol `gatehouse.tunnel.v1`. Binary frames are protocol bytes, text frames `tunnelControl`. */
export const tunnelPath = '/v1/connections/:name/tunnel'
export const tunnelProtocol = 'gatehouse.tunnel.v1'

/**
 * `GET`, `text/event-stream` (HTML, server-sent events): what happens to the approvals and grants the caller may see. `?after=` or
 * `Last-Event-ID` is the cursor of the last event taken; without it the stream begins now, and its first message `ready` carries the
 * cursor it begins at: open the stream, then list, and nothing is missed. A comment comes every eventHeartbeatMs. The stream ends
 * with its token: open it again with a fresh one and the last cursor. `event: reset`: the cursor is too old; list again.
 */
export const eventsPath = '/v1/events'
export const eventMessages = {
  ready: z.object({ cursor: z.string() }),
  reset: z.object({ cursor: z.string() }),
  approval: approvalEvent,
} as const
