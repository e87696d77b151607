// SPDY/3.1 in the binary messages of a WebSocket, as port-forward has it since Kubernetes 1.30: a frame of SPDY begins and ends where it
// likes. https://github.com/kubernetes/client-go/blob/master/tools/portforward/tunneling_connection.go
import { closeCodes, closeFrame, messageOf, payloadOf, WebSocketParser, type WebSocketFrame } from '../codec/websocket.ts'
import { SpdyEngine } from './spdy-engine.ts'
import { StreamViolation, type RelayOptions, type StreamEngine, type Wires } from './types.ts'

export class TunnelEngine implements StreamEngine {
  readonly #wires: Wires
  readonly #parsers = { client: new WebSocketParser('client'), target: new WebSocketParser('server') }
  readonly #spdy: SpdyEngine
  /** The client has its close frame; nothing may follow it (RFC 6455 5.5.1). */
  #isClosed = false

  constructor(options: RelayOptions, wires: Wires) {
    this.#wires = wires
    this.#spdy = new SpdyEngine(options, {
      ...wires,
      toClient: (bytes) => { if (!this.#isClosed) wires.toClient(messageOf('server', 'binary', bytes)) },
      toUpstream: (bytes) => wires.toUpstream(messageOf('client', 'binary', bytes)),
    })
  }

  fromClient(chunk: Buffer): void {
    for (const frame of this.#parsers.client.push(chunk)) {
      if (isData(frame, 'client')) this.#spdy.fromClient(payloadOf(frame))
      else this.#wires.toUpstream(frame.raw)
    }
  }

  fromUpstream(chunk: Buffer): void {
    for (const frame of this.#parsers.target.push(chunk)) {
      if (isData(frame, 'target')) {
        this.#spdy.fromUpstream(payloadOf(frame))
        continue
      }
      if (frame.kind === 'close') this.#spdy.flush()
      this.#wires.toClient(frame.raw)
      if (frame.kind === 'close') this.#isClosed = true
    }
  }

  flush(): void {
    this.#spdy.flush()
  }

  tell(reason: string): void {
    if (this.#isClosed) return
    this.#spdy.tell(reason)
    this.#isClosed = true
    this.#wires.toClient(closeFrame('server', closeCodes.normal, reason))
  }

  dispose(): void {
    this.#spdy.dispose()
  }
}

/** Control frames pass between whole messages of ours. */
function isData({ kind }: WebSocketFrame, sender: string): boolean {
  if (kind === 'text') throw new StreamViolation(`the ${sender} sent text; the tunnel is binary`)
  return kind === 'binary' || kind === 'continuation'
}
