// The bytes of one document as they come: a small one whole, for this turn of the loop; a large one in pieces of memory of its own, which a
// thread can be handed, counted against the room that large answers of all sessions have together.
import { GatehouseError } from '../../../shared/errors.ts'
import { documentTurnBytesMax } from '../../limits-kubernetes.ts'
import type { Room } from './threads/room.ts'

const pieceBytes = 256 * 1024

export interface GatheredOptions {
  readonly bytesMax: number
  readonly tooLarge: () => GatehouseError
  readonly room: Room
  readonly principal: string
}

export class Gathered {
  readonly #options: GatheredOptions
  #small: Buffer[] = []
  #pieces: Buffer[] = []
  /** In the last piece. */
  #filled = 0
  #bytes = 0
  #taken = 0

  constructor(options: GatheredOptions) {
    this.#options = options
  }

  get bytes(): number {
    return this.#bytes
  }

  get isLarge(): boolean {
    return this.#bytes > documentTurnBytesMax
  }

  /** Throws limit_exceeded. */
  push(chunk: Buffer): void {
    const wasLarge = this.isLarge
    this.#bytes += chunk.length
    if (this.#bytes > this.#options.bytesMax) throw this.#options.tooLarge()
    if (!this.isLarge) return void this.#small.push(chunk)
    this.#takeRoom()
    if (!wasLarge) for (const small of this.#small.splice(0)) this.#copy(small)
    this.#copy(chunk)
  }

  /** The whole of a small one; there is nothing in it after this. */
  takeSmall(): Buffer {
    const [only] = this.#small
    const whole = this.#small.length === 1 && only !== undefined ? only : Buffer.concat(this.#small)
    this.#clear()
    return whole
  }

  /** The pieces of a large one; the room it takes stays taken until `release`. */
  takePieces(): readonly Uint8Array[] {
    const pieces = this.#pieces.map((piece, at) => (at === this.#pieces.length - 1 ? piece.subarray(0, this.#filled) : piece))
    this.#clear()
    return pieces
  }

  /** What was taken is with the client, or given up. */
  release(): void {
    if (this.#taken > 0) this.#options.room.give(this.#options.principal, this.#taken)
    this.#taken = 0
  }

  #takeRoom(): void {
    const wanted = this.#bytes - this.#taken
    const { room, principal } = this.#options
    if (!room.take(principal, wanted)) throw new GatehouseError('limit_exceeded', 'large answers under way take all the room there is (documentsBytesMax, documentsShareBytesMax); try again, or ask for less at a time, as kubectl does with --chunk-size', { side: 'gateway' })
    this.#taken += wanted
  }

  #copy(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      let last = this.#pieces.at(-1)
      if (last === undefined || this.#filled === last.length) {
        last = Buffer.allocUnsafeSlow(pieceBytes)
        this.#pieces.push(last)
        this.#filled = 0
      }
      const copied = chunk.copy(last, this.#filled, at)
      this.#filled += copied
      at += copied
    }
  }

  #clear(): void {
    this.#small = []
    this.#pieces = []
    this.#filled = 0
    this.#bytes = 0
  }
}
