// Cancel keys of our own: 64 random bits in the form of a process id and a secret, so that a CancelRequest that names them was
// made by who was given them. They mean nothing to the upstream, whose key never leaves the gateway.
import { randomBytes } from 'node:crypto'

export interface CancelKey { readonly processId: number; readonly secret: Buffer }

export interface Cancellable { readonly principalId: string; cancel(): void }

export class CancelKeys {
  readonly #sessions = new Map<string, Cancellable>()

  issue(session: Cancellable): CancelKey {
    for (;;) {
      const processId = randomBytes(4).readInt32BE() & 0x7fffffff
      const secret = randomBytes(4)
      const key = { processId, secret }
      if (this.#sessions.has(name(key))) continue
      this.#sessions.set(name(key), session)
      return key
    }
  }

  revoke(key: CancelKey): void {
    this.#sessions.delete(name(key))
  }

  /** Unknown keys are ignored, as PostgreSQL does; `principalId` is known in a tunnel and must then be the session's. */
  cancel(key: CancelKey, principalId: string | null): void {
    const session = this.#sessions.get(name(key))
    if (session === undefined || (principalId !== null && session.principalId !== principalId)) return
    session.cancel()
  }
}

function name({ processId, secret }: CancelKey): string {
  return `${processId}:${secret.toString('hex')}`
}
