// Streams over WebSocket, v4 and v5: the first byte of a message is its channel. Messages may come in pieces, and pass in pieces where
// nothing is masked. https://github.com/kubernetes/apimachinery/blob/master/pkg/util/remotecommand/constants.go
import { closeChannel, channelNumbers, channelOf, failureStatus, subprotocols, type Channel } from '../codec/channels.ts'
import { closeCodes, closeFrame, firstByte, messageOf, payloadBytes, payloadOf, WebSocketParser, type WebSocketFrame } from '../codec/websocket.ts'
import type { Flow, Onward } from './flow.ts'
import { TerminalFlows } from './terminal-flows.ts'
import { StreamViolation, type RelayOptions, type StreamEngine, type Wires } from './types.ts'

type Sender = 'client' | 'target'

/** Where the pieces of a message that has begun belong; `ends` is a v5 close, whose payload is a channel. */
type Current = { readonly kind: 'none' } | { readonly kind: 'data'; readonly channel: Channel } | { readonly kind: 'ends' }

const none: Current = { kind: 'none' }
const written = { client: ['stdin', 'resize'], target: ['stdout', 'stderr', 'error'] } as const satisfies Record<Sender, readonly Channel[]>

export class ChannelEngine implements StreamEngine {
  readonly #options: RelayOptions
  readonly #wires: Wires
  readonly #parsers = { client: new WebSocketParser('client'), target: new WebSocketParser('server') }
  readonly #current: Record<Sender, Current> = { client: none, target: none }
  readonly #terminal: TerminalFlows
  readonly #flows: Readonly<Record<Channel, Flow>>
  /** Channels the client has closed (v5). */
  readonly #closed = new Set<Channel>()
  /** A message of the target is half with the client: only control frames may come between. */
  #isInMessage = false
  #hasStatus = false
  #isTold = false

  constructor(options: RelayOptions, wires: Wires) {
    this.#options = options
    this.#wires = wires
    const terminal = this.#terminal = new TerminalFlows({ ...options, fail: wires.fail })
    const open = (channel: Channel) => terminal.open(channel, (data) => this.#send(channel, data))
    this.#flows = { stdin: open('stdin'), stdout: open('stdout'), stderr: open('stderr'), error: open('error'), resize: open('resize') }
  }

  fromClient(chunk: Buffer): void {
    for (const frame of this.#parsers.client.push(chunk)) {
      if (this.#next('client', frame) === 'pass') this.#wires.toUpstream(frame.raw)
    }
  }

  fromUpstream(chunk: Buffer): void {
    for (const frame of this.#parsers.target.push(chunk)) {
      if (frame.kind === 'close') this.flush()
      if (this.#next('target', frame) === 'pass') this.#passDown(frame)
    }
  }

  flush(): void {
    this.#terminal.flush()
  }

  tell(reason: string): void {
    if (this.#isTold) return
    this.flush()
    this.#isTold = true
    if (!this.#isInMessage && !this.#hasStatus) {
      this.#wires.toClient(messageOf('server', 'binary', Buffer.from([channelNumbers.error]), Buffer.from(failureStatus(reason, 'Forbidden', 403), 'utf8')))
    }
    this.#wires.toClient(closeFrame('server', closeCodes.normal, reason))
  }

  dispose(): void {
    this.#isTold = true
    this.#terminal.end()
  }

  #next(sender: Sender, frame: WebSocketFrame): Onward {
    if (frame.kind === 'close' || frame.kind === 'ping' || frame.kind === 'pong') return 'pass'
    if (frame.kind === 'text') throw new StreamViolation(`the ${sender} sent text; ${this.#options.subprotocol} is binary`)
    const isStart = frame.kind === 'binary'
    const current = isStart ? this.#begin(sender, frame) : this.#current[sender]
    this.#current[sender] = frame.isLast ? none : current
    if (current.kind === 'ends') return this.#close(frame)
    // A whole message without a byte says nothing.
    if (current.kind === 'none') return 'pass'
    const data = payloadOf(frame, isStart ? 1 : 0)
    const flow = this.#flows[current.channel]
    if (sender === 'client') return flow.fromClient(data)
    this.#hasStatus ||= current.channel === 'error' && data.length > 0
    const onward = flow.fromUpstream(data)
    // Where messages are written anew, an empty piece that passed would leave one open around them.
    const isPiece = !isStart || !frame.isLast
    return isPiece && this.#options.clientScanner !== null ? 'held' : onward
  }

  #begin(sender: Sender, frame: WebSocketFrame): Current {
    const number = firstByte(frame)
    if (number === null) {
      if (frame.isLast) return none
      throw new StreamViolation(`the ${sender} began a message without its channel`)
    }
    if (number === closeChannel && sender === 'client' && this.#options.subprotocol === subprotocols.v5) return { kind: 'ends' }
    const channel = channelOf(number)
    if (channel === null || !(written[sender] as readonly Channel[]).includes(channel)) throw new StreamViolation(`the ${sender} sent data on channel ${number}, which it does not write`)
    if (this.#closed.has(channel)) throw new StreamViolation(`the ${sender} sent data on ${channel}, which it had closed`)
    if (channel === 'stdin' && !this.#options.stdin) throw new StreamViolation('the client sent data on stdin, which its request did not ask for')
    if (channel === 'resize' && !this.#options.tty) throw new StreamViolation('the client sent a size, and its request asked for no terminal')
    return { kind: 'data', channel }
  }

  /** [255, channel], whole. */
  #close(frame: WebSocketFrame): Onward {
    const channel = frame.kind === 'binary' && frame.isLast && payloadBytes(frame) === 2 ? channelOf(payloadOf(frame)[1]!) : null
    if (channel === null) throw new StreamViolation('the client closed no channel that there is')
    this.#closed.add(channel)
    return 'pass'
  }

  #passDown(frame: WebSocketFrame): void {
    if (frame.kind === 'binary' || frame.kind === 'continuation') this.#isInMessage = !frame.isLast
    this.#wires.toClient(frame.raw)
    // Nothing may follow it (RFC 6455 5.5.1).
    if (frame.kind === 'close') this.#isTold = true
  }

  #send(channel: Channel, data: Buffer): void {
    if (!this.#isTold) this.#wires.toClient(messageOf('server', 'binary', Buffer.from([channelNumbers[channel]]), data))
  }
}
