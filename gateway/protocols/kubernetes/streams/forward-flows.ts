// The streams of a port-forward: for each connection an error stream, which only the target writes, and a data stream, both with the port
// and a request number in their headers. Data passes as it is: what a protocol says behind a port is not read here (docs/masking).
// https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/cri/streaming/portforward/httpstream.go
import type { Scanner } from '../../../masking/scanner.ts'
import { streamHeldMs } from '../../../limits-kubernetes.ts'
import type { SpdyHeaders } from '../codec/spdy-headers.ts'
import type { Flow, Send } from './flow.ts'
import { HeldStream } from './held-stream.ts'
import { StreamViolation, type StreamObserver } from './types.ts'

export interface ForwardHeaders { readonly type: 'data' | 'error'; readonly port: number; readonly request: string }

/** Null: headers that no client of Kubernetes sends. Read strictly, for what is judged here is written anew for the target. */
export function readForwardHeaders(headers: SpdyHeaders): ForwardHeaders | null {
  const type = headers.get('streamtype')
  const port = headers.get('port') ?? ''
  const request = headers.get('requestid') ?? ''
  if ((type !== 'data' && type !== 'error') || !/^[1-9][0-9]{0,4}$/.test(port) || Number(port) > 65_535 || !/^[0-9]{1,10}$/.test(request)) return null
  return { type, port: Number(port), request }
}

export function forwardHeadersOf({ type, port, request }: ForwardHeaders): SpdyHeaders {
  return new Map([['streamtype', type], ['port', String(port)], ['requestid', request]])
}

interface Connection { readonly port: number; readonly startedAt: number; in: number; out: number; open: number; isRefused: boolean }

/** Counts the bytes of each connection, and says so when its streams have ended. */
export class ForwardFlows {
  readonly #observe: StreamObserver
  readonly #scanner: Scanner | null
  readonly #connections = new Map<string, Connection>()

  constructor(observe: StreamObserver, clientScanner: Scanner | null) {
    this.#observe = observe
    this.#scanner = clientScanner
  }

  /** Null: the two streams of one request must have one port, and there are no more than two. */
  open({ type, port, request }: ForwardHeaders, isRefused: boolean, send: Send): Flow | null {
    const known = this.#connections.get(request)
    if (known !== undefined && (known.port !== port || known.isRefused !== isRefused)) return null
    const connection = known ?? { port, startedAt: performance.now(), in: 0, out: 0, open: 0, isRefused }
    connection.open++
    this.#connections.set(request, connection)
    const end = () => this.#ended(request, connection)
    return type === 'data' ? dataFlow(connection, this.#observe, end) : forwardErrorFlow(this.#scanner, send, end)
  }

  #ended(request: string, connection: Connection): void {
    connection.open--
    if (connection.open > 0) return
    this.#connections.delete(request)
    const { port, isRefused, in: bytesIn, out: bytesOut, startedAt } = connection
    this.#observe.forwarded({ port, isRefused, bytesIn, bytesOut, ms: Math.round(performance.now() - startedAt) })
  }
}

function dataFlow(connection: Connection, observe: StreamObserver, end: () => void): Flow {
  const count = (direction: 'in' | 'out') => (data: Buffer) => {
    connection[direction] += data.length
    if (data.length > 0) observe.bytes(direction, connection.port, data.length)
    return 'pass' as const
  }
  return { fromClient: count('in'), fromUpstream: count('out'), flush() {}, end }
}

/** Why a port could not be reached; a target may quote anything there. */
function forwardErrorFlow(scanner: Scanner | null, send: Send, end: () => void): Flow {
  const held = scanner === null ? null : new HeldStream({ scanner, heldMs: streamHeldMs, emit: send })
  return {
    fromClient(data) {
      if (data.length > 0) throw new StreamViolation('the client sent data on an error stream, which only the target writes')
      return 'pass'
    },
    fromUpstream(data) {
      if (held === null || data.length === 0) return 'pass'
      held.push(data)
      return 'held'
    },
    flush: () => held?.flush(),
    end() {
      held?.flush()
      end()
    },
  }
}
