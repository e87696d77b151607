// What a loopback listener says itself, where nothing came from the gateway: a metav1.Status, whose message kubectl shows.
import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { GatehouseError } from '../../shared/errors.ts'

export interface KubernetesRefusal { readonly code: 400 | 401 | 403 | 500 | 503; readonly message: string }

const reasons = { 400: 'BadRequest', 401: 'Unauthorized', 403: 'Forbidden', 500: 'InternalError', 503: 'ServiceUnavailable' } as const

/** Of an account without a token, or a gateway that does not answer. */
export function statusOf(error: unknown): KubernetesRefusal {
  if (!(error instanceof GatehouseError)) return { code: 500, message: 'the listener failed; see the log of Gatehouse' }
  return { code: error.code === 'not_signed_in' || error.code.startsWith('token_') ? 401 : 503, message: error.message }
}

/** Nothing can be said any more once an answer has begun: then the socket ends, so that half of it is not taken for all. */
export function refuse(response: ServerResponse, refusal: KubernetesRefusal): void {
  if (response.headersSent) return void response.destroy()
  // What else the client sends on this socket was not read.
  response.writeHead(refusal.code, { 'content-type': 'application/json', connection: 'close' }).end(bodyOf(refusal))
}

export function refuseUpgrade(socket: Duplex, refusal: KubernetesRefusal): void {
  if (socket.destroyed) return
  const body = bodyOf(refusal)
  const head = `HTTP/1.1 ${refusal.code} ${reasons[refusal.code]}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n`
  socket.end(head + body, () => socket.destroy())
}

function bodyOf({ code, message }: KubernetesRefusal): string {
  return `${JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: `gatehouse: ${message}`, reason: reasons[code], code })}\n`
}
