// Between two sockets: one write a turn, and a source that is read no faster than its sink takes, nor longer than its turn.

import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** A few small pieces are cheaper as one buffer than as one vector. */
const joinBelowBytes = 16 * 1024

interface Sink {
  readonly write: (chunk: Buffer) => boolean
  readonly cork: () => void
  readonly uncork: () => void
}

/** False: the sink is full; wait for its `drain`. */
export function writeAll(sink: Sink, pieces: readonly Buffer[]): boolean {
  if (pieces.length === 0) return true
  if (pieces.length === 1) return sink.write(pieces[0]!)
  let bytes = 0
  for (const piece of pieces) bytes += piece.length
  if (bytes <= joinBelowBytes) return sink.write(Buffer.concat(pieces, bytes))
  sink.cork()
  let isOpen = true
  for (const piece of pieces) isOpen = sink.write(piece)
  sink.uncork()
  return isOpen
}

/** The kernel (or TLS) has every byte the sink was given; of a stream that is no socket nobody knows. */
export function hasTakenAll(sink: Duplex): boolean {
  return sink instanceof Socket && sink.writableLength === 0
}

interface Source {
  readonly pause: () => unknown
  readonly resume: () => unknown
}

/**
 * Paces a source of bulk data. libuv reads a socket up to 32 times before it looks at another one; with work to do on each read
 * that keeps every other session waiting, so after `turnMs` of work the source rests until the loop has been around.
 */
export class Pace {
  readonly #source: Source
  #workedMs = 0
  #isResting = false
  #isFull = false

  constructor(source: Source) {
    this.#source = source
  }

  /** Work on what was read took this long. */
  worked(ms: number): void {
    this.#workedMs += ms
    if (this.#workedMs < turnMs || this.#isResting) return
    this.#workedMs = 0
    this.#isResting = true
    this.#source.pause()
    setImmediate(() => {
      this.#isResting = false
      if (!this.#isFull) this.#source.resume()
    })
  }

  /** The sink takes no more until it has `drained`. */
  fill(): void {
    this.#isFull = true
    this.#source.pause()
  }

  drained(): void {
    this.#isFull = false
    if (!this.#isResting) this.#source.resume()
  }
}

/** A flood keeps every other session waiting for so long at a time. */
export const turnMs = 1
