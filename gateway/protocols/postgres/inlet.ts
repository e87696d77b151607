// What of the client's messages goes upstream, in which order, and what stands in the place of what does not: the counterpart of
// outlet.ts. Everything one read of the socket lets through goes in one write, after its record.
import type { Duplex } from 'node:stream'
import type { Refusal } from '../../pipeline/refusal.ts'
import { writeAll } from '../../pipeline/pump.ts'
import type { Answer } from './answers.ts'
import { encodeReadyForQuery } from './codec/backend.ts'
import { encodeFlush, encodeParse, encodeQuery } from './codec/frontend.ts'
import { frontend } from './codec/types.ts'
import { KeptBack } from './kept-back.ts'
import type { PostgresSession } from './postgres-session.ts'
import { refusalMessage } from './refusal.ts'
import { ChunkBuilder } from './row-rewriter.ts'

/** A whole message; a FrameReader is the one it stands at. */
export interface Frame {
  readonly type: number
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  /** Humans have let it through: nothing keeps it back any more. */
  readonly wasHeld?: true
}

/** Not SQL on purpose: the server answers it with an error, at the very place in its answers where the refusal belongs. */
const failing = 'gatehouse refused this command'
const failingName = 'gatehouse_refused'

export class Inlet {
  readonly #session: PostgresSession
  readonly #client: Duplex
  readonly #out = new ChunkBuilder()
  readonly #kept = new KeptBack()
  #isFlushPending = false
  #isUpstreamFull = false
  #isBatchOpen = false
  /** We answered with an error while nothing was outstanding: the rest of the client's batch is dropped here. */
  isSkipping = false

  constructor(session: PostgresSession, client: Duplex) {
    this.#session = session
    this.#client = client
  }

  /** The server is between a first message and Sync: what ran there is not committed, and only it can undo that. */
  get isBatchOpen(): boolean {
    return this.#isBatchOpen
  }

  /** The server has not yet answered all that was sent to it. */
  get owes(): boolean {
    const { head } = this.#session.answers
    return head !== undefined && head !== this.#kept.from
  }

  /** The upstream takes no more for now: the client is not read until it drains. */
  get isUpstreamFull(): boolean {
    return this.#isUpstreamFull
  }

  upstreamDrained(): void {
    this.#isUpstreamFull = false
  }

  forward(frame: Frame): undefined {
    const { bytes, start, end, type } = frame
    if (frame.wasHeld !== true && this.#kept.takes(type, end - start)) return void this.#kept.add(bytesOf(frame))
    this.release()
    if (batched.has(type)) this.#isBatchOpen = true
    else if (type === frontend.sync || type === frontend.query) this.#isBatchOpen = false
    this.#out.keep(bytes, start, end)
  }

  /** A Parse of what humans will be asked about: it stays here, unless something of its batch has gone on already. */
  keepBack(frame: Frame, answer: Answer): undefined {
    if (this.#isBatchOpen || !this.#kept.fits(frame.end - frame.start)) return this.forward(frame)
    if (this.#kept.from === null) this.#kept.begin(answer, bytesOf(frame))
    else this.#kept.add(bytesOf(frame))
  }

  /** What was kept back goes on, before what comes now. */
  release(): void {
    if (this.#kept.release(this.#out)) this.#isBatchOpen = true
  }

  /** A message of our own. */
  add(message: Buffer): undefined {
    this.#out.add(message)
  }

  /** Settles when the server has answered what was sent to it, or will answer nothing before the next Sync. */
  async whenAnswered(): Promise<void> {
    const { session, answers } = this.#session
    // Inside a batch the server keeps its answers to itself until it is asked for them.
    if (this.#isBatchOpen) this.#out.add(encodeFlush())
    this.send()
    while (this.owes && !session.isEnded && !answers.isSkipping) await this.#session.answered()
  }

  /**
   * A refusal is an error at its place in the order of answers. With nothing outstanding and no transaction that place is now;
   * else the server is made to fail there itself, so that it aborts the transaction and skips to Sync as after any error.
   */
  refuse(refusal: Refusal, text: string, isQuery: boolean): undefined {
    const error = refusalMessage(refusal, text)
    const { answers, transaction } = this.#session
    if (answers.length === 0 && transaction === 'I' && !this.#isBatchOpen) {
      this.#session.toClient(error)
      if (isQuery) this.#session.toClient(encodeReadyForQuery('I'))
      else this.isSkipping = true
      return
    }
    this.release()
    answers.push({ kind: 'refused', error, isQuery, isSaid: false })
    this.#out.add(isQuery ? encodeQuery(failing) : encodeParse(failingName, failing))
  }

  /** One write for all that was let through, after its record is with the kernel. */
  send(): void {
    if (this.#out.bytes === 0 || this.#isFlushPending) return
    this.#isFlushPending = true
    this.#session.context.journal.afterFlush(() => {
      this.#isFlushPending = false
      if (this.#session.session.isEnded) return
      if (writeAll(this.#session.upstream, this.#out.take())) return
      this.#isUpstreamFull = true
      this.#client.pause()
    }, () => this.#session.failUnrecorded())
  }
}

/** A copy: the reader's buffer is used again. */
export function heldFrame(frame: Frame): Frame {
  return { type: frame.type, bytes: bytesOf(frame), start: 0, end: frame.end - frame.start, wasHeld: true }
}

function bytesOf({ bytes, start, end }: Frame): Buffer {
  return Buffer.from(bytes.subarray(start, end))
}

/** Messages after which the server waits for Sync (protocol 55.2.3). */
const batched: ReadonlySet<number> = new Set([frontend.parse, frontend.bind, frontend.execute, frontend.describe, frontend.close])
