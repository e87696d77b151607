// Reads one segment from its beginning, batch by batch, checking every hash and that each batch follows the one before.
// It stops at the first thing that is wrong: after that, lengths say nothing any more.
import { open, type FileHandle } from 'node:fs/promises'
import { decodeBatch, decodeSegmentHead, type Batch, type Decoded, type Digest, type SegmentHead } from './format.ts'

export type Scanned =
  | { readonly kind: 'head'; readonly head: SegmentHead }
  | { readonly kind: 'batch'; readonly batch: Batch; readonly offset: number }
  /** The last one: `bytes` of the file were good; what follows them is nothing, a torn batch, or damage. */
  | { readonly kind: 'end'; readonly state: 'whole' | 'torn' | 'damaged'; readonly bytes: number; readonly why: string; readonly digest: Digest | null }

const readBytes = 1024 * 1024

export async function* scanSegment(path: string): AsyncGenerator<Scanned> {
  const file = await open(path, 'r')
  try {
    yield* scan(new Window(file))
  } finally {
    await file.close()
  }
}

async function* scan(window: Window): AsyncGenerator<Scanned> {
  const head = await window.decode(decodeSegmentHead)
  if (head.kind !== 'whole') {
    yield { kind: 'end', state: head.kind, bytes: 0, why: head.kind === 'damaged' ? head.why : '', digest: null }
    return
  }
  let digest = head.value.digest
  window.skip(head.bytes)
  yield { kind: 'head', head: head.value }
  for (let number = 0; ; number++) {
    const offset = window.offset
    if (await window.isAtEnd()) {
      yield { kind: 'end', state: 'whole', bytes: offset, why: '', digest }
      return
    }
    const decoded = await window.decode(decodeBatch)
    if (decoded.kind !== 'whole') {
      yield { kind: 'end', state: decoded.kind, bytes: offset, why: decoded.kind === 'damaged' ? decoded.why : '', digest }
      return
    }
    if (decoded.value.prev !== digest || decoded.value.number !== number) {
      yield { kind: 'end', state: 'damaged', bytes: offset, why: 'a batch does not follow the one before it', digest }
      return
    }
    digest = decoded.value.digest
    yield { kind: 'batch', batch: decoded.value, offset }
    window.skip(decoded.bytes)
  }
}

/** A stretch of the file in memory, that grows to what a decoder needs. */
class Window {
  readonly #file: FileHandle
  #bytes = Buffer.alloc(0)
  offset = 0

  constructor(file: FileHandle) {
    this.#file = file
  }

  async decode<T>(decoder: (bytes: Buffer) => Decoded<T>): Promise<Decoded<T>> {
    for (;;) {
      const decoded = decoder(this.#bytes)
      if (decoded.kind !== 'torn' || !(await this.#fill(decoded.needs))) return decoded
    }
  }

  skip(bytes: number): void {
    this.offset += bytes
    this.#bytes = this.#bytes.subarray(bytes)
  }

  async isAtEnd(): Promise<boolean> {
    return this.#bytes.length === 0 && !(await this.#fill(1))
  }

  /** False when the file ends before `needs` bytes; a length that lies takes no more memory than the file is long. */
  async #fill(needs: number): Promise<boolean> {
    const { size } = await this.#file.stat()
    if (this.offset + needs > size) return false
    const grown = Buffer.allocUnsafe(Math.min(size - this.offset, Math.max(needs, readBytes)))
    const { bytesRead } = await this.#file.read(grown, 0, grown.length, this.offset)
    this.#bytes = grown.subarray(0, bytesRead)
    return bytesRead >= needs
  }
}
