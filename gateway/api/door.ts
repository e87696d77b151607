// Whoever serves requests of its own protocol on the API's HTTPS server: one address, one certificate, TLS always. What a door takes, no
// route of ours sees; the limits of sockets, handshakes and headers hold for both.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export interface HttpDoor {
  /** By its path alone. */
  takes(message: IncomingMessage): boolean
  request(message: IncomingMessage, response: ServerResponse): void
  upgrade(message: IncomingMessage, socket: Socket, head: Buffer): void
}
