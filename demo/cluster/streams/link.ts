// What a framing stands on: bytes go out in order, and what comes in can be stopped while a reader is behind.
import type { Duplex } from 'node:stream'
import { Readable, Writable } from 'node:stream'

export interface Link {
  /** `done` once the bytes are with the kernel. */
  send(bytes: Buffer, done?: () => void): void
  pause(): void
  resume(): void
}

export const socketLink = (socket: Duplex): Link => ({
  send(bytes, done) {
    if (socket.writable) socket.write(bytes, () => done?.())
    else done?.()
  },
  pause: () => void socket.pause(),
  resume: () => void socket.resume(),
})

/** Bytes of one stream for its reader; while it is behind the whole link waits, as one connection must. */
export function inputOf(link: Link): Readable {
  return new Readable({ read: () => link.resume() })
}

export function give(input: Readable, data: Buffer, link: Link): void {
  if (data.length > 0 && !input.readableEnded && !input.destroyed && !input.push(data)) link.pause()
}

/** A writer of one stream: `send` frames what it writes, `end` says that there is no more. */
export function outputOf(send: (data: Buffer, done: () => void) => void, end: () => void = () => undefined): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => send(chunk, done),
    final(done) {
      end()
      done()
    },
  })
}
