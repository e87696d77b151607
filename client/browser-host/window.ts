// One window of the browser host: one WebSocket that proves itself by its first message, then carries calls and events.
import type { WebSocket } from 'ws'
import { closeCodes, desktopCall, desktopHello, type DesktopReply } from '../../shared/browser-host.ts'
import { failureOf, type Capabilities } from '../capabilities/capabilities.ts'
import { jsonOf } from '../json.ts'
import { callsInFlightMax, helloMs, windowBufferBytesMax } from '../limits.ts'
import type { Gate } from './gate.ts'

export function serveWindow(socket: WebSocket, gate: Gate, capabilities: Capabilities): void {
  const silent = setTimeout(() => socket.close(closeCodes.silent, 'no hello in time'), helloMs)
  socket.on('error', () => socket.terminate()) // A frame too large or malformed: ws has answered with its close code.
  socket.once('close', () => clearTimeout(silent))
  socket.once('message', (data: Buffer, isBinary) => {
    clearTimeout(silent)
    const session = isBinary ? undefined : sessionOf(data, gate)
    if (session === undefined) return socket.close(closeCodes.malformed, 'the first message must be hello or resume')
    if (session === null) return socket.close(closeCodes.unauthorized, 'open the address that Gatehouse printed')
    attend(socket, capabilities)
    send(socket, { type: 'welcome', session })
  })
}

/** The window's session; null if it may not have one, undefined if it did not speak the protocol. */
function sessionOf(data: Buffer, gate: Gate): string | null | undefined {
  const { data: hello } = desktopHello.safeParse(jsonOf(data.toString('utf8')))
  if (hello === undefined) return undefined
  if (hello.type === 'hello') return gate.enter(hello.secret)
  return gate.isSession(hello.session) ? hello.session : null
}

function attend(socket: WebSocket, capabilities: Capabilities): void {
  let inFlight = 0
  // The pair of name and data is the one of IpcEvents; as a union of pairs TypeScript cannot follow it.
  const stop = capabilities.onEvent((name, data) => send(socket, { type: 'event', name, data } as DesktopReply))
  socket.once('close', stop)
  socket.on('message', (data: Buffer, isBinary) => {
    const { data: call } = desktopCall.safeParse(isBinary ? undefined : jsonOf(data.toString('utf8')))
    if (call === undefined) return socket.close(closeCodes.malformed, 'not a call')
    if (inFlight >= callsInFlightMax) return socket.close(closeCodes.busy, 'too many calls at once')
    inFlight++
    capabilities.handle(call.name, call.input)
      .then((output): DesktopReply => ({ type: 'output', id: call.id, output }), (error: unknown): DesktopReply => ({ type: 'failure', id: call.id, failure: failureOf(error) }))
      .then((reply) => { inFlight--; send(socket, reply) }, () => socket.terminate())
  })
}

function send(socket: WebSocket, reply: DesktopReply): void {
  if (socket.readyState !== socket.OPEN) return
  // A window that does not read would make us hold everything: it is dropped, and asks anew when it is back.
  if (socket.bufferedAmount > windowBufferBytesMax) return socket.terminate()
  socket.send(JSON.stringify(reply))
}
