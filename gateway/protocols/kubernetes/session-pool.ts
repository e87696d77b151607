// Plain requests of one token on one connection share a session, so that `kubectl` run by run is one; a stream (exec, attach,
// portforward) has a session of its own, whose recording is one terminal.
import { hash } from 'node:crypto'
import type { Lease } from '../../identity/authenticate.ts'
import { kubernetesIdleMs } from '../../limits.ts'
import type { GatewayContext, KubernetesConnection } from '../../pipeline/context.ts'
import { createDeletes } from './deletes.ts'
import { KubernetesSession, type Memory } from './kubernetes-session.ts'
import { createRecentRefusals } from './recent-refusals.ts'

export interface Caller {
  readonly lease: Lease
  readonly token: string
  readonly connection: KubernetesConnection
  readonly client: string
}

export class SessionPool {
  readonly #context: GatewayContext
  readonly #idleMs: number
  readonly #memory: Memory = { deletes: createDeletes(), refusals: createRecentRefusals() }
  readonly #open = new Map<string, Promise<KubernetesSession>>()

  constructor(context: GatewayContext, idleMs = kubernetesIdleMs) {
    this.#context = context
    this.#idleMs = idleMs
  }

  /** The lease is the session's from here on. Rejects as KubernetesSession.open does. */
  async shared(caller: Caller): Promise<KubernetesSession> {
    const { lease, token, connection } = caller
    const key = hash('sha256', JSON.stringify([connection.target.summary.name, token]), 'hex')
    const opening = this.#open.get(key)
    if (opening === undefined) {
      const opened = this.#begin(caller, this.#idleMs, () => { if (this.#open.get(key) === opened) this.#open.delete(key) })
      opened.catch(() => { if (this.#open.get(key) === opened) this.#open.delete(key) })
      this.#open.set(key, opened)
      return opened
    }
    // One that could not be opened, or has ended meanwhile, is in nobody's way any more.
    const known = await opening.catch(() => null)
    if (known === null || known.session.isEnded) {
      if (this.#open.get(key) === opening) this.#open.delete(key)
      return this.shared(caller)
    }
    lease.dispose()
    return known
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
