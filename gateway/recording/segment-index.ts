// Which sections of a segment are whose: a reader finds a session's frames without reading the others'. Built while writing or by a
// scan, kept beside the segment as `.idx`. It only helps to find; what it says is never evidence (verify.ts reads the segments).
import { crc32 } from 'node:zlib'
import type { Placed } from './batch-builder.ts'
import { firstSeqOf, type Batch } from './format.ts'

const indexMagic = 0x47484931 // "GHI1"
const headBytes = 12
const entryBytes = 12

export interface Entry { readonly offset: number; readonly bytes: number; readonly firstSeq: number }

export class SegmentIndex {
  /** Session → offset, bytes, firstSeq, offset, …: small integers in one array, since a segment may hold a million sections. */
  readonly #sections = new Map<string, number[]>()

  add(placed: readonly Placed[], batchOffset: number): void {
    for (const { session, offset, bytes, firstSeq } of placed) {
      const entries = this.#sections.get(session)
      if (entries === undefined) this.#sections.set(session, [batchOffset + offset, bytes, firstSeq])
      else entries.push(batchOffset + offset, bytes, firstSeq)
    }
  }

  addBatch(batch: Batch, batchOffset: number): void {
    this.add(batch.sections.map((section) => ({
      session: section.session, offset: section.offset, bytes: section.bytes.length, firstSeq: firstSeqOf(section),
    })), batchOffset)
  }

  has(session: string): boolean {
    return this.#sections.has(session)
  }

  /** The session's sections in order, from the one that holds frame `fromSeq` on. */
  *entries(session: string, fromSeq: number): Generator<Entry> {
    const entries = this.#sections.get(session) ?? []
    for (let i = 3 * firstHolding(entries, fromSeq); i < entries.length; i += 3) {
      yield { offset: entries[i]!, bytes: entries[i + 1]!, firstSeq: entries[i + 2]! }
    }
  }

  /** "GHI1", u32 bytes of the segment it covers, u32 sessions; each: u8 length, id, u32 entries, entries of three u32; u32 crc32. */
  encode(segmentBytes: number): Buffer {
    const parts: Buffer[] = []
    const head = Buffer.alloc(headBytes)
    head.writeUInt32BE(indexMagic, 0)
    head.writeUInt32BE(segmentBytes, 4)
    head.writeUInt32BE(this.#sections.size, 8)
    parts.push(head)
    for (const [session, entries] of this.#sections) {
      const id = Buffer.from(session)
      const bytes = Buffer.alloc(1 + id.length + 4 + entries.length * 4)
      bytes.writeUInt8(id.length, 0)
      id.copy(bytes, 1)
      bytes.writeUInt32BE(entries.length / 3, 1 + id.length)
      entries.forEach((value, i) => bytes.writeUInt32BE(value, 1 + id.length + 4 + i * 4))
      parts.push(bytes)
    }
    const body = Buffer.concat(parts)
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([body, sum])
  }

  /** Null when the bytes are not an index of a segment of that size: then the segment is scanned. */
  static decode(bytes: Buffer, segmentBytes: number): SegmentIndex | null {
    if (bytes.length < headBytes + 4 || bytes.readUInt32BE(0) !== indexMagic || bytes.readUInt32BE(4) !== segmentBytes) return null
    if (crc32(bytes.subarray(0, -4)) !== bytes.readUInt32BE(bytes.length - 4)) return null
    const index = new SegmentIndex()
    let offset = headBytes
    for (let left = bytes.readUInt32BE(8); left > 0; left--) {
      const idLength = bytes.readUInt8(offset)
      const session = bytes.toString('utf8', offset + 1, offset + 1 + idLength)
      const count = bytes.readUInt32BE(offset + 1 + idLength)
      offset += 1 + idLength + 4
      const entries = Array.from({ length: count * 3 }, (_, i) => bytes.readUInt32BE(offset + i * 4))
      index.#sections.set(session, entries)
      offset += count * entryBytes
    }
    return index
  }
}

/** The last entry whose first frame is not after `seq`; the first entry when all are. */
function firstHolding(entries: readonly number[], seq: number): number {
  let low = 0
  let high = entries.length / 3
  while (low < high) {
    const middle = (low + high) >>> 1
    if (entries[middle * 3 + 2]! <= seq) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}
