// Holds decisions back while the catalog of a connection is known to be stale: after DDL nobody decides by the old one.
import type { CatalogKeeper } from '../../sql/catalog.ts'
import { unknownNameRefreshMs } from '../../limits.ts'

export class CatalogGate {
  readonly keeper: CatalogKeeper
  #pending: Promise<void> | null = null
  #refreshedAt = 0

  constructor(keeper: CatalogKeeper) {
    this.keeper = keeper
  }

  /** Settles when decisions may go on; never rejects: a catalog that cannot be read makes `current()` throw, which refuses. */
  get pending(): Promise<void> | null {
    return this.#pending
  }

  /** Names nobody knows must not make the gateway hammer the database's catalog. */
  mayRefresh(): boolean {
    return Date.now() - this.#refreshedAt >= unknownNameRefreshMs
  }

  refresh(): Promise<void> {
    const pending = this.keeper.refresh().then(() => undefined, () => undefined).finally(() => {
      this.#refreshedAt = Date.now()
      if (this.#pending === pending) this.#pending = null
    })
    this.#pending = pending
    return pending
  }
}

const gates = new WeakMap<CatalogKeeper, CatalogGate>()

/** One gate for all sessions of a connection. */
export function gateOf(keeper: CatalogKeeper): CatalogGate {
  let gate = gates.get(keeper)
  if (gate === undefined) {
    gate = new CatalogGate(keeper)
    gates.set(keeper, gate)
  }
  return gate
}
