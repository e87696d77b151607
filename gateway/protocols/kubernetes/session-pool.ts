// Plain requests of one token on one connection share a session, so that `kubectl` run by run is one; a stream (exec, attach,
// portforward) has a session of its own, whose recording is one terminal. No request joins a session that lives by another token than its
// own, and a renewal is only for the requests of the listener that asks for it: what somebody else began with the old token ends with that.
import { hash } from 'node:crypto'
import { GatehouseError } from '../../../shared/errors.ts'
import type { Lease } from '../../identity/authenticate.ts'
import { kubernetesIdleMs, kubernetesPooledMax } from '../../limits-kubernetes.ts'
import type { GatewayContext, KubernetesConnection } from '../../pipeline/context.ts'
import { createDeletes } from './deletes.ts'
import { KubernetesSession, type Memory } from './kubernetes-session.ts'
import { createRecentRefusals } from './recent-refusals.ts'
import type { Documents } from './threads/documents.ts'

export interface Caller {
  readonly lease: Lease
  /** Which loopback listener of the principal's it came through, in its own words; null: through none. */
  readonly listener: string | null
  readonly connection: KubernetesConnection
  readonly client: string
}

interface Pooled {
  /** Of the token it lives by now. */
  key: string
  readonly owner: string
  readonly opening: Promise<KubernetesSession>
}

export class SessionPool {
  readonly #context: GatewayContext
  readonly #idleMs: number
  readonly #memory: Memory
  readonly #open = new Map<string, Pooled>()

  constructor(context: GatewayContext, { documents, idleMs = kubernetesIdleMs }: { readonly documents: Documents; readonly idleMs?: number | undefined }) {
    this.#context = context
    this.#idleMs = idleMs
    this.#memory = { deletes: createDeletes(), refusals: createRecentRefusals(), documents }
  }

  /** The lease is the session's from here on. Rejects as KubernetesSession.open does. */
  async shared(caller: Caller): Promise<KubernetesSession> {
    const key = keyOf(caller)
    const pooled = this.#open.get(key)
    if (pooled === undefined) return this.#pool(caller, key)
    // One that could not be opened, has ended, or was renewed meanwhile, is in nobody's way any more.
    const known = await pooled.opening.catch(() => null)
    if (known === null || known.session.isEnded || pooled.key !== key) {
      this.#forget(pooled, key)
      return this.shared(caller)
    }
    caller.lease.dispose()
    return known
  }

  #pool(caller: Caller, key: string): Promise<KubernetesSession> {
    const owner = JSON.stringify([caller.lease.principal.id, caller.connection.target.summary.name])
    // Tokens and listeners cost nothing: a loop over them must not take the sessions of all others.
    if ([...this.#open.values()].filter((one) => one.owner === owner).length >= kubernetesPooledMax) {
      caller.lease.dispose()
      return Promise.reject(new GatehouseError('limit_exceeded', `you have ${kubernetesPooledMax} sessions on this cluster already (kubernetesPooledMax); they end when they are idle`, { side: 'client' }))
    }
    const pooled: Pooled = { key, owner, opening: this.#begin(caller, this.#idleMs, () => this.#forget(pooled, pooled.key)) }
    pooled.opening.catch(() => this.#forget(pooled, pooled.key))
    this.#open.set(key, pooled)
    caller.lease.onRenew(() => this.#move(pooled, keyOf(caller)))
    return pooled.opening
  }

  /** Requests that come with its new token find it there, unless they have one already. */
  #move(pooled: Pooled, key: string): void {
    this.#forget(pooled, pooled.key)
    pooled.key = key
    if (!this.#open.has(key)) this.#open.set(key, pooled)
  }

  #forget(pooled: Pooled, key: string): void {
    if (this.#open.get(key) === pooled) this.#open.delete(key)
  }

  own(caller: Caller): Promise<KubernetesSession> {
    return this.#begin(caller, null, () => undefined)
  }

  async #begin({ lease, connection, client }: Caller, idleMs: number | null, onClosed: () => void): Promise<KubernetesSession> {
    try {
      return await KubernetesSession.open({ context: this.#context, memory: this.#memory, connection, lease, client, idleMs, onClosed })
    } catch (error) {
      lease.dispose()
      throw error
    }
  }
}

/** By the token that the lease follows now. What a listener says of itself is hashed: it may be anything. */
const keyOf = ({ connection, lease, listener }: Caller): string => hash('sha256', JSON.stringify([connection.target.summary.name, lease.key, listener]), 'hex')
