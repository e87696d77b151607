// Whether a tunnel's peer is still there. A ping is asked for when nothing was heard; while we do not read (our reader is
// behind) or the peer does not take what we send (its reader is), silence proves nothing, and the kernel or a longer limit decides.
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { tunnelPingMs, tunnelPingsMissedMax, tunnelStalledMs } from '../limits.ts'

export interface LivenessLimits { readonly pingMs: number; readonly pingsMissedMax: number; readonly stalledMs: number }

const named: LivenessLimits = { pingMs: tunnelPingMs, pingsMissedMax: tunnelPingsMissedMax, stalledMs: tunnelStalledMs }

/** Calls `dead` once with the reason; stops by itself when the WebSocket closes. */
export function watchLiveness(ws: WebSocket, socket: Socket, options: { readonly dead: (reason: string) => void; readonly limits?: LivenessLimits }): void {
  const { dead, limits = named } = options
  let bytesRead = socket.bytesRead
  let missed = 0
  let stalledMs = 0

  function tick(): void {
    const isHeard = socket.bytesRead !== bytesRead
    bytesRead = socket.bytesRead
    const isStalled = !isHeard && !ws.isPaused && ws.bufferedAmount > 0
    const isSilent = !isHeard && !ws.isPaused && ws.bufferedAmount === 0
    stalledMs = isStalled ? stalledMs + limits.pingMs : 0
    missed = isSilent ? missed + 1 : 0
    if (stalledMs >= limits.stalledMs) stop(`the client has taken nothing for ${limits.stalledMs} ms (tunnelStalledMs)`)
    else if (missed > limits.pingsMissedMax) stop(`the client has answered no ping for ${missed * limits.pingMs} ms (tunnelPingMs)`)
    else if (isSilent) ws.ping()
  }

  function stop(reason: string): void {
    clearInterval(timer)
    dead(reason)
  }

  const timer = setInterval(tick, limits.pingMs).unref()
  ws.once('close', () => clearInterval(timer))
}
