// Typed calls of shared/api.ts over HTTPS. Every answer is parsed: a gateway is believed for what it is, not for what it sends.
import { Agent, request } from 'node:https'
import { problem, routes, type RouteInput, type RouteName, type RouteOutput } from '../shared/api.ts'
import { GatehouseError } from '../shared/errors.ts'
import { apiAnswerBytesMax, apiCallMs } from './limits.ts'
import { authorities, connectFailure, type GatewayAddress } from './trust.ts'
import { jsonOf } from './json.ts'

export interface ApiClient {
  readonly address: GatewayAddress
  /** Rejects with the gateway's own GatehouseError, `gateway_unreachable` or `gateway_untrusted`. `token` null: only for `info`. */
  call<N extends RouteName>(name: N, input: RouteInput<N>, token: string | null): Promise<RouteOutput<N>>
  dispose(): void
}

export function createApiClient(address: GatewayAddress): ApiClient {
  const agent = new Agent({ ca: authorities(address), keepAlive: true, maxSockets: 8, minVersion: 'TLSv1.2' })

  return {
    address,
    async call(name, input, token) {
      const { method } = routes[name]
      const { path, rest } = fillPath(routes[name].path, routes[name].input.parse(input) as Record<string, unknown>)
      const isQuery = method !== 'POST'
      const answer = await send(agent, address, {
        method, token, path: isQuery ? path + queryOf(rest) : path, body: isQuery ? null : JSON.stringify(rest),
      })
      if (answer.status >= 300) throw problemOf(answer, address)
      return parseOutput(name, answer, address)
    },
    dispose: () => agent.destroy(),
  }
}

/** `:name` parts of a path come from the input; `rest` is what remains for query or body. */
export function fillPath(template: string, input: Readonly<Record<string, unknown>>): { path: string; rest: Record<string, unknown> } {
  const rest = { ...input }
  const path = template.replaceAll(/:(\w+)/g, (_, key: string) => {
    const value = rest[key]
    delete rest[key]
    return encodeURIComponent(String(value))
  })
  return { path, rest }
}

function queryOf(rest: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(rest)) if (value !== undefined) query.set(key, String(value))
  return query.size === 0 ? '' : `?${query}`
}

export interface HttpAnswer { readonly status: number; readonly body: string }

interface Outgoing { readonly method: string; readonly path: string; readonly token: string | null; readonly body: string | null }

async function send(agent: Agent, address: GatewayAddress, { method, path, token, body }: Outgoing): Promise<HttpAnswer> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (token !== null) headers['authorization'] = `Bearer ${token}`
  if (body !== null) headers['content-type'] = 'application/json'
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
  const outgoing = request(address.url + path, { agent, method, headers, signal: AbortSignal.timeout(apiCallMs) }, (incoming) => {
    readBody(incoming).then((text) => resolve({ status: incoming.statusCode ?? 0, body: text }), reject)
  })
  outgoing.on('error', reject)
  outgoing.end(body ?? undefined)
  try {
    return await promise
  } catch (error) {
    throw connectFailure(address, isTimeout(error) ? Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }) : error)
  }
}

const isTimeout = (error: unknown) => error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')

/** The body of an HTTP answer as text; `limit_exceeded` past the cap, before it is all in memory. */
export async function readBody(incoming: AsyncIterable<Buffer>, bytesMax = apiAnswerBytesMax): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming) {
    bytes += chunk.length
    if (bytes > bytesMax) throw new GatehouseError('limit_exceeded', `the gateway's answer is larger than ${bytesMax} bytes (apiAnswerBytesMax)`, { side: 'upstream' })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The gateway's problem as our error; anything else that is not a success is not a Gatehouse gateway. */
export function problemOf(answer: HttpAnswer, address: GatewayAddress): GatehouseError {
  const parsed = problem.safeParse(jsonOf(answer.body))
  if (parsed.success) return new GatehouseError(parsed.data.code, parsed.data.detail, { side: 'upstream' })
  return new GatehouseError('gateway_unreachable', `${address.url} answered ${answer.status}, but not as a Gatehouse gateway does: is this the gateway's API address?`, { side: 'upstream' })
}

function parseOutput<N extends RouteName>(name: N, answer: HttpAnswer, address: GatewayAddress): RouteOutput<N> {
  const parsed = routes[name].output.safeParse(jsonOf(answer.body === '' ? '{}' : answer.body))
  // The schema was looked up by the same name; TypeScript cannot follow that through the table.
  if (parsed.success) return parsed.data as RouteOutput<N>
  const [issue] = parsed.error.issues
  throw new GatehouseError('gateway_unreachable', `${address.url} gave an answer to ${name} that we do not understand (${issue?.path.join('.')}: ${issue?.message}): are app and gateway of the same version?`, { side: 'upstream' })
}
