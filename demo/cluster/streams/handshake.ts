// Answers the upgrade of an exec, attach or port-forward: the protocol and the best version that both sides speak, or why not.
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { chooseSubprotocol, failureStatus, type StreamUseName } from '../../../gateway/protocols/kubernetes/codec/channels.ts'

/** RFC 6455 1.3. */
const webSocketGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

export interface Agreed { readonly protocol: 'spdy' | 'websocket'; readonly subprotocol: string }

/** Null: it was refused, and the socket ends. */
export function answerUpgrade(socket: Duplex, request: IncomingMessage, use: StreamUseName): Agreed | null {
  const asked = request.headers.upgrade?.toLowerCase()
  const protocol = asked === 'spdy/3.1' ? 'spdy' : asked === 'websocket' ? 'websocket' : null
  if (protocol === null) return refuse(socket, 400, 'you must specify at least 1 of these upgrade protocols: SPDY/3.1, websocket')
  const offered = listOf(request.headers[protocol === 'spdy' ? 'x-stream-protocol-version' : 'sec-websocket-protocol'])
  const subprotocol = chooseSubprotocol(use, protocol, offered)
  if (subprotocol === null) return refuse(socket, 403, `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}]`)
  const key = request.headers['sec-websocket-key']
  if (protocol === 'websocket' && key === undefined) return refuse(socket, 400, 'Sec-WebSocket-Key is missing')
  const own = protocol === 'spdy'
    ? ['Upgrade: SPDY/3.1', `X-Stream-Protocol-Version: ${subprotocol}`]
    : ['Upgrade: websocket', `Sec-WebSocket-Accept: ${acceptOf(key!)}`, `Sec-WebSocket-Protocol: ${subprotocol}`]
  socket.write(['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', ...own, '', ''].join('\r\n'))
  return { protocol, subprotocol }
}

export const acceptOf = (key: string): string => createHash('sha1').update(key + webSocketGuid).digest('base64')

function listOf(header: string | readonly string[] | undefined): string[] {
  return (typeof header === 'string' ? header : header?.join(',') ?? '').split(',').map((each) => each.trim()).filter((each) => each !== '')
}

function refuse(socket: Duplex, code: number, message: string): null {
  const body = failureStatus(message, code === 403 ? 'Forbidden' : 'BadRequest', code)
  socket.end([`HTTP/1.1 ${code} ${code === 403 ? 'Forbidden' : 'Bad Request'}`, 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close', '', body].join('\r\n'))
  return null
}
