// A session: one principal on one connection, from open to close. It owns the recorder, the lease and the counters; the
// protocol owns the sockets and hears `onEnd`. Whatever ends it ends it once.
import { isDeepStrictEqual } from 'node:util'
import type { Principal } from '../../shared/principal.ts'
import type { OpenFrameData, RenewedFrameData } from '../../shared/recording.ts'
import type { SessionSummary } from '../../shared/session.ts'
import type { Lease } from '../identity/authenticate.ts'
import { hasAnyRule } from '../policy/masks.ts'
import type { Recorder } from '../recording/recorder.ts'
import type { GatewayContext } from './context.ts'
import type { ConnectionSummary } from '../../shared/connection.ts'
import { sessionId } from './ids.ts'

/** Why every session ends when the journal fails. */
export const unrecorded = 'the recording cannot be written'

export interface SessionRequest {
  readonly context: GatewayContext
  readonly lease: Lease
  readonly connection: ConnectionSummary
  readonly via: SessionSummary['via']
  /** What the client calls itself; untrusted. */
  readonly client: string
  /** A newer token of the same principal moves it on (renewSession of shared/api.ts). A tunnel has its own way; a native login has none. */
  readonly isRenewable?: boolean
  /** Called once: tell the client `reason`, close the sockets. */
  readonly onEnd: (reason: string) => void
}

export class Session {
  readonly context: GatewayContext
  readonly lease: Lease
  readonly connection: ConnectionSummary
  readonly summary: SessionSummary
  readonly recorder: Recorder
  commands = 0
  refusals = 0
  /** When the client last sent something, milliseconds since the epoch. */
  activeAt = Date.now()
  #isEnded = false
  /** What it was judged by so far. */
  #seen: unknown = null
  readonly #onEnd: (reason: string) => void
  readonly #unsubscribe: (() => void)[] = []
  readonly #beforeClose = new Set<(reason: string) => void>()
  readonly #rechecks = new Set<() => void>()

  private constructor(request: SessionRequest, summary: SessionSummary, recorder: Recorder) {
    this.context = request.context
    this.lease = request.lease
    this.connection = request.connection
    this.summary = summary
    this.recorder = recorder
    this.#onEnd = request.onEnd
  }

  /** Opens it: in the registry and the store, then in the record. Rejects when it cannot be; then nothing was opened. */
  static async open(request: SessionRequest): Promise<Session> {
    const { context, lease, connection, via, client, isRenewable = false } = request
    const { id: principalId, email, kind } = lease.principal
    const summary: SessionSummary = {
      id: sessionId(), connection: connection.name, kind: connection.kind, principal: { id: principalId, email, kind }, via, client,
      state: 'open', openedAt: new Date().toISOString(), closedAt: null, closeReason: null, commands: 0, refusals: 0,
    }
    const recorder = context.journal.recorder(summary.id)
    const session = new Session(request, summary, recorder)
    await context.registry.open({
      summary, end: (reason) => session.end(reason), recheck: () => session.#recheck(), counts: () => ({ commands: session.commands, refusals: session.refusals }),
      ...(isRenewable && { renewable: lease }),
    })
    try {
      recorder.json('control', 'open', openData(session) as unknown as Record<string, unknown>)
    } catch (error) {
      session.end(unrecorded)
      throw error
    }
    session.#seen = seenBy(lease.principal)
    session.#watch()
    return session
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Called when it ends, while its record can still be written; must not throw. Returns the way to be forgotten. */
  beforeClose(listener: (reason: string) => void): () => void {
    this.#beforeClose.add(listener)
    return () => { this.#beforeClose.delete(listener) }
  }

  /** Called when what runs may no longer be allowed although the policy is the same: a grant is over, a renewal brought other groups. */
  onRecheck(listener: () => void): void {
    this.#rechecks.add(listener)
  }

  /** Safe to call twice; the first reason stands. */
  end(reason: string): void {
    if (this.#isEnded) return
    this.#isEnded = true
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    for (const listener of this.#beforeClose) listener(reason)
    this.lease.dispose()
    this.recorder.close(reason)
    this.context.registry.closed(this.summary.id, { reason, commands: this.commands, refusals: this.refusals })
    this.#onEnd(reason)
  }

  #watch(): void {
    this.#unsubscribe.push(
      this.lease.onEnd((reason) => this.end(reason)),
      this.lease.onRenew(() => this.#renewed()),
      this.context.policies.onChange((snapshot) => {
        if (!hasAnyRule(snapshot, this.lease.principal, this.connection)) this.end('the policy no longer gives you access to this connection')
      }),
    )
  }

  #recheck(): void {
    for (const listener of this.#rechecks) listener()
  }

  /** What the new token says of its principal holds from now on, for what runs already too. Where that cannot be looked at, it ends. */
  #renewed(): void {
    const { lease: { principal }, connection, context } = this
    if (!hasAnyRule(context.policies.current, principal, connection)) return this.end('your groups no longer give you access to this connection')
    try {
      const saw = seenBy(principal)
      if (isDeepStrictEqual(saw, this.#seen)) return
      this.#seen = saw
      this.recorder.json('control', 'notice', { text: 'the token was renewed, and what it says of its principal is another', ...recordedOf(principal) } satisfies RenewedFrameData)
      this.#recheck()
    } catch (error) {
      context.log.error({ err: error, session: this.summary.id }, 'what runs could not be judged anew after a renewal')
      this.end('what runs could not be judged anew after a renewal')
    }
  }
}

/** Beside who it was, what policy saw of them, for `policy replay`: groups, and of a CI job its claims, which tell of no person. */
function openData({ summary: { connection, principal, via, client }, lease }: Session): OpenFrameData {
  return { connection, principal: { ...principal, ...recordedOf(lease.principal) }, via, client }
}

function recordedOf({ kind, groups, claims }: Principal): Omit<RenewedFrameData, 'text'> {
  return { groups, ...(kind === 'ci' && { claims: plainClaims(claims) }) }
}

/** What policy can match of a principal and a renewal can change; claims of the token itself are others with every one. */
function seenBy({ email, groups, claims }: Principal): unknown {
  return { email, groups, claims: Object.fromEntries(Object.entries(claims).filter(([name]) => !ofTheToken.has(name))) }
}
const ofTheToken: ReadonlySet<string> = new Set(['iat', 'exp', 'nbf', 'jti', 'auth_time', 'at_hash'])

function plainClaims(claims: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value) || Array.isArray(value)))
}
