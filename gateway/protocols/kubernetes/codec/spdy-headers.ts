// Header blocks of SPDY/3: names and values with their lengths, compressed with one zlib stream a direction that is flushed after each
// block. https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/#TOC-2.6.10-Name-Value-Header-Block
//
//   block = count u32, (length u32, name, length u32, value)…
//
// A flush ends at a byte, so each block is inflated by itself with what came before as its dictionary: synchronously and with a bound,
// which a stream of node:zlib offers no public way to.
import { constants, inflateRawSync } from 'node:zlib'
import { spdyHeaderBytesMax, spdyHeadersMax, spdyInflateRatioMax } from '../../../limits-kubernetes.ts'
import { FrameError } from './frame-error.ts'
import { spdyDictionary, spdyDictionaryId } from './spdy-dictionary.ts'

export type SpdyHeaders = ReadonlyMap<string, string>

/** How far back deflate refers. */
const windowBytes = 32 * 1024
const zlibHeadBytes = 6
/** What a sync flush ends with: an empty stored block (RFC 1951 3.2.4), without its first bits. */
const flushTail = Buffer.from([0x00, 0x00, 0xff, 0xff])
/** Bytes that may be inflated whatever came: a few small blocks are no bomb. */
const inflatedFreeBytes = 64 * 1024

/** Blocks of one direction, in their order; one that was skipped makes the next unreadable. */
export class HeaderInflater {
  #window: Buffer = spdyDictionary
  #hasHead = false
  #deflatedBytes = 0
  #inflatedBytes = 0

  /** Throws FrameError for what is no header block, or one that inflates to more than a limit. */
  read(block: Buffer): SpdyHeaders {
    const deflated = this.#hasHead ? block : withoutHead(block)
    this.#hasHead = true
    if (!deflated.subarray(-flushTail.length).equals(flushTail)) throw new FrameError('a header block does not end with a flush')
    const inflated = this.#inflate(deflated)
    this.#deflatedBytes += block.length
    this.#inflatedBytes += inflated.length
    if (this.#inflatedBytes > inflatedFreeBytes + this.#deflatedBytes * spdyInflateRatioMax) throw new FrameError(`header blocks inflate to more than ${spdyInflateRatioMax} times their size`)
    this.#window = slid(this.#window, inflated)
    return parseHeaders(inflated)
  }

  #inflate(deflated: Buffer): Buffer {
    try {
      return inflateRawSync(deflated, { dictionary: this.#window, finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: spdyHeaderBytesMax })
    } catch (cause) {
      throw new FrameError(`a header block cannot be inflated, or to more than ${spdyHeaderBytesMax} bytes`, { cause })
    }
  }
}

/** Stored blocks (RFC 1951 3.2.4): valid deflate that refers to nothing. Compressing some fifty bytes would cost a hundred times what it saves. */
export class HeaderDeflater {
  #hasHead = false

  write(headers: SpdyHeaders): Buffer {
    const block = buildHeaders(headers)
    const deflated = [stored(block), stored(Buffer.alloc(0))]
    if (this.#hasHead) return Buffer.concat(deflated)
    this.#hasHead = true
    return Buffer.concat([zlibHead(), ...deflated])
  }
}

function stored(bytes: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt16LE(bytes.length, 1)
  head.writeUInt16LE(~bytes.length & 0xffff, 3)
  return Buffer.concat([head, bytes])
}

function slid(window: Buffer, more: Buffer): Buffer {
  return Buffer.concat([window, more]).subarray(-windowBytes)
}

/** RFC 1950 2.2: deflate with a 32 KB window, a dictionary, and its name. */
function withoutHead(block: Buffer): Buffer {
  if (block.length < zlibHeadBytes) throw new FrameError('the first header block is too short for the head of a zlib stream')
  const isDeflate = (block[0]! & 0x0f) === 8 && block[0]! >> 4 <= 7 && block.readUInt16BE(0) % 31 === 0
  const hasDictionary = (block[1]! & 0x20) !== 0 && block.readUInt32BE(2) === spdyDictionaryId
  if (!isDeflate || !hasDictionary) throw new FrameError('the first header block does not begin a zlib stream with the dictionary of SPDY/3')
  return block.subarray(zlibHeadBytes)
}

function zlibHead(): Buffer {
  const head = Buffer.from([0x78, 0xbb, 0, 0, 0, 0])
  head.writeUInt32BE(spdyDictionaryId, 2)
  return head
}

/** What is inflated: every length is checked, and nothing may be left over. */
export function parseHeaders(block: Buffer): SpdyHeaders {
  const headers = new Map<string, string>()
  let at = 0
  const number = (): number => {
    if (at + 4 > block.length) throw new FrameError('a header block ends inside a length')
    at += 4
    return block.readUInt32BE(at - 4)
  }
  const text = (): string => {
    const length = number()
    if (length > block.length - at) throw new FrameError(`a header of ${length} bytes reaches beyond its block`)
    at += length
    return block.toString('latin1', at - length, at)
  }
  const count = number()
  if (count > spdyHeadersMax) throw new FrameError(`a header block has ${count} headers; at most ${spdyHeadersMax} are taken`)
  for (let i = 0; i < count; i++) {
    const name = text()
    const value = text()
    if (!/^[\x21-\x40\x5b-\x7e]+$/.test(name)) throw new FrameError('a header has an empty name, or one that is not in lower case')
    if (headers.has(name)) throw new FrameError(`header ${name} stands twice in its block`)
    headers.set(name, value)
  }
  if (at !== block.length) throw new FrameError('a header block has bytes behind its last header')
  return headers
}

/** For the encoder, and uncompressed for whoever compares. */
export function buildHeaders(headers: SpdyHeaders): Buffer {
  const texts = [...headers].flat()
  const block = Buffer.alloc(4 + texts.reduce((sum, text) => sum + 4 + Buffer.byteLength(text, 'latin1'), 0))
  let at = block.writeUInt32BE(headers.size)
  for (const text of texts) {
    at = block.writeUInt32BE(text.length, at)
    at += block.write(text, at, 'latin1')
  }
  return block
}
