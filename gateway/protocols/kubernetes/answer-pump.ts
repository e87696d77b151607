// An answer's body on its way: read, masked, recorded, written, no faster than the client takes it, and no longer at a time than a turn of
// the gateway's loop, so that a flood is its own session's affair.
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { kubernetesWriteBytes } from '../../limits-kubernetes.ts'
import type { AnswerMasker, Masked, Piece } from './answer-masker.ts'
import { Turn } from './turn.ts'

export interface AnswerPumpOptions {
  readonly body: AsyncIterable<Buffer>
  readonly masker: AnswerMasker
  readonly response: ServerResponse
  /** The client is gone, or the exchange was ended. */
  readonly signal: AbortSignal
  /** Writes the head: at once, or where the body is one document, when that is masked. What cannot be is then answered with a Status. */
  readonly begin: () => void
  readonly beginsLate: boolean
  readonly record: (pieces: readonly Masked[]) => void
  /** After such a pause what is held back is shown; null: nothing is. */
  readonly quietMs: number | null
}

export class AnswerPump {
  /** The client has the beginning of something whose end is still to be written. */
  isInPiece = false
  readonly #options: AnswerPumpOptions
  readonly #turn = new Turn()
  #hasBegun = false

  constructor(options: AnswerPumpOptions) {
    this.#options = options
  }

  /** Rejects with what the masker throws, or when the body breaks off; nothing is to be written after that. */
  async run(): Promise<void> {
    const { body, masker, response, signal, beginsLate } = this.#options
    try {
      if (!beginsLate) this.#begin()
      const chunks = body[Symbol.asyncIterator]()
      for (let next = await this.#next(chunks); next.done !== true; next = await this.#next(chunks)) {
        await this.#give(masker.push(next.value))
      }
      if (signal.aborted) return
      await this.#give(masker.end())
      if (signal.aborted || response.writableEnded) return
      this.#begin()
      response.end()
    } finally {
      masker.dispose()
    }
  }

  async #next(chunks: AsyncIterator<Buffer>): Promise<IteratorResult<Buffer>> {
    const { quietMs, masker } = this.#options
    const next = chunks.next()
    if (quietMs === null) return next
    const waiting = Promise.withResolvers<'quiet'>()
    const timer = setTimeout(() => waiting.resolve('quiet'), quietMs)
    try {
      if (await Promise.race([next, waiting.promise]) === 'quiet') await this.#give(masker.quiet())
    } catch (error) {
      // What fails first is what is told.
      next.catch(() => undefined)
      throw error
    } finally {
      clearTimeout(timer)
    }
    return next
  }

  /** Small pieces go together, as many as a turn makes. */
  async #give(pieces: Iterable<Piece>): Promise<void> {
    const { signal } = this.#options
    const made = pieces[Symbol.iterator]()
    let batch: Masked[] = []
    for (let next = this.#turn.of(() => made.next()); next.done !== true && !signal.aborted; next = this.#turn.of(() => made.next())) {
      const isApart = next.value instanceof Promise
      if (next.value instanceof Promise) {
        // Waited for below: those before it go first, and may fail first.
        next.value.catch(() => undefined)
        await this.#write(batch.splice(0))
      }
      batch.push(await next.value)
      if (!isApart && !this.#turn.isOver) continue
      await this.#write(batch)
      batch = []
      if (this.#turn.isOver) await this.#turn.rest()
    }
    await this.#write(batch)
  }

  async #write(pieces: readonly Masked[]): Promise<void> {
    const { response, signal, record } = this.#options
    if (pieces.length === 0 || response.writableEnded || signal.aborted) return
    this.#begin()
    record(pieces)
    const bytes = joined(pieces.map(({ client }) => client))
    for (let at = 0; at < bytes.length && !response.writableEnded && !signal.aborted; at += kubernetesWriteBytes) {
      const isOpen = this.#turn.of(() => response.write(bytes.subarray(at, at + kubernetesWriteBytes)))
      this.isInPiece = at + kubernetesWriteBytes < bytes.length
      if (!isOpen) await once(response, 'drain', { signal })
      else if (this.#turn.isOver) await this.#turn.rest()
    }
  }

  #begin(): void {
    if (this.#hasBegun) return
    this.#hasBegun = true
    this.#options.begin()
  }
}

export const joined = (pieces: readonly Buffer[]): Buffer => (pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces))
