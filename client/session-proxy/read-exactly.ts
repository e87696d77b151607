// Reads as many bytes as asked for and leaves the rest in the stream, so that what follows can be judged, or piped, as it is.
// Not by `readable` events: with part of a packet in its buffer a stream emits them again and again, without end.
import type { Readable } from 'node:stream'

/** Null when the stream ended before; rejects with its error, or the signal's reason. The stream is paused afterwards. */
export function readExactly(stream: Readable, bytes: number, signal: AbortSignal): Promise<Buffer | null> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | null>()
  let held: Buffer = Buffer.alloc(0)

  const settle = (act: () => void) => {
    stream.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onError)
    signal.removeEventListener('abort', onAbort)
    stream.pause()
    act()
  }
  const onData = (chunk: Buffer) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    if (held.length < bytes) return
    settle(() => {
      if (held.length > bytes) stream.unshift(held.subarray(bytes))
      resolve(held.subarray(0, bytes))
    })
  }
  const onEnd = () => settle(() => resolve(null))
  const onError = (error: Error) => settle(() => reject(error))
  const onAbort = () => settle(() => reject(signal.reason as Error))

  if (signal.aborted) reject(signal.reason as Error)
  else if (stream.destroyed || stream.readableEnded) resolve(null)
  else {
    signal.addEventListener('abort', onAbort)
    stream.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onError).resume()
  }
  return promise
}
