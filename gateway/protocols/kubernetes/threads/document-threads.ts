// A small pool of threads for documents too large to be worked on between two turns of the loop. One document at a time each, so that a
// deadline belongs to a document; a thread that fails in any way is replaced and its document refused, while the others go on.
import { Worker } from 'node:worker_threads'
import { documentBytesPerMs, documentHeapMb, documentMs, documentRulesMax, documentsQueuedMax, documentThreadsMax, documentShortBytesMax } from '../../../limits-kubernetes.ts'
import type { MaskRules } from '../../../masking/objects/object-masks.ts'
import { answerTo, isReady } from './answers.ts'
import type { Answers, ToThread, Work } from './messages.ts'
import { Turns } from './turns.ts'

/** What could not be done, and why; the document is refused. */
export interface FailedDocument { readonly kind: 'failed'; readonly isBusy: boolean; readonly why: string }

export interface DocumentThreads {
  /** The pieces are handed over: they are empty after this. `rules`: also whose turn it is. Never rejects. */
  ask<W extends Work>(rules: MaskRules, work: W, pieces: readonly Uint8Array[]): Promise<Answers[W['kind']] | FailedDocument>
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
  return { ask: (rules, work, pieces) => pool.ask(rules, work, pieces), dispose: () => pool.dispose() }
}

type Answer = Answers[Work['kind']] | FailedDocument

interface Job {
  readonly rules: MaskRules
  readonly work: Work
  readonly pieces: readonly Uint8Array[]
  readonly bytes: number
  readonly done: (answer: Answer) => void
}

interface Thread {
  readonly worker: Worker
  job: Job | null
  timer: NodeJS.Timeout | null
  isReady: boolean
  /** Those it was told, oldest first. */
  readonly rules: MaskRules[]
}

/** Starting takes some 300 ms; a machine that needs this long is not going to do its work either. */
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

  ask<W extends Work>(rules: MaskRules, work: W, pieces: readonly Uint8Array[]): Promise<Answers[W['kind']] | FailedDocument> {
    if (this.#isDisposed) return Promise.resolve(shutDown)
    if (this.#queue.size >= this.#queuedMax) return Promise.resolve(failed(`more than ${this.#queuedMax} large documents wait for a thread (documentsQueuedMax)`, true))
    const bytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0)
    return new Promise((done) => {
      // Answers are told apart by what was asked (answers.ts).
      this.#queue.add(rules, { rules, work, pieces, bytes, done: done as Job['done'] })
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
    thread.timer = setTimeout(() => void this.#fail(thread, 'the thread did not start'), startMs)
    worker.on('message', (message: unknown) => this.#heard(thread, message))
    worker.on('error', (error) => void this.#fail(thread, `the thread failed (${error.name})`))
    worker.on('messageerror', () => void this.#fail(thread, 'the thread cannot be understood'))
    worker.on('exit', () => void this.#fail(thread, 'the thread ended'))
  }

  #heard(thread: Thread, message: unknown): void {
    if (!this.#threads.has(thread)) return
    const { job } = thread
    const answer = job === null ? null : answerTo(job.work, message, job.bytes)
    if (answer === null && (thread.isReady || !isReady(message))) return void this.#fail(thread, 'the thread answers oddly')
    if (thread.timer !== null) clearTimeout(thread.timer)
    thread.timer = null
    thread.isReady = true
    // An idle one must not keep the process alive.
    thread.worker.unref()
    thread.job = null
    if (answer !== null) job?.done(answer)
    this.#assign()
  }

  #run(thread: Thread, job: Job): void {
    thread.job = job
    thread.worker.ref()
    const ms = this.#documentMs + job.bytes / documentBytesPerMs
    thread.timer = setTimeout(() => void this.#fail(thread, `it took longer than ${Math.round(ms)} ms (documentMs)`), ms)
    try {
      this.#tell(thread, { ...job.work, rules: this.#idOf(thread, job.rules), pieces: job.pieces }, job.pieces)
    } catch {
      void this.#fail(thread, 'it cannot be handed to a thread')
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
