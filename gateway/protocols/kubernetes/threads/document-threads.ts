// A small pool of threads for documents too large to be masked between two turns of the loop. One document at a time each, so that a
// deadline belongs to a document; a thread that fails in any way is replaced and its document refused, while the others go on.
import { Worker } from 'node:worker_threads'
import { documentBytesPerMs, documentHeapMb, documentMs, documentRulesMax, documentsQueuedMax, documentThreadsMax, documentShortBytesMax } from '../../../limits.ts'
import type { MaskRules, ObjectTarget } from '../../../masking/objects/object-masks.ts'
import type { FromThread, MaskedDocument, Task, ToThread, UnreadableDocument } from './messages.ts'
import { Turns } from './turns.ts'

/** What could not be done, and why; the document is refused. */
export interface FailedDocument { readonly kind: 'failed'; readonly isBusy: boolean; readonly why: string }

export interface DocumentThreads {
  /** The pieces are handed over: they are empty after this. Never rejects. */
  mask(rules: MaskRules, target: ObjectTarget, pieces: readonly Uint8Array[]): Promise<MaskedDocument | UnreadableDocument | FailedDocument>
  dispose(): Promise<void>
}

/** For tests. */
export interface DocumentThreadsOptions {
  readonly threadsMax?: number | undefined
  readonly queuedMax?: number | undefined
  readonly documentMs?: number | undefined
  readonly heapMb?: number | undefined
  /** Another script in the threads. */
  readonly script?: URL | undefined
}

export function createDocumentThreads(options: DocumentThreadsOptions = {}): DocumentThreads {
  const pool = new Pool(options)
  return { mask: (rules, target, pieces) => pool.mask(rules, target, pieces), dispose: () => pool.dispose() }
}

interface Job {
  readonly rules: MaskRules
  readonly bytes: number
  readonly task: (rules: number) => Task
  readonly handed: readonly Uint8Array[]
  readonly done: (answer: MaskedDocument | UnreadableDocument | FailedDocument) => void
}

interface Thread {
  readonly worker: Worker
  job: Job | null
  timer: NodeJS.Timeout | null
  isReady: boolean
  /** Those it was told, oldest first. */
  readonly rules: MaskRules[]
}

/** Starting takes some 300 ms; a machine that needs this long is not going to mask either. */
const startMs = 20_000

const failed = (why: string, isBusy = false): FailedDocument => ({ kind: 'failed', isBusy, why })
const shutDown = failed('the gateway is stopping', true)

class Pool {
  readonly #threadsMax: number
  readonly #queuedMax: number
  readonly #documentMs: number
  readonly #heapMb: number
  readonly #script: URL
  readonly #threads = new Set<Thread>()
  readonly #queue = new Turns<Job>()
  readonly #ids = new WeakMap<MaskRules, number>()
  #lastId = 0
  #isDisposed = false

  constructor({ threadsMax = documentThreadsMax, queuedMax = documentsQueuedMax, documentMs: ms = documentMs, heapMb = documentHeapMb, script }: DocumentThreadsOptions) {
    this.#threadsMax = threadsMax
    this.#queuedMax = queuedMax
    this.#documentMs = ms
    this.#heapMb = heapMb
    this.#script = script ?? new URL('./document-thread.ts', import.meta.url)
  }

  mask(rules: MaskRules, target: ObjectTarget, pieces: readonly Uint8Array[]): Promise<MaskedDocument | UnreadableDocument | FailedDocument> {
    if (this.#isDisposed) return Promise.resolve(shutDown)
    if (this.#queue.size >= this.#queuedMax) return Promise.resolve(failed(`more than ${this.#queuedMax} large documents wait to be masked (documentsQueuedMax)`, true))
    const bytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0)
    return new Promise((done) => {
      this.#queue.add(rules, { rules, bytes, handed: pieces, task: (id) => ({ kind: 'mask', rules: id, target, pieces }), done })
      this.#assign()
    })
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true
    for (const job of this.#queue.clear()) job.done(shutDown)
    await Promise.all([...this.#threads].map((thread) => this.#end(thread, shutDown)))
  }

  #assign(): void {
    for (;;) {
      const idle = [...this.#threads].find((thread) => thread.isReady && thread.job === null)
      const job = idle === undefined ? undefined : this.#next()
      if (idle === undefined || job === undefined) break
      this.#run(idle, job)
    }
    const starting = [...this.#threads].filter((thread) => !thread.isReady).length
    if (this.#queue.size > starting && this.#threads.size < this.#threadsMax && !this.#isDisposed) this.#start()
  }

  /** One thread is kept for those that are done soon. */
  #next(): Job | undefined {
    const mayBeLong = this.#threadsMax === 1 || ![...this.#threads].some(({ job }) => job !== null && isLong(job))
    return this.#queue.take((job) => mayBeLong || !isLong(job))
  }

  #start(): void {
    const worker = new Worker(this.#script, {
      // Nothing of ours is of use in there: no environment, no flags.
      env: {}, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: this.#heapMb },
    })
    const thread: Thread = { worker, job: null, timer: null, isReady: false, rules: [] }
    this.#threads.add(thread)
    thread.timer = setTimeout(() => void this.#fail(thread, 'the masking thread did not start'), startMs)
    worker.on('message', (message: unknown) => this.#heard(thread, message))
    worker.on('error', (error) => void this.#fail(thread, `the masking thread failed (${error.name})`))
    worker.on('messageerror', () => void this.#fail(thread, 'the masking thread cannot be understood'))
    worker.on('exit', () => void this.#fail(thread, 'the masking thread ended'))
  }

  #heard(thread: Thread, message: unknown): void {
    if (!this.#threads.has(thread)) return
    const answer = answerIn(message, thread.job)
    if (answer === null || (answer.kind === 'ready') === thread.isReady) return void this.#fail(thread, 'the masking thread answers oddly')
    if (thread.timer !== null) clearTimeout(thread.timer)
    thread.timer = null
    thread.isReady = true
    // An idle one must not keep the process alive.
    thread.worker.unref()
    const { job } = thread
    thread.job = null
    if (answer.kind !== 'ready') job?.done(answer)
    this.#assign()
  }

  #run(thread: Thread, job: Job): void {
    thread.job = job
    thread.worker.ref()
    const ms = this.#documentMs + job.bytes / documentBytesPerMs
    thread.timer = setTimeout(() => void this.#fail(thread, `it took longer than ${Math.round(ms)} ms to mask (documentMs)`), ms)
    try {
      this.#tell(thread, job.task(this.#idOf(thread, job.rules)), job.handed)
    } catch {
      void this.#fail(thread, 'it cannot be handed to the masking thread')
    }
  }

  #tell(thread: Thread, message: ToThread, handed: readonly Uint8Array[] = []): void {
    thread.worker.postMessage(message, handed.map((bytes) => bytes.buffer as ArrayBuffer))
  }

  #idOf(thread: Thread, rules: MaskRules): number {
    const id = this.#ids.get(rules) ?? ++this.#lastId
    this.#ids.set(rules, id)
    if (thread.rules.includes(rules)) return id
    thread.rules.push(rules)
    this.#tell(thread, { kind: 'rules', id, ...rules })
    const former = thread.rules.length > documentRulesMax ? thread.rules.shift() : undefined
    if (former !== undefined) this.#tell(thread, { kind: 'forget', id: this.#ids.get(former)! })
    return id
  }

  async #fail(thread: Thread, why: string): Promise<void> {
    if (!this.#threads.has(thread)) return
    const ended = this.#end(thread, failed(why))
    // One that cannot even start is not tried again for documents that already wait, lest this goes round for ever.
    if (!thread.isReady && this.#threads.size === 0) for (const job of this.#queue.clear()) job.done(failed(why))
    this.#assign()
    await ended
  }

  async #end(thread: Thread, answer: FailedDocument): Promise<void> {
    this.#threads.delete(thread)
    if (thread.timer !== null) clearTimeout(thread.timer)
    thread.job?.done(answer)
    thread.job = null
    await thread.worker.terminate()
  }
}

const isLong = ({ bytes }: Job): boolean => bytes > documentShortBytesMax

/** Null: not what a thread says at this point. */
function answerIn(message: unknown, job: Job | null): FromThread | null {
  const said = (typeof message === 'object' ? message ?? {} : {}) as { readonly [key in 'kind' | 'document' | 'client' | 'record' | 'why']?: unknown }
  if (job === null) return said.kind === 'ready' ? { kind: 'ready' } : null
  if (said.kind === 'unreadable' && typeof said.why === 'string') return { kind: 'unreadable', why: said.why }
  const { document, client, record } = said
  if (said.kind !== 'masked' || !(document instanceof Uint8Array) || document.byteLength !== job.bytes) return null
  if (client !== 'document' && !(client instanceof Uint8Array)) return null
  return record === 'document' || record === 'client' || record instanceof Uint8Array ? { kind: 'masked', document, client, record } : null
}
