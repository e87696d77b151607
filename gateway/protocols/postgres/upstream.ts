// The upstream side of a PostgreSQL session: TCP, TLS, sign-in with the target's own credential (SCRAM, md5, cleartext).
import type { Duplex } from 'node:stream'
import { GatehouseError } from '../../../shared/errors.ts'
import { upstreamConnectMs } from '../../limits.ts'
import type { PostgresTarget } from '../../pipeline/target.ts'
import { FrameError } from './codec/frame-reader.ts'
import { ScramError } from './codec/scram.ts'
import { encodeCancelRequest } from './codec/startup.ts'
import { signIn } from './upstream-sign-in.ts'
import { dialUpstream, endWith, name } from './upstream-socket.ts'

export interface UpstreamReady {
  /**
   * Signed in and paused; the next bytes are what follows ReadyForQuery. It has one listener left, an empty one for 'error':
   * a reader that comes late must look at `destroyed` and `readableEnded` first.
   */
  readonly socket: Duplex
  /** ParameterStatus name → value, as the server sent them. */
  readonly parameters: ReadonlyMap<string, string>
  /** What CancelRequest needs. `secret` has 4 to 256 bytes. */
  readonly key: { readonly processId: number; readonly secret: Buffer }
}

/** Startup parameters the client asked for and policy let through (`application_name`, `client_encoding`, …). */
export interface UpstreamRequest {
  readonly target: PostgresTarget
  readonly parameters: ReadonlyMap<string, string>
  readonly signal: AbortSignal
}

/** Rejects with GatehouseError upstream_unreachable, upstream_rejected, upstream_lost or protocol_violation, and leaves no socket behind. */
export async function connectUpstream(request: UpstreamRequest, deadlineMs = upstreamConnectMs): Promise<UpstreamReady> {
  const { target, parameters } = request
  return await withDeadline(request, deadlineMs, async (signal) => {
    const upstream = await dialUpstream(target, signal)
    const stop = endWith(upstream.socket, signal)
    try {
      const ready = await signIn(upstream, target, parameters)
      signal.throwIfAborted()
      return ready
    } catch (error) {
      upstream.socket.destroy()
      throw error
    } finally {
      stop()
    }
  })
}

/**
 * Asks the server to stop what runs under that key, over a connection of its own with the target's TLS mode. Resolves when the
 * server has closed it, which it does once the signal is sent; whether anything was running nobody can say (protocol 55.2.8).
 */
export async function cancelUpstream(target: PostgresTarget, key: UpstreamReady['key'], deadlineMs = upstreamConnectMs): Promise<void> {
  await withDeadline({ target, signal: null }, deadlineMs, async (signal) => {
    const { socket } = await dialUpstream(target, signal)
    const stop = endWith(socket, signal)
    try {
      socket.write(encodeCancelRequest(key.processId, key.secret))
      await closed(socket)
      signal.throwIfAborted()
    } finally {
      stop()
      socket.destroy()
    }
  })
}

/** A server has nothing to say to a cancel request: bytes end the wait as its closing does. */
function closed(socket: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => resolve()
    if (socket.destroyed) return done()
    socket.once('data', done).once('end', done).once('close', done)
    socket.resume()
  })
}

interface Attempt { readonly target: PostgresTarget; readonly signal: AbortSignal | null }

/** One signal from the caller's and the clock; whatever goes wrong after it fired is reported as what fired it. */
async function withDeadline<T>({ target, signal }: Attempt, deadlineMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const abort = (): void => controller.abort(new GatehouseError('upstream_unreachable', `the session ended while ${name(target)} was being reached`, { side: 'client' }))
  const timer = setTimeout(() => {
    controller.abort(new GatehouseError('upstream_unreachable', `${name(target)} did not answer within ${deadlineMs} ms (upstreamConnectMs)`, { side: 'upstream' }))
  }, deadlineMs)
  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  try {
    controller.signal.throwIfAborted()
    return await work(controller.signal)
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : asGatehouseError(error, target)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

function asGatehouseError(error: unknown, target: PostgresTarget): GatehouseError {
  if (error instanceof GatehouseError) return error
  if (error instanceof FrameError) return new GatehouseError('protocol_violation', `${name(target)} does not speak the protocol: ${error.message}`, { side: 'upstream', cause: error })
  if (error instanceof ScramError) return new GatehouseError('upstream_rejected', `${name(target)}: ${error.message}; is this the right server?`, { side: 'upstream', cause: error })
  return new GatehouseError('internal', `signing in to ${name(target)} failed for a reason of ours`, { cause: error })
}
