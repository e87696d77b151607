// The gateway's HTTP API: name → method, path, input, output. gateway/api implements it, client/ calls it.
// Errors are `problem`: application/problem+json (RFC 9457) with our code. Every route but `info` wants `Authorization: Bearer`.
import { z } from 'zod'
import { errorCodes, type ErrorCode } from './errors.ts'
import { tokenCharactersMax } from './limits.ts'

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
  kind: z.enum(['open', 'command', 'verdict', 'refusal', 'result', 'output', 'notice', 'truncated', 'close']),
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
  verifySession: { method: 'GET', path: '/v1/sessions/:id/verify', input: z.object({ id: z.string() }), output: verifyView },
} as const satisfies Record<string, { method: 'GET' | 'POST' | 'DELETE'; path: string; input: z.ZodType; output: z.ZodType }>

export type RouteName = keyof typeof routes
export type RouteInput<N extends RouteName> = z.input<(typeof routes)[N]['input']>
export type RouteOutput<N extends RouteName> = z.output<(typeof routes)[N]['output']>

/** `GET`, Upgrade: websocket; subprotocol `gatehouse.tunnel.v1`. Binary frames are protocol bytes, text frames `tunnelControl`. */
export const tunnelPath = '/v1/connections/:name/tunnel'
export const tunnelProtocol = 'gatehouse.tunnel.v1'
