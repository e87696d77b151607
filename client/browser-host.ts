// The desktop app in a browser: the renderer's files and the capabilities on a loopback port. For machines without a display
// or an Electron runtime, and for tests. The protocol is shared/browser-host.ts; who may talk is browser-host/gate.ts.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { closeCodes, desktopMessageBytesMax, desktopPath, secretFragmentKey } from '../shared/browser-host.ts'
import { GatehouseError } from '../shared/errors.ts'
import { createGate, isOurHost, isOurOrigin, isOurVisit } from './browser-host/gate.ts'
import { listFiles, safetyHeaders, sendFile } from './browser-host/static-files.ts'
import { serveWindow } from './browser-host/window.ts'
import type { Capabilities } from './capabilities/capabilities.ts'
import { browserHostRequestMs, browserHostSocketsMax, windowsMax } from './limits.ts'

export interface BrowserHostOptions {
  /** The built renderer, with its index.html. */
  readonly rendererDir: string
  readonly capabilities: Capabilities
  /** 0, the default: any free one. */
  readonly port?: number
}

export interface BrowserHost {
  /** With the one-time secret in its fragment: for the person who started us, and for nobody's log. */
  readonly url: string
  readonly close: () => Promise<void>
}

/** Rejects with port_taken or not_permitted. */
export async function startBrowserHost({ rendererDir, capabilities, port = 0 }: BrowserHostOptions): Promise<BrowserHost> {
  const gate = createGate()
  const files = listFiles(rendererDir)
  const server = createServer({ headersTimeout: browserHostRequestMs, requestTimeout: browserHostRequestMs })
  server.maxConnections = browserHostSocketsMax
  const authority = `127.0.0.1:${await listen(server, port)}`
  const headers = safetyHeaders(`'self' ws://${authority}`)

  server.on('request', (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    if (!isOurHost(request.headers, authority) || !isOurVisit(request.headers, authority)) return answer(response, 403, 'This address is not served here.')
    serveFile(request, response, files)
  })

  const sockets = new WebSocketServer({ noServer: true, maxPayload: desktopMessageBytesMax, perMessageDeflate: false })
  server.on('upgrade', (request, socket, head) => {
    const isOurs = isOurHost(request.headers, authority) && isOurOrigin(request.headers, authority) && request.url === desktopPath
    if (!isOurs) return void socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    sockets.handleUpgrade(request, socket, head, (window) => {
      if (sockets.clients.size > windowsMax) window.close(closeCodes.busy, 'too many windows')
      else serveWindow(window, gate, capabilities)
    })
  })

  return {
    url: `http://${authority}/#${secretFragmentKey}=${gate.secret}`,
    async close() {
      for (const window of sockets.clients) window.close(closeCodes.stopping, 'Gatehouse was stopped')
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      server.closeIdleConnections()
      setTimeout(() => { for (const window of sockets.clients) window.terminate(); server.closeAllConnections() }, 500).unref()
      await promise
    },
  }
}

async function listen(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'EADDRINUSE'
    ? new GatehouseError('port_taken', `port ${port} on 127.0.0.1 is taken; choose another`, { side: 'client', cause: error })
    : new GatehouseError('not_permitted', `cannot listen on 127.0.0.1:${port} (${error.code})`, { side: 'client', cause: error })))
  server.listen(port, '127.0.0.1', resolve)
  await promise
  return (server.address() as AddressInfo).port
}

/** Files over GET and HEAD; nothing else, and nothing that changes anything. Pages of the app share one document. */
function serveFile(request: IncomingMessage, response: ServerResponse, files: ReadonlyMap<string, string>): void {
  const isHead = request.method === 'HEAD'
  if (request.method !== 'GET' && !isHead) return answer(response, 405, 'Only files are served here, over GET.')
  const path = (request.url ?? '/').split('?', 1)[0]!
  const isPage = !/\.\w+$/.test(path)
  const file = files.get(path) ?? (isPage ? files.get('/index.html') : undefined)
  if (file !== undefined) return sendFile(response, file, isHead)
  if (isPage) return answer(response, 503, 'The app is not built yet: run `npm run build`, then start Gatehouse again.')
  answer(response, 404, 'There is no such file.')
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', connection: 'close' })
  response.end(`${text}\n`)
}
