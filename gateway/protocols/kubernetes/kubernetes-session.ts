// What a gateway Session is for Kubernetes: the API server's connections of one client, and the requests that go through them now. It
// ends when the lease does, when it is idle, or by the gateway; every request of it then ends with a Status.
import type { ConnectionSummary } from '../../../shared/connection.ts'
import { GatehouseError } from '../../../shared/errors.ts'
import type { Lease } from '../../identity/authenticate.ts'
import { kubernetesRequestsMax } from '../../limits-kubernetes.ts'
import { cleanText } from '../../masking/scanner.ts'
import type { GatewayContext, KubernetesConnection } from '../../pipeline/context.ts'
import type { Refusal } from '../../pipeline/refusal.ts'
import { scannersOf } from '../../pipeline/scanners.ts'
import { Session } from '../../pipeline/session.ts'
import { masksFor } from '../../policy/masks.ts'
import { createAccess, type KubernetesAccess } from './access.ts'
import type { Deletes } from './deletes.ts'
import type { RecentRefusals } from './recent-refusals.ts'
import type { Documents } from './threads/documents.ts'
import { Upstream } from './upstream.ts'

/** One request, from its record to its last byte. */
export interface Exchange {
  /** The policy is another: what runs is judged again. */
  recheck(): void
  /** The session is over. Must not throw. */
  end(reason: string): void
}

/** What outlives a session, of all of a gateway's. */
export interface Memory { readonly deletes: Deletes; readonly refusals: RecentRefusals; readonly documents: Documents }

export interface KubernetesSessionRequest {
  readonly context: GatewayContext
  readonly memory: Memory
  readonly connection: KubernetesConnection
  readonly lease: Lease
  /** The client's User-Agent; untrusted. */
  readonly client: string
  /** Idle for so long, it ends; null: it ends with its one request. */
  readonly idleMs: number | null
  readonly onClosed: () => void
}

export class KubernetesSession {
  readonly session: Session
  readonly upstream: Upstream
  readonly context: GatewayContext
  readonly memory: Memory
  readonly connection: KubernetesConnection
  readonly #idleMs: number | null
  readonly #exchanges = new Set<Exchange>()
  #access: KubernetesAccess | null = null
  #idle: NodeJS.Timeout | null = null

  private constructor({ context, memory, connection, idleMs }: KubernetesSessionRequest, session: Session) {
    this.session = session
    this.context = context
    this.memory = memory
    this.connection = connection
    this.upstream = new Upstream(connection.target)
    this.#idleMs = idleMs
  }

  /** Rejects with limit_exceeded, store_unavailable, recorder_failed, token_expired; the lease is then the caller's still. */
  static async open(request: KubernetesSessionRequest): Promise<KubernetesSession> {
    const { context, lease, connection, onClosed } = request
    const opened: { one: KubernetesSession | null; unsubscribe: () => void; ended: string } = { one: null, unsubscribe: () => undefined, ended: '' }
    const session = await Session.open({
      context, lease, connection: connection.target.summary, via: 'native', client: cleanName(request), isRenewable: true,
      onEnd: (reason) => {
        opened.ended = reason
        opened.unsubscribe()
        if (opened.one !== null) opened.one.#close()
        onClosed()
      },
    })
    // Opening takes a while, and a token may end in it: nothing can be recorded any more then.
    if (session.isEnded) throw new GatehouseError('token_expired', `the session was ended: ${opened.ended}`, { side: 'client' })
    const one = opened.one = new KubernetesSession(request, session)
    // While their ends can still be recorded.
    session.beforeClose((reason) => one.#endAll(reason))
    opened.unsubscribe = context.policies.onChange(() => one.#recheck())
    session.onRecheck(() => one.#recheck())
    one.#rest()
    return one
  }

  get summary(): ConnectionSummary {
    return this.connection.target.summary
  }

  access(): KubernetesAccess {
    const { principal } = this.session.lease
    const snapshot = this.context.policies.current
    if (this.#access?.snapshot !== snapshot || this.#access.principal !== principal) this.#access = createAccess({ principal, connection: this.summary, snapshot, hashKey: this.connection.hashKey })
    return this.#access
  }

  /** Null: it is in; else why it may not. */
  enter(exchange: Exchange): Refusal | null {
    if (this.#exchanges.size >= kubernetesRequestsMax) return { kind: 'limit', message: `${kubernetesRequestsMax} requests of this session run already (kubernetesRequestsMax)`, hint: 'End some watches.' }
    if (this.#idle !== null) clearTimeout(this.#idle)
    this.#idle = null
    this.#exchanges.add(exchange)
    this.session.activeAt = Date.now()
    return null
  }

  leave(exchange: Exchange): void {
    if (!this.#exchanges.delete(exchange) || this.#exchanges.size > 0 || this.session.isEnded) return
    if (this.#idleMs === null) this.session.end('its request is done')
    else this.#rest()
  }

  #rest(): void {
    if (this.#idleMs === null) return
    this.#idle = setTimeout(() => this.session.end('no request for a while (kubernetesIdleMs)'), this.#idleMs).unref()
  }

  #recheck(): void {
    for (const exchange of this.#exchanges) exchange.recheck()
  }

  #endAll(reason: string): void {
    for (const exchange of this.#exchanges) {
      try {
        exchange.end(reason)
      } catch (error) {
        // One that cannot end must not keep the others open.
        this.context.log.error({ err: error, session: this.session.summary.id }, 'a Kubernetes request could not be ended')
      }
    }
  }

  #close(): void {
    if (this.#idle !== null) clearTimeout(this.#idle)
    this.upstream.dispose()
  }
}

/** A User-Agent is text of the client's like any other. */
function cleanName({ context, connection, lease: { principal }, client }: KubernetesSessionRequest): string {
  const { recordScanner } = scannersOf(masksFor(context.policies.current, principal, connection.target.summary))
  return recordScanner === null ? client.slice(0, 200) : cleanText(recordScanner, client).slice(0, 200)
}
