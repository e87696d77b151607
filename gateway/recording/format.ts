// The journal on disk: what a segment, a batch, a section and a frame look like, and how to read them back. Pure, no I/O.
// Lengths come before what they measure and heads carry a CRC, so a torn tail is told from a damaged one.
//
// All integers are big-endian; `hash` is SHA-256, 32 bytes; `n × 0` before anything was hashed.
//
//   segment = segment-head batch*
//   segment-head =
//     "GHJ1"             4
//     head-length       u32   bytes of this head
//     number            u32   1, 2, 3 …
//     created           f64   milliseconds since the epoch
//     prev              32    journal hash at the end of the segment before; 32 × 0 in the first
//     gateway           u8 length, UTF-8
//     crc32             u32   over the head so far
//     journal hash := SHA-256(segment-head)
//
//   batch = batch-head section* hash              one turn of the event loop; written with one write
//   batch-head =
//     "GHB1"             4
//     length            u32   bytes of the whole batch
//     sections          u32   0 only in the last batch of a gateway that stopped in order
//     number            u32   in the segment, from 0
//     prev              32    the journal hash before
//     crc32             u32   over the head so far
//     hash = SHA-256(batch-head, SHA-256(section)…), the journal hash from here on
//
//   section =                                      consecutive frames of one session
//     length            u32   bytes of the whole section
//     session           u8 length, UTF-8
//     prev              32    SHA-256 of this session's section before; 32 × 0 in its first
//     frames            u32
//     frame*
//
//   frame =
//     length            u32   bytes of the payload
//     seq               u32
//     at                f64   milliseconds since the epoch
//     direction          u8   index in frameDirections
//     kind               u8   index in frameKinds; bit 7: the payload is bytes, else JSON in UTF-8
//     payload
//
// The chains are not keyed: they show a cut, an edit or a reordering to whoever has a later hash (the next segment, an export,
// the audit log). Someone who may rewrite every file and every copy of a hash is out of their reach; SECURITY.md says so.
import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Frame, FrameDirection, FrameKind } from '../../shared/recording.ts'

export const segmentMagic = 0x47484a31
export const batchMagic = 0x47484231
export const hashBytes = 32
export const batchHeadBytes = 4 + 4 + 4 + 4 + hashBytes + 4
export const frameHeadBytes = 4 + 4 + 8 + 1 + 1
export const sessionIdBytesMax = 255
export const bytesPayload = 0x80

export const frameDirections = ['in', 'out', 'control'] as const satisfies readonly FrameDirection[]
export const frameKinds = ['open', 'command', 'verdict', 'refusal', 'result', 'output', 'notice', 'truncated', 'close', 'resize'] as const satisfies readonly FrameKind[]

/** A hash as it is carried in memory: 32 characters of latin1, which is what crypto gives fastest and a buffer writes fastest. */
export type Digest = string
export const noDigest: Digest = '\0'.repeat(hashBytes)
export const digestOf = (bytes: Uint8Array): Digest => hash('sha256', bytes, 'binary')
export const digestHex = (digest: Digest): string => Buffer.from(digest, 'latin1').toString('hex')

export interface SegmentHead {
  readonly number: number
  readonly createdAt: number
  readonly prev: Digest
  readonly gateway: string
  /** The journal hash after this head. */
  readonly digest: Digest
  readonly bytes: number
}

export interface Section {
  readonly session: string
  readonly prev: Digest
  readonly digest: Digest
  /** Where the section begins, from the start of its batch. */
  readonly offset: number
  readonly bytes: Buffer
  readonly frames: number
}

export interface Batch {
  /** As it stands in the file; with the sections' hashes, what `digest` is the hash of. */
  readonly head: Buffer
  readonly number: number
  readonly prev: Digest
  readonly digest: Digest
  readonly sections: readonly Section[]
}

/** `torn`: the bytes end inside it, as after a crash; `needs`: how many would do, as far as is known. `damaged`: all there, and wrong. */
export type Decoded<T> =
  | { readonly kind: 'whole'; readonly value: T; readonly bytes: number }
  | { readonly kind: 'torn'; readonly needs: number }
  | { readonly kind: 'damaged'; readonly why: string }

export function encodeSegmentHead(head: { readonly number: number; readonly createdAt: number; readonly prev: Digest; readonly gateway: string }): Buffer {
  const gateway = Buffer.from(head.gateway)
  if (gateway.length > 255) throw new RangeError('a gateway id has at most 255 bytes')
  const length = 4 + 4 + 4 + 8 + hashBytes + 1 + gateway.length + 4
  const bytes = Buffer.alloc(length)
  bytes.writeUInt32BE(segmentMagic, 0)
  bytes.writeUInt32BE(length, 4)
  bytes.writeUInt32BE(head.number, 8)
  bytes.writeDoubleBE(head.createdAt, 12)
  bytes.write(head.prev, 20, 'latin1')
  bytes.writeUInt8(gateway.length, 52)
  gateway.copy(bytes, 53)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, length - 4)), length - 4)
  return bytes
}

export function decodeSegmentHead(bytes: Buffer): Decoded<SegmentHead> {
  if (bytes.length < 53) return { kind: 'torn', needs: 53 }
  if (bytes.readUInt32BE(0) !== segmentMagic) return { kind: 'damaged', why: 'it does not begin as a journal segment' }
  const length = bytes.readUInt32BE(4)
  const gatewayLength = bytes.readUInt8(52)
  if (length !== 53 + gatewayLength + 4) return { kind: 'damaged', why: 'the lengths in its head disagree' }
  if (bytes.length < length) return { kind: 'torn', needs: length }
  const head = bytes.subarray(0, length)
  if (crc32(head.subarray(0, length - 4)) !== head.readUInt32BE(length - 4)) return { kind: 'damaged', why: 'the checksum of its head is wrong' }
  return {
    kind: 'whole', bytes: length,
    value: {
      number: head.readUInt32BE(8), createdAt: head.readDoubleBE(12), prev: head.toString('latin1', 20, 52),
      gateway: head.toString('utf8', 53, 53 + gatewayLength), digest: digestOf(head), bytes: length,
    },
  }
}

export function writeBatchHead(bytes: Buffer, head: { readonly length: number; readonly sections: number; readonly number: number; readonly prev: Digest }): void {
  bytes.writeUInt32BE(batchMagic, 0)
  bytes.writeUInt32BE(head.length, 4)
  bytes.writeUInt32BE(head.sections, 8)
  bytes.writeUInt32BE(head.number, 12)
  bytes.write(head.prev, 16, 'latin1')
  bytes.writeUInt32BE(crc32(bytes.subarray(0, batchHeadBytes - 4)), batchHeadBytes - 4)
}

/** Reads the batch that begins where `bytes` begins; every hash in it is checked against what it covers, none against its `prev`. */
export function decodeBatch(bytes: Buffer): Decoded<Batch> {
  if (bytes.length < batchHeadBytes) return { kind: 'torn', needs: batchHeadBytes }
  if (bytes.readUInt32BE(0) !== batchMagic) return { kind: 'damaged', why: 'no batch begins here' }
  const head = bytes.subarray(0, batchHeadBytes)
  if (crc32(head.subarray(0, batchHeadBytes - 4)) !== head.readUInt32BE(batchHeadBytes - 4)) return { kind: 'damaged', why: 'the checksum of a batch head is wrong' }
  const length = head.readUInt32BE(4)
  if (length < batchHeadBytes + hashBytes) return { kind: 'damaged', why: 'a batch is shorter than its head' }
  if (bytes.length < length) return { kind: 'torn', needs: length }
  const sections = decodeSections(bytes.subarray(0, length - hashBytes), head.readUInt32BE(8))
  if (sections === null) return { kind: 'damaged', why: 'the lengths in a batch disagree' }
  const digest = batchDigest(head, sections.map((section) => section.digest))
  if (digest !== bytes.toString('latin1', length - hashBytes, length)) return { kind: 'damaged', why: 'the hash of a batch is wrong' }
  return { kind: 'whole', bytes: length, value: { head, number: head.readUInt32BE(12), prev: head.toString('latin1', 16, 16 + hashBytes), digest, sections } }
}

export function batchDigest(head: Buffer, sections: readonly Digest[]): Digest {
  const bytes = Buffer.allocUnsafe(batchHeadBytes + sections.length * hashBytes)
  head.copy(bytes, 0, 0, batchHeadBytes)
  for (let i = 0; i < sections.length; i++) bytes.write(sections[i]!, batchHeadBytes + i * hashBytes, 'latin1')
  return digestOf(bytes)
}

function decodeSections(bytes: Buffer, count: number): Section[] | null {
  const sections: Section[] = []
  let offset = batchHeadBytes
  while (offset < bytes.length) {
    const section = decodeSection(bytes.subarray(offset), offset)
    if (section === null) return null
    sections.push(section)
    offset += section.bytes.length
  }
  return sections.length === count ? sections : null
}

/** The section that begins where `bytes` begins; null when its lengths disagree. Its frames are not looked into. */
export function decodeSection(bytes: Buffer, offset: number): Section | null {
  if (bytes.length < 5) return null
  const length = bytes.readUInt32BE(0)
  const idLength = bytes.readUInt8(4)
  const head = 5 + idLength + hashBytes + 4
  if (length < head || length > bytes.length) return null
  const own = bytes.subarray(0, length)
  return {
    session: own.toString('utf8', 5, 5 + idLength), prev: own.toString('latin1', 5 + idLength, 5 + idLength + hashBytes),
    digest: digestOf(own), offset, bytes: own, frames: own.readUInt32BE(head - 4),
  }
}

/** A section has at least one frame; one that was forged without is indexed at 0 and found out by verify. */
export function firstSeqOf({ bytes }: Section): number {
  const frames = 5 + bytes.readUInt8(4) + hashBytes + 4
  return bytes.length < frames + frameHeadBytes ? 0 : bytes.readUInt32BE(frames + 4)
}

/** The frames of a section; throws RangeError when its lengths disagree, which only a section whose hash was forged can do. */
export function* framesOf(section: Section): Generator<Frame> {
  const { bytes } = section
  const prev = digestHex(section.prev)
  let offset = 5 + bytes.readUInt8(4) + hashBytes + 4
  let frames = 0
  while (offset < bytes.length) {
    const length = bytes.readUInt32BE(offset)
    const end = offset + frameHeadBytes + length
    const direction = frameDirections[bytes.readUInt8(offset + 16)]
    const kindByte = bytes.readUInt8(offset + 17)
    const kind = frameKinds[kindByte & ~bytesPayload]
    if (end > bytes.length || direction === undefined || kind === undefined) throw new RangeError('a frame does not have the expected shape')
    const payload = bytes.subarray(offset + frameHeadBytes, end)
    yield {
      seq: bytes.readUInt32BE(offset + 4), at: bytes.readDoubleBE(offset + 8), direction, kind, prev,
      data: (kindByte & bytesPayload) === 0
        ? { type: 'json', value: JSON.parse(payload.toString('utf8')) as Record<string, unknown> }
        : { type: 'bytes', base64: payload.toString('base64') },
    }
    offset = end
    frames++
  }
  if (frames !== section.frames) throw new RangeError('a section does not have as many frames as it says')
}
