// The embedded store: PGlite in a worker, asked by messages. It has one connection, so whole transactions take turns.
import { Worker } from 'node:worker_threads'
import { storeOpenMs } from '../limits.ts'
import type { StoreAnswer, StoreRequest } from './pglite-protocol.ts'
import { StatementError, unavailable, within } from './store-error.ts'
import type { Parameter, Queries, Row, Store } from './store.ts'

interface Asked { resolve(rows: readonly Row[]): void; reject(error: Error): void }

/** Rejects with store_unavailable when the folder holds no database that PGlite can open. */
export async function openPglite(folder: string, queryMs: number): Promise<Store> {
  const store = new PgliteStore(new Worker(new URL('pglite-worker.ts', import.meta.url), { workerData: { folder } }), queryMs)
  try {
    await within(store.ready, storeOpenMs)
    return store
  } catch (error) {
    await store.terminate()
    throw error
  }
}

class PgliteStore implements Store {
  readonly kind = 'pglite'
  readonly ready: Promise<void>
  readonly #worker: Worker
  readonly #queryMs: number
  readonly #asked = new Map<number, Asked>()
  #nextId = 0
  /** The end of the transaction or query that has the connection. */
  #turn: Promise<unknown> = Promise.resolve()
  #lost: Error | null = null

  constructor(worker: Worker, queryMs: number) {
    this.#worker = worker
    this.#queryMs = queryMs
    this.ready = new Promise((resolve, reject) => {
      worker.on('message', (answer: StoreAnswer) => (answer.kind === 'ready' ? resolve() : this.#answered(answer)))
      const lose = (why: string, cause?: unknown) => {
        this.#lose(unavailable(why, cause))
        reject(this.#lost!)
      }
      worker.once('error', (error) => lose('the embedded database failed', error))
      worker.once('exit', () => lose('the embedded database has ended'))
    })
    // Whoever waits for `ready` gets its error; after that nobody does.
    this.ready.catch(() => this.#lost)
    worker.unref()
  }

  query(sql: string, parameters: readonly Parameter[] = []): Promise<readonly Row[]> {
    return this.#inTurn(() => this.#ask(sql, parameters), this.#queryMs)
  }

  transaction<T>(work: (queries: Queries) => Promise<T>, timeoutMs: number = this.#queryMs): Promise<T> {
    return this.#inTurn(async () => {
      await this.#ask('begin', null)
      try {
        const result = await work({ query: (sql, parameters) => this.#ask(sql, parameters ?? null) })
        await this.#ask('commit', null)
        return result
      } catch (error) {
        if (this.#lost === null) await this.#ask('rollback', null)
        throw error
      }
    }, timeoutMs)
  }

  async dispose(): Promise<void> {
    if (this.#lost !== null) return
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve))
    this.#worker.postMessage('close', [])
    this.#lose(unavailable('it was closed'))
    await within(ended, this.#queryMs).catch(() => this.terminate())
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #inTurn<T>(work: () => Promise<T>, timeoutMs: number): Promise<T> {
    const deadline = Date.now() + timeoutMs
    // Whose turn comes too late was told so already: it must not be done after all.
    const mine = this.#turn.then(() => (Date.now() < deadline ? work() : Promise.reject(unavailable('too much is waiting for it'))))
    this.#turn = mine.catch(() => null)
    return within(mine, timeoutMs)
  }

  #ask(sql: string, parameters: readonly Parameter[] | null): Promise<readonly Row[]> {
    if (this.#lost !== null) return Promise.reject(this.#lost)
    return new Promise((resolve, reject) => {
      const request: StoreRequest = { id: this.#nextId++, sql, parameters }
      this.#asked.set(request.id, { resolve, reject })
      this.#worker.ref()
      this.#worker.postMessage(request, [])
    })
  }

  #answered(answer: Exclude<StoreAnswer, { kind: 'ready' }>): void {
    const asked = this.#asked.get(answer.id)
    this.#asked.delete(answer.id)
    if (this.#asked.size === 0) this.#worker.unref()
    if (answer.kind === 'rows') asked?.resolve(answer.rows)
    else asked?.reject(new StatementError(answer.message, answer.sqlState))
  }

  #lose(error: Error): void {
    if (this.#lost !== null) return
    this.#lost = error
    for (const { reject } of this.#asked.values()) reject(error)
    this.#asked.clear()
  }
}
