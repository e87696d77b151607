// A small pool of parser threads. One text at a time each, so that a deadline belongs to a text; a thread that fails in any way but
// a syntax error is replaced and its text refused, while the others go on. A thread is told a catalog before its first text about it.
import { Worker } from 'node:worker_threads'
import { parserCatalogsMax, parserHeapMb, parserLongTextCharacters, parserQueueMax, parserStackMb } from '../limits.ts'
import { dataOf } from './catalog-index.ts'
import type { Catalog } from './catalog.ts'
import type { Parsed } from './parse.ts'
import type { SearchPath } from './resolve.ts'
import type { FromThread, ToThread, Traced } from './thread-messages.ts'

export interface ParserPoolOptions {
  readonly workersMax: number
  readonly parseMs: number
  /** For tests: another script in the threads. */
  readonly script?: URL
}

type Failed = Extract<Parsed, { kind: 'fatal' }>

interface Job {
  readonly text: string
  /** Null: parse it. */
  readonly trace: { readonly catalog: Catalog; readonly paths: readonly (SearchPath | null)[] } | null
  readonly done: (answer: Parsed | Traced) => void
}

interface Thread {
  readonly worker: Worker
  job: Job | null
  timer: NodeJS.Timeout | null
  isReady: boolean
  /** Those it was told of, oldest first. */
  readonly catalogs: Catalog[]
}

/** Starting takes some 100 ms; a machine that needs this long is not going to parse either. */
const startMs = 20_000

const isLong = (job: Job): boolean => job.text.length > parserLongTextCharacters

export class ParserPool {
  readonly #options: ParserPoolOptions
  readonly #threads = new Set<Thread>()
  readonly #queue: Job[] = []
  readonly #catalogIds = new WeakMap<Catalog, number>()
  #lastCatalogId = 0
  #isDisposed = false

  constructor(options: ParserPoolOptions) {
    this.#options = options
  }

  /** Never rejects. */
  parse(text: string): Promise<Parsed> {
    return this.#ask<Parsed>(text, null)
  }

  /** The lineage of statements of a text that was parsed before; `paths`: one for each statement, null for those of no interest. Never rejects. */
  trace(text: string, catalog: Catalog, paths: readonly (SearchPath | null)[]): Promise<Traced | Failed> {
    return this.#ask<Traced | Failed>(text, { catalog, paths })
  }

  #ask<T extends Parsed | Traced>(text: string, trace: Job['trace']): Promise<T | Failed> {
    if (this.#isDisposed) return Promise.resolve({ kind: 'fatal', reason: 'the SQL parser is shut down' })
    if (this.#queue.length >= parserQueueMax) return Promise.resolve({ kind: 'fatal', reason: `more than parserQueueMax (${parserQueueMax}) statements wait for the SQL parser` })
    return new Promise((done) => {
      // A thread answers a request to parse with what was parsed, and one to trace with what was traced.
      this.#queue.push({ text, trace, done: done as Job['done'] })
      this.#assign()
    })
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true
    for (const job of this.#queue.splice(0)) job.done({ kind: 'fatal', reason: 'the SQL parser is shut down' })
    await Promise.all([...this.#threads].map((thread) => this.#end(thread, 'the SQL parser is shut down')))
  }

  #assign(): void {
    for (;;) {
      const idle = [...this.#threads].find((thread) => thread.isReady && thread.job === null)
      const job = idle === undefined ? undefined : this.#takeNext()
      if (idle === undefined || job === undefined) break
      this.#run(idle, job)
    }
    const starting = [...this.#threads].filter((thread) => !thread.isReady).length
    if (this.#queue.length > starting && this.#threads.size < this.#options.workersMax) this.#start()
  }

  /** In order, but a long text waits while another long one is parsed. */
  #takeNext(): Job | undefined {
    const mayBeLong = this.#options.workersMax === 1 || ![...this.#threads].some(({ job }) => job !== null && isLong(job))
    const at = this.#queue.findIndex((job) => mayBeLong || !isLong(job))
    return at < 0 ? undefined : this.#queue.splice(at, 1)[0]
  }

  #start(): void {
    const worker = new Worker(this.#options.script ?? new URL('./parser-worker.ts', import.meta.url), {
      // Nothing of ours is of use in there: no environment, no flags.
      env: {}, execArgv: [], resourceLimits: { stackSizeMb: parserStackMb, maxOldGenerationSizeMb: parserHeapMb },
    })
    const thread: Thread = { worker, job: null, timer: null, isReady: false, catalogs: [] }
    this.#threads.add(thread)
    thread.timer = setTimeout(() => void this.#fail(thread, 'the SQL parser did not start'), startMs)
    worker.on('message', (message: FromThread) => this.#heard(thread, message))
    worker.on('error', (error) => void this.#fail(thread, `the SQL parser failed (${error.name})`))
    worker.on('messageerror', () => void this.#fail(thread, 'the SQL parser failed'))
    worker.on('exit', () => void this.#fail(thread, 'the SQL parser ended'))
  }

  #heard(thread: Thread, message: FromThread): void {
    if (!this.#threads.has(thread)) return
    if (thread.timer !== null) clearTimeout(thread.timer)
    thread.timer = null
    if (message === 'ready') {
      thread.isReady = true
      // An idle parser must not keep the process alive.
      thread.worker.unref()
    } else if (message.kind === 'fatal') void this.#fail(thread, message.reason)
    else this.#finish(thread, message)
    this.#assign()
  }

  #run(thread: Thread, job: Job): void {
    const { parseMs } = this.#options
    thread.job = job
    thread.worker.ref()
    thread.timer = setTimeout(() => void this.#fail(thread, `parsing took longer than parseMs (${parseMs} ms)`), parseMs)
    const { text, trace } = job
    this.#tell(thread, trace === null ? { kind: 'parse', text } : { kind: 'trace', text, catalog: this.#idOf(thread, trace.catalog), paths: trace.paths })
  }

  #tell(thread: Thread, message: ToThread): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    thread.worker.postMessage(message)
  }

  #idOf(thread: Thread, catalog: Catalog): number {
    const id = this.#catalogIds.get(catalog) ?? ++this.#lastCatalogId
    this.#catalogIds.set(catalog, id)
    if (thread.catalogs.includes(catalog)) return id
    thread.catalogs.push(catalog)
    this.#tell(thread, { kind: 'catalog', id, data: dataOf(catalog) })
    const former = thread.catalogs.length > parserCatalogsMax ? thread.catalogs.shift() : undefined
    if (former !== undefined) this.#tell(thread, { kind: 'forget', id: this.#catalogIds.get(former)! })
    return id
  }

  #finish(thread: Thread, answer: Parsed | Traced): void {
    const { job } = thread
    thread.job = null
    thread.worker.unref()
    job?.done(answer)
  }

  async #fail(thread: Thread, reason: string): Promise<void> {
    if (!this.#threads.has(thread)) return
    const wasReady = thread.isReady
    const ended = this.#end(thread, reason)
    // A thread that cannot even start is not tried again for texts that already wait, lest this goes round for ever.
    if (!wasReady && this.#threads.size === 0) for (const job of this.#queue.splice(0)) job.done({ kind: 'fatal', reason })
    this.#assign()
    await ended
  }

  async #end(thread: Thread, reason: string): Promise<void> {
    this.#threads.delete(thread)
    if (thread.timer !== null) clearTimeout(thread.timer)
    thread.job?.done({ kind: 'fatal', reason })
    thread.job = null
    await thread.worker.terminate()
  }
}
