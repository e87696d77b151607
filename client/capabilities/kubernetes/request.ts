// Reading requests to a cluster through the gateway, as the signed-in principal: `/k8s/<connection>` and a path of our own making.
// What the API server or the gateway refuses comes as a Status; its message is what people see.
import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { GatehouseError, type ErrorCode } from '../../../shared/errors.ts'
import { readBody } from '../../api-client.ts'
import { jsonOf } from '../../json.ts'
import { kubernetesAnswerBytesMax, kubernetesCallMs } from '../../limits.ts'
import type { Account } from '../../login/account.ts'
import { createRenewals } from '../../session-proxy/kubernetes-renewals.ts'
import { authorities, connectFailure, type GatewayAddress } from '../../trust.ts'

export interface ClusterRequest {
  readonly connection: string
  /** `/api/v1/…`, its segments encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly accept: string
}

export interface ClusterClient {
  /** The answer whole; rejects with what the Status says. */
  read(what: ClusterRequest): Promise<string>
  /** The answer as it comes, until `signal` ends it; it lives on with every fresh token. */
  follow(what: ClusterRequest, signal: AbortSignal): Promise<IncomingMessage>
  dispose(): void
}

export function createClusterClient(account: Account): ClusterClient {
  const renewals = createRenewals(account)
  const listener = randomBytes(32).toString('base64url')
  // Of one gateway: another, or another token's life, makes another.
  let agent: { readonly of: string; readonly agent: Agent } | null = null

  function agentOf(address: GatewayAddress): Agent {
    const of = JSON.stringify(address)
    if (agent?.of !== of) {
      agent?.agent.destroy()
      agent = { of, agent: new Agent({ ca: authorities(address), keepAlive: true, maxSockets: 40, minVersion: 'TLSv1.2' }) }
    }
    return agent.agent
  }

  async function open({ connection, path, query = {}, accept }: ClusterRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const { address, token } = await account.pass()
    const search = new URLSearchParams(query).toString()
    const url = `${address.url}/k8s/${encodeURIComponent(connection)}${path}${search === '' ? '' : `?${search}`}`
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const headers = { accept, authorization: `Bearer ${token}`, 'gatehouse-listener': listener, 'user-agent': 'gatehouse-app' }
    request(url, { agent: agentOf(address), headers, signal }, resolve).on('error', reject).end()
    const incoming = await promise.catch((error: unknown) => { throw connectFailure(address, error) })
    const session = incoming.headers['gatehouse-session']
    if (typeof session === 'string') incoming.once('close', renewals.hold(session, { address, token }))
    if (incoming.statusCode === 200) return incoming
    throw statusOf(incoming.statusCode ?? 0, await readBody(incoming, kubernetesAnswerBytesMax))
  }

  return {
    async read(what) {
      const late = AbortSignal.timeout(kubernetesCallMs)
      try {
        return await readBody(await open(what, late), kubernetesAnswerBytesMax)
      } catch (error) {
        if (late.aborted) throw new GatehouseError('gateway_unreachable', `no answer within ${kubernetesCallMs / 1000} s (kubernetesCallMs); it may wait for approval: try again`, { side: 'upstream', cause: error })
        throw error
      }
    },
    follow: open,
    dispose() {
      renewals.dispose()
      agent?.agent.destroy()
    },
  }
}

const status = z.object({ kind: z.literal('Status'), message: z.string().optional(), reason: z.string().optional() })
const problem = z.object({ code: z.string(), detail: z.string() })

const codes: Readonly<Record<number, ErrorCode>> = { 401: 'token_invalid', 403: 'forbidden', 404: 'not_found', 429: 'limit_exceeded', 502: 'upstream_unreachable', 503: 'upstream_unreachable', 504: 'upstream_unreachable' }

/** The message as it was said; the code only chooses the title above it. */
export function statusOf(code: number, body: string): GatehouseError {
  const value = jsonOf(body)
  const said = status.safeParse(value).data?.message ?? problem.safeParse(value).data?.detail
  return new GatehouseError(codes[code] ?? 'upstream_rejected', said === undefined || said === '' ? `the answer was ${code} and gave no reason` : said.slice(0, 4_000), { side: 'upstream' })
}
