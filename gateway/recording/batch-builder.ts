// The batch of the turn under way: frames are encoded where they will be written from, one growing buffer for all sessions.
// Consecutive frames of a session share a section; a session that comes back in the same turn gets a second one, chained to the first.
import { journalBatchBytesMax, recordedFrameBytesMax } from '../limits.ts'
import { GatehouseError } from '../../shared/errors.ts'
import { batchDigest, batchHeadBytes, bytesPayload, digestOf, frameHeadBytes, hashBytes, noDigest, sessionIdBytesMax, writeBatchHead, type Digest } from './format.ts'

/** One session's chain; a recorder holds it. */
export interface Chain {
  readonly session: string
  /** `session` in UTF-8, with its length before it: as a section begins. */
  readonly id: Buffer
  seq: number
  head: Digest
}

export function newChain(session: string): Chain {
  const bytes = Buffer.from(session)
  if (bytes.length === 0 || bytes.length > sessionIdBytesMax) throw new RangeError('a session id has 1 to 255 bytes')
  return { session, id: Buffer.concat([Buffer.of(bytes.length), bytes]), seq: 0, head: noDigest }
}

/** Where a section went, relative to its batch; what an index is made of. */
export interface Placed {
  readonly session: string
  readonly offset: number
  readonly bytes: number
  readonly firstSeq: number
}

export interface BuiltBatch {
  /** Valid until the next frame is added. */
  readonly bytes: Buffer
  readonly digest: Digest
  readonly placed: readonly Placed[]
}

const initialBytes = 64 * 1024
const keptBytesMax = 4 * journalBatchBytesMax

export class BatchBuilder {
  #buffer = Buffer.allocUnsafeSlow(initialBytes)
  /** Takes turns with `#buffer` while batches are written off the loop. */
  #other = Buffer.allocUnsafeSlow(0)
  #length = batchHeadBytes
  #chain: Chain | null = null
  #sectionStart = 0
  #frames = 0
  #firstSeq = 0
  #digests: Digest[] = []
  #placed: Placed[] = []

  /** Bytes so far, head included; `batchHeadBytes` when empty. */
  get length(): number {
    return this.#length
  }

  get isEmpty(): boolean {
    return this.#length === batchHeadBytes
  }

  addJson(chain: Chain, type: number, text: string): void {
    // A UTF-16 unit takes at most three bytes; only a text where that would not fit is measured.
    const bytesAtMost = text.length * 3
    const reserve = bytesAtMost <= 4096 ? bytesAtMost : Buffer.byteLength(text)
    const start = this.#begin(chain, reserve)
    const payload = this.#buffer.write(text, start + frameHeadBytes, 'utf8')
    this.#end(chain, type, start, payload)
  }

  addBytes(chain: Chain, type: number, chunks: readonly Uint8Array[]): void {
    let payload = 0
    for (const chunk of chunks) payload += chunk.length
    const start = this.#begin(chain, payload)
    let offset = start + frameHeadBytes
    for (const chunk of chunks) {
      this.#buffer.set(chunk, offset)
      offset += chunk.length
    }
    this.#end(chain, type | bytesPayload, start, payload)
  }

  /** Ends the batch and begins the next one in its place. */
  finish(number: number, prev: Digest): BuiltBatch {
    this.#closeSection()
    const length = this.#length + hashBytes
    this.#reserve(hashBytes)
    const bytes = this.#buffer.subarray(0, length)
    writeBatchHead(bytes, { length, sections: this.#digests.length, number, prev })
    const digest = batchDigest(bytes, this.#digests)
    bytes.write(digest, length - hashBytes, 'latin1')
    const built = { bytes, digest, placed: this.#placed }
    this.#digests = []
    this.#placed = []
    this.#length = batchHeadBytes
    // A single giant frame must not stay behind as memory for good.
    if (this.#buffer.length > keptBytesMax) this.#buffer = Buffer.allocUnsafeSlow(initialBytes)
    return built
  }

  /** The bytes of the finished batch stay whole while the next one is built; at most one batch may be left so at a time. */
  leaveBuffer(): void {
    const left = this.#buffer
    this.#buffer = this.#other
    this.#other = left.length > keptBytesMax ? Buffer.allocUnsafeSlow(0) : left
  }

  #begin(chain: Chain, payload: number): number {
    if (payload > recordedFrameBytesMax) {
      throw new GatehouseError('limit_exceeded', `a record of ${payload} bytes is over the limit recordedFrameBytesMax (${recordedFrameBytesMax}); send less at once`)
    }
    if (this.#chain !== chain) this.#openSection(chain)
    this.#reserve(frameHeadBytes + payload)
    return this.#length
  }

  #end(chain: Chain, type: number, start: number, payload: number): void {
    const buffer = this.#buffer
    buffer.writeUInt32BE(payload, start)
    buffer.writeUInt32BE(chain.seq++, start + 4)
    buffer.writeDoubleBE(Date.now(), start + 8)
    buffer.writeUInt16BE(type, start + 16)
    this.#length = start + frameHeadBytes + payload
    this.#frames++
  }

  #openSection(chain: Chain): void {
    this.#closeSection()
    this.#reserve(4 + chain.id.length + hashBytes + 4)
    const start = this.#length
    chain.id.copy(this.#buffer, start + 4)
    this.#buffer.write(chain.head, start + 4 + chain.id.length, 'latin1')
    this.#length = start + 4 + chain.id.length + hashBytes + 4
    this.#sectionStart = start
    this.#firstSeq = chain.seq
    this.#frames = 0
    this.#chain = chain
  }

  #closeSection(): void {
    const chain = this.#chain
    if (chain === null) return
    const section = this.#buffer.subarray(this.#sectionStart, this.#length)
    section.writeUInt32BE(section.length, 0)
    section.writeUInt32BE(this.#frames, 4 + chain.id.length + hashBytes)
    chain.head = digestOf(section)
    this.#digests.push(chain.head)
    this.#placed.push({ session: chain.session, offset: this.#sectionStart, bytes: section.length, firstSeq: this.#firstSeq })
    this.#chain = null
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed + hashBytes, this.#buffer.length * 2))
    this.#buffer.copy(grown, 0, 0, this.#length)
    this.#buffer = grown
  }
}
