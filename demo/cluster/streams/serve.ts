// The server half of exec, attach and portforward: answers the upgrade and speaks SPDY/3.1 or WebSocket over what is left of the socket.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { StreamUse } from './types.ts'

/** Resolves when the socket is done with; never throws for what the client did. Refuses (400/403/…) an upgrade it cannot speak. */
export async function serveStreams(socket: Duplex, _head: Buffer, _request: IncomingMessage, _use: StreamUse): Promise<void> {
  socket.end('HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
}
