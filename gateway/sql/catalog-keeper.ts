// Keeps the snapshot of one target's catalog: a connection of its own, loads on demand and every catalogRefreshMs, joins loads that
// are asked for at the same time. A snapshot that cannot be renewed is used for catalogStaleMs, then refused: masks bind to it.
import { GatehouseError } from '../../shared/errors.ts'
import { catalogLoadMs, catalogRefreshMs, catalogStaleMs } from '../limits.ts'
import type { Log } from '../log.ts'
import { connectTo, type CatalogConnection, type CatalogTarget } from './catalog-connection.ts'
import { loadCatalog } from './catalog-load.ts'
import type { Catalog, CatalogKeeper } from './catalog.ts'

export interface CatalogKeeperOptions {
  readonly target: CatalogTarget
  /** Called after a swap; not for a load that found nothing changed. */
  readonly onChange?: (catalog: Catalog) => void
  readonly log: Log
  readonly refreshMs?: number
  readonly staleMs?: number
  readonly loadMs?: number
}

interface Held { readonly catalog: Catalog; readonly signature: string; readonly loadedAt: number }

export function createCatalogKeeper(options: CatalogKeeperOptions): CatalogKeeper {
  return new Keeper(options)
}

class Keeper implements CatalogKeeper {
  readonly #options: CatalogKeeperOptions
  readonly #staleMs: number
  #connection: CatalogConnection | null = null
  #held: Held | null = null
  /** As they stood when the connection was made. */
  #roleSettings: string | null = null
  /** Loads are made one after the other; the second waits to begin and serves everyone who asked meanwhile. */
  #running: Promise<Catalog> | null = null
  #next: Promise<Catalog> | null = null
  #giveUp: (error: Error) => void = () => undefined
  #timer: NodeJS.Timeout | null = null
  #isUsed = false
  #isDisposed = false

  constructor(options: CatalogKeeperOptions) {
    this.#options = options
    this.#staleMs = options.staleMs ?? catalogStaleMs
  }

  current(): Catalog {
    this.#isUsed = true
    const held = this.#held
    if (held === null) throw this.#unavailable('it was never read')
    const age = performance.now() - held.loadedAt
    if (age > this.#staleMs) throw this.#unavailable(`it was last read ${Math.round(age / 1000)} s ago, more than catalogStaleMs allows`)
    return held.catalog
  }

  refresh(): Promise<Catalog> {
    if (this.#isDisposed) return Promise.reject(this.#unavailable('the gateway is shutting down'))
    if (this.#running === null) return this.#begin()
    // The running load may have read past what the caller wants to see, so it waits for one that has not begun.
    this.#next ??= this.#running.then(noResult, noResult).then(() => {
      this.#next = null
      return this.#begin()
    })
    return this.#next
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#drop()
    await this.#running?.then(noResult, noResult)
    this.#drop()
  }

  #begin(): Promise<Catalog> {
    const load = this.#load().finally(() => {
      if (this.#running === load) this.#running = null
    })
    this.#running = load
    return load
  }

  async #load(): Promise<Catalog> {
    const loadMs = this.#options.loadMs ?? catalogLoadMs
    let isLate = false
    // A half-open connection would never answer: the deadline ends it, and with it whatever waits for it.
    const deadline = setTimeout(() => {
      isLate = true
      this.#connection?.destroy()
    }, loadMs)
    try {
      // A query of a destroyed connection may never settle, and dispose waits for this load.
      const lost = new Promise<never>((_, reject) => { this.#giveUp = reject })
      return await Promise.race([this.#read(), lost])
    } catch (error) {
      this.#drop()
      throw this.#unavailable(isLate ? `reading it took longer than catalogLoadMs (${loadMs} ms)` : error instanceof Error ? error.message : 'unknown error', error)
    } finally {
      clearTimeout(deadline)
    }
  }

  async #read(): Promise<Catalog> {
    const version = (this.#held?.catalog.version ?? 0) + 1
    this.#connection ??= await this.#connect()
    let loaded = await loadCatalog(this.#connection.client, version)
    // Sessions that begin now look names up elsewhere than this connection does.
    if (this.#roleSettings !== null && this.#roleSettings !== loaded.roleSettings) {
      this.#disconnect()
      this.#connection = await this.#connect()
      loaded = await loadCatalog(this.#connection.client, version)
    }
    this.#roleSettings = loaded.roleSettings
    return this.#swap(loaded.catalog, loaded.signature)
  }

  async #connect(): Promise<CatalogConnection> {
    if (this.#isDisposed) throw new Error('the gateway is shutting down')
    const connection = await connectTo(this.#options.target)
    const forget = (): void => {
      if (this.#connection === connection) this.#drop()
    }
    connection.client.on('error', forget)
    connection.client.on('end', forget)
    // Disposed of while it was being made; its listeners stay, for it says that it was destroyed.
    if (this.#isDisposed) {
      connection.destroy()
      throw new Error('the gateway is shutting down')
    }
    return connection
  }

  /** An unchanged catalog stays the same object: what callers derived from it stays good. */
  #swap(catalog: Catalog, signature: string): Catalog {
    const isSame = this.#held?.signature === signature
    this.#held = { catalog: isSame ? this.#held!.catalog : catalog, signature, loadedAt: performance.now() }
    if (!isSame) this.#options.onChange?.(this.#held.catalog)
    if (this.#timer === null && !this.#isDisposed) this.#timer = setInterval(() => this.#tick(), this.#options.refreshMs ?? catalogRefreshMs).unref()
    return this.#held.catalog
  }

  /** While nobody asks, just often enough that the next one who does finds it usable. */
  #tick(): void {
    const age = performance.now() - (this.#held?.loadedAt ?? 0)
    if (this.#running !== null || (!this.#isUsed && age < this.#staleMs / 2)) return
    this.#isUsed = false
    this.refresh().catch((error: unknown) => this.#options.log.warn({ err: error, connection: this.#options.target.summary.name }, 'the catalog could not be refreshed'))
  }

  /** Ends the connection, and the load that uses it. */
  #drop(): void {
    this.#disconnect()
    this.#giveUp(new Error('the connection was closed'))
  }

  #disconnect(): void {
    this.#connection?.destroy()
    this.#connection = null
    this.#roleSettings = null
  }

  #unavailable(why: string, cause?: unknown): GatehouseError {
    return new GatehouseError('catalog_unavailable', `the catalog of ${this.#options.target.summary.name} cannot be used: ${why}; statements are refused until it can be read`, { side: 'upstream', cause })
  }
}

const noResult = (): void => undefined
