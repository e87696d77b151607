// Pumps the streams of exec, attach and port-forward between two upgraded sockets: frames are judged one by one, a slow reader stops the
// other side's writer, and whatever goes wrong ends both.
import type { Duplex } from 'node:stream'
import { GatehouseError } from '../../../../shared/errors.ts'
import { writeQueueBytesMax } from '../../../limits.ts'
import { streamCloseMs, streamDrainMs } from '../../../limits-kubernetes.ts'
import { Pace, turnMs } from '../../../pipeline/pump.ts'
import { subprotocols } from '../codec/channels.ts'
import { FrameError } from '../codec/frame-error.ts'
import { ChannelEngine } from './channel-engine.ts'
import { SpdyEngine } from './spdy-engine.ts'
import { TunnelEngine } from './tunnel-engine.ts'
import { StreamViolation, type Relay, type RelayOptions, type StreamEngine, type StreamObserver, type Wires } from './types.ts'

export function relayStreams(options: RelayOptions): Relay {
  const { client, upstream } = options
  const { promise: ended, resolve } = Promise.withResolvers<string>()
  const cut = new AbortController()
  let isOver = false

  const wires: Wires = {
    toClient: (bytes) => { if (!isOver) client.write(bytes) },
    toUpstream: (bytes) => { if (!isOver) upstream.write(bytes) },
    fail: close,
  }
  const engine = engineFor({ ...options, observe: guarded(options.observe, (error) => close(messageOf(error))) }, wires)

  /** Once. `words`: what the client is told; null where it is gone, or knows. */
  function finish(reason: string, words: string | null): void {
    if (isOver) return
    if (words !== null) engine.tell(words)
    isOver = true
    engine.dispose()
    void Promise.all([endSocket(client, cut.signal), endSocket(upstream, cut.signal)]).then(() => resolve(reason))
  }
  function close(reason: string): void {
    finish(reason, reason)
    cut.abort()
  }
  function upstreamEnded(reason: string): void {
    if (!isOver) engine.flush()
    finish(reason, null)
  }

  const judged = (judge: (chunk: Buffer) => void) => (chunk: Buffer) => {
    if (isOver) return
    client.cork()
    upstream.cork()
    try {
      judge(chunk)
    } catch (error) {
      close(messageOf(error))
    } finally {
      client.uncork()
      upstream.uncork()
    }
  }
  const fromClient = judged((chunk) => engine.fromClient(chunk))
  const fromUpstream = judged((chunk) => engine.fromUpstream(chunk))

  client.on('error', () => undefined).on('end', () => finish('the client ended its connection', null)).on('close', () => finish('the client closed its connection', null))
  upstream.on('error', () => undefined).on('end', () => upstreamEnded('the target ended the streams')).on('close', () => upstreamEnded('the target closed the connection'))
  if (options.clientHead !== undefined && options.clientHead.length > 0) fromClient(options.clientHead)
  if (options.upstreamHead !== undefined && options.upstreamHead.length > 0) fromUpstream(options.upstreamHead)
  const partBytes = options.clientScanner === null && options.recordScanner === null ? Number.POSITIVE_INFINITY : scannedPartBytes
  pump(client, upstream, { judge: fromClient, partBytes })
  pump(upstream, client, { judge: fromUpstream, partBytes })
  return { ended, close }
}

function engineFor(options: RelayOptions, wires: Wires): StreamEngine {
  const { protocol, subprotocol, use } = options
  if (protocol === 'spdy' && subprotocol === (use === 'portforward' ? subprotocols.portforward : subprotocols.v4)) return new SpdyEngine(options, wires)
  if (protocol === 'websocket' && use !== 'portforward' && (subprotocol === subprotocols.v4 || subprotocol === subprotocols.v5)) return new ChannelEngine(options, wires)
  if (protocol === 'websocket' && use === 'portforward' && subprotocol === subprotocols.tunnel) return new TunnelEngine(options, wires)
  throw new GatehouseError('protocol_violation', `${use} over ${protocol} with ${JSON.stringify(subprotocol)} is not read here`, { side: 'upstream' })
}

/** Detectors look at so much in a millisecond. */
const scannedPartBytes = 16 * 1024

/**
 * Reads as fast as the other side takes it; no faster than its own side takes what it is answered; and not for longer than a turn at a time.
 * What a turn leaves of a chunk goes back to where it came from, before its end.
 */
function pump(from: Duplex, to: Duplex, { judge, partBytes }: { readonly judge: (chunk: Buffer) => void; readonly partBytes: number }): void {
  const pace = new Pace(from)
  const mayRead = () => !to.writableNeedDrain && from.writableLength <= writeQueueBytesMax
  const resume = () => {
    if (mayRead()) pace.drained()
  }
  to.on('drain', resume)
  from.on('drain', resume)
  from.on('data', (chunk: Buffer) => {
    const began = performance.now()
    let [at, workedMs] = [0, 0]
    while (at < chunk.length && workedMs < turnMs) {
      judge(chunk.subarray(at, at + partBytes))
      at += partBytes
      workedMs = performance.now() - began
    }
    pace.worked(workedMs)
    if (!mayRead()) pace.fill()
    if (at < chunk.length) from.pause().unshift(chunk.subarray(at))
  })
  // Whoever read the upgrade left it paused.
  resume()
}

/**
 * What is written goes out as fast as the peer takes it, for streamDrainMs at most, or streamCloseMs once it is to be cut; a peer that
 * has it all and does not close gets streamCloseMs.
 */
function endSocket(socket: Duplex, cut: AbortSignal): Promise<void> {
  if (socket.closed) return Promise.resolve()
  return new Promise((resolve) => {
    let timer = setTimeout(() => socket.destroy(), streamDrainMs)
    const hurry = () => {
      clearTimeout(timer)
      timer = setTimeout(() => socket.destroy(), streamCloseMs)
    }
    if (cut.aborted) hurry()
    else cut.addEventListener('abort', hurry)
    socket.once('close', () => {
      clearTimeout(timer)
      cut.removeEventListener('abort', hurry)
      resolve()
    })
    // What still comes is read and dropped: without that its end would never be seen.
    socket.removeAllListeners('data').resume()
    if (socket.writableFinished) hurry()
    else socket.end(hurry)
  })
}

/** Observers are called from timers too: their failure ends the relay and nothing else. */
function guarded(observe: StreamObserver, failed: (error: unknown) => void): StreamObserver {
  let hasFailed = false
  const guard = <Args extends readonly unknown[], T>(call: (...args: Args) => T, otherwise: T) => (...args: Args): T => {
    if (hasFailed) return otherwise
    try {
      return call(...args)
    } catch (error) {
      hasFailed = true
      failed(error)
      return otherwise
    }
  }
  return {
    input: guard((bytes) => observe.input(bytes), false),
    output: guard((channel, bytes) => observe.output(channel, bytes), false),
    resize: guard((size) => observe.resize(size), undefined),
    exit: guard((status) => observe.exit(status), undefined),
    bytes: guard((direction, port, count) => observe.bytes(direction, port, count), undefined),
    forwarded: guard((connection) => observe.forwarded(connection), undefined),
  }
}

function messageOf(error: unknown): string {
  if (error instanceof GatehouseError) return error.message
  if (error instanceof FrameError || error instanceof StreamViolation) return `the streams were ended: ${error.message}`
  return 'the streams were ended by a fault of the gateway'
}
