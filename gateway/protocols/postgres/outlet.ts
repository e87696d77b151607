// Where the messages of one upstream chunk go: to the client in one write, and into the record of the command they belong to,
// within its cap. Chunks are handled to their end without a pause, so all sessions share the two builders.
import type { Duplex } from 'node:stream'
import { hasTakenAll, Pace, writeAll } from '../../pipeline/pump.ts'
import type { RunningAnswer } from './answers.ts'
import type { FrameReader } from './codec/frame-reader.ts'
import { ChunkBuilder, type RowTreatment } from './row-rewriter.ts'

const toClient = new ChunkBuilder()
const toRecord = new ChunkBuilder()

type Frame = Pick<FrameReader, 'bytes' | 'start' | 'end'>

export class Outlet {
  readonly #client: Duplex
  readonly #pace: Pace
  /** The session has ended: its record is closed. */
  readonly #isEnded: () => boolean
  /** The last command that gave output in this chunk: where its record goes. */
  #recording: RunningAnswer | null = null
  #isInChunk = false
  #isClosed = false

  constructor(client: Duplex, upstream: Duplex, isEnded: () => boolean) {
    this.#client = client
    this.#pace = new Pace(upstream)
    this.#isEnded = isEnded
    client.on('drain', () => { if (!isEnded()) this.#pace.drained() })
  }

  /** Everything `act` sends goes to the client in one write; what it costs counts against the upstream's turn. */
  chunk(act: () => void): void {
    const began = performance.now()
    this.#isInChunk = true
    act()
    this.flush()
    this.#pace.worked(performance.now() - began)
  }

  /** Throws GatehouseError recorder_failed: then nothing of the chunk goes out. */
  flush(): void {
    this.#isInChunk = false
    // Taken before anything can fail: the builder is everybody's.
    const pieces = toClient.take()
    this.record()
    if (!this.#isClosed && !writeAll(this.#client, pieces)) this.#pace.fill()
    if (!this.holdsBytes) toClient.reuse()
  }

  /** What the client was sent is still needed where it is. */
  get holdsBytes(): boolean {
    return !hasTakenAll(this.#client)
  }

  /** A message of our own, between two of the upstream's. */
  say(message: Buffer): void {
    if (this.#isClosed) return
    if (this.#isInChunk) toClient.add(message)
    else this.#client.write(message)
  }

  sayLast(message: Buffer): void {
    if (this.#isInChunk) this.flush()
    if (!this.#isClosed && this.#client.writable) this.#client.write(message)
    this.#isClosed = true
  }

  forward({ bytes, start, end }: Frame): void {
    toClient.keep(bytes, start, end)
  }

  /** The message, or what it was changed to. */
  send(frame: Frame, changed: Buffer | null): void {
    if (changed === null) this.forward(frame)
    else toClient.add(changed)
  }

  row({ bytes, start, end }: Frame, treatment: RowTreatment | null): void {
    if (treatment === null) toClient.keep(bytes, start, end)
    else toClient.row(bytes, start, end, treatment)
  }

  /** Counts what was sent last as output of `running`. */
  count(running: RunningAnswer): void {
    running.command.bytes += toClient.lastEnd - toClient.lastStart
  }

  /** Records what was sent last, as it was sent. */
  recordSent(running: RunningAnswer): void {
    if (this.#mayRecord(running, toClient.lastEnd - toClient.lastStart)) toRecord.keep(toClient.lastSource, toClient.lastStart, toClient.lastEnd)
  }

  /** Records the message in another form than the client got. */
  recordAs(running: RunningAnswer, frame: Frame, changed: Buffer | null): void {
    if (!this.#mayRecord(running, changed?.length ?? frame.end - frame.start)) return
    if (changed === null) toRecord.keep(frame.bytes, frame.start, frame.end)
    else toRecord.add(changed)
  }

  recordRow(running: RunningAnswer, { bytes, start, end }: Frame, treatment: RowTreatment | null): void {
    if (!this.#mayRecord(running, end - start)) return
    if (treatment === null) toRecord.keep(bytes, start, end)
    else toRecord.row(bytes, start, end, treatment)
  }

  /** Hands what was gathered to its command's record. */
  record(): void {
    const running = this.#recording
    this.#recording = null
    const { bytes } = toRecord
    if (bytes === 0) return
    const pieces = toRecord.take()
    if (running !== null && !this.#isEnded()) running.command.record(pieces, bytes)
    // The recorder has copied it.
    toRecord.reuse()
  }

  #mayRecord(running: RunningAnswer, bytes: number): boolean {
    if (this.#recording !== running) {
      this.record()
      this.#recording = running
    }
    if (toRecord.bytes + bytes <= running.command.recordableBytes) return true
    if (running.command.recordableBytes > 0) {
      this.record()
      this.#recording = running
      running.command.truncate()
    }
    return false
  }
}
