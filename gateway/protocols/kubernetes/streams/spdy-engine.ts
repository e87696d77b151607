// Streams over SPDY/3.1. Data frames pass as they are where nothing is masked; frames with headers are written anew from what was judged,
// for a stream that is refused here must not put the other side's compression out of step.
import { spdyHeadersPerSecondMax, streamsOpenMax } from '../../../limits-kubernetes.ts'
import { failureStatus, isChannel, type Channel } from '../codec/channels.ts'
import { dataFrameOf, dataHead, goawayFrame, goaways, resetFrame, resets, SpdyHeaderWriter, SpdyParser, type SpdyFrame } from '../codec/spdy.ts'
import type { SpdyHeaders } from '../codec/spdy-headers.ts'
import type { Flow, Send } from './flow.ts'
import { ForwardFlows, forwardHeadersOf, readForwardHeaders, type ForwardHeaders } from './forward-flows.ts'
import { TerminalFlows } from './terminal-flows.ts'
import { StreamViolation, type RelayOptions, type StreamEngine, type Wires } from './types.ts'

type SynStream = Extract<SpdyFrame, { kind: 'syn-stream' }>
type DataFrame = Extract<SpdyFrame, { kind: 'data' }>

interface Stream {
  readonly id: number
  readonly role: Channel | 'data'
  readonly flow: Flow
  /** Answered here, and unknown to the upstream. */
  readonly isRefused: boolean
  isReplied: boolean
  isClientDone: boolean
  isUpstreamDone: boolean
}

const noHeaders: SpdyHeaders = new Map()

/** Throws at more frames with headers in a second than a limit: each costs the loop what a megabyte of data does. */
function paced(who: string): () => void {
  let [second, count] = [0, 0]
  return () => {
    const now = Math.floor(performance.now() / 1_000)
    count = now === second ? count + 1 : 1
    second = now
    if (count > spdyHeadersPerSecondMax) throw new StreamViolation(`the ${who} sent more than ${spdyHeadersPerSecondMax} frames with headers in a second (spdyHeadersPerSecondMax)`)
  }
}

export class SpdyEngine implements StreamEngine {
  readonly #options: RelayOptions
  readonly #wires: Wires
  readonly #fromClient = new SpdyParser(paced('client'))
  readonly #fromUpstream = new SpdyParser(paced('target'))
  readonly #toClient = new SpdyHeaderWriter()
  readonly #toUpstream = new SpdyHeaderWriter()
  readonly #streams = new Map<number, Stream>()
  readonly #terminal: TerminalFlows
  readonly #forward: ForwardFlows
  #lastStream = 0
  #isTold = false

  constructor(options: RelayOptions, wires: Wires) {
    this.#options = options
    this.#wires = wires
    this.#terminal = new TerminalFlows({ ...options, fail: wires.fail })
    this.#forward = new ForwardFlows(options.observe, options.clientScanner)
  }

  fromClient(chunk: Buffer): void {
    for (const frame of this.#fromClient.push(chunk)) this.#clientFrame(frame)
  }

  fromUpstream(chunk: Buffer): void {
    for (const frame of this.#fromUpstream.push(chunk)) this.#upstreamFrame(frame)
  }

  flush(): void {
    for (const { flow } of this.#streams.values()) flow.flush()
  }

  tell(reason: string): void {
    if (this.#isTold) return
    this.flush()
    this.#isTold = true
    const text = this.#options.use === 'portforward' ? reason : failureStatus(reason, 'Forbidden', 403)
    for (const stream of this.#streams.values()) this.#tellOn(stream, Buffer.from(text, 'utf8'))
    this.#wires.toClient(goawayFrame(this.#lastStream, goaways.ok))
  }

  dispose(): void {
    this.#isTold = true
    for (const { flow } of this.#streams.values()) flow.end()
    this.#streams.clear()
  }

  #tellOn(stream: Stream, text: Buffer): void {
    if (stream.isUpstreamDone) return
    this.#reply(stream)
    if (stream.role === 'error') this.#wires.toClient(dataFrameOf(stream.id, text, true))
    else this.#wires.toClient(dataHead(stream.id, 0, true))
  }

  #reply(stream: Stream): void {
    if (stream.isReplied) return
    stream.isReplied = true
    this.#wires.toClient(this.#toClient.reply(stream.id, noHeaders))
  }

  // What the client sends.

  #clientFrame(frame: SpdyFrame): void {
    switch (frame.kind) {
      case 'syn-stream': return this.#open(frame)
      case 'syn-reply': throw new StreamViolation('the client answered a stream that nobody opened')
      case 'data': return this.#clientData(frame)
      case 'headers': return this.#clientHeaders(frame)
      case 'rst-stream': return this.#clientReset(frame.stream, frame.raw)
      case 'window-update':
        if (frame.stream === 0 || this.#passing(frame.stream) !== null) this.#wires.toUpstream(frame.raw)
        return
      case 'settings': case 'ping': case 'goaway': return this.#wires.toUpstream(frame.raw)
    }
  }

  #open(frame: SynStream): void {
    if (frame.stream % 2 === 0 || frame.stream <= this.#lastStream) throw new StreamViolation(`the client opened stream ${frame.stream} after stream ${this.#lastStream}`)
    this.#lastStream = frame.stream
    // Nobody sends these; what they would mean to the target is not known here.
    if (frame.isUnidirectional || frame.associated !== 0) return this.#reset(frame.stream)
    if (this.#streams.size >= streamsOpenMax) return this.#reset(frame.stream)
    if (this.#options.use === 'portforward') this.#openForward(frame)
    else this.#openTerminal(frame)
  }

  #reset(stream: number): void {
    this.#wires.toClient(resetFrame(stream, resets.refused))
  }

  #openTerminal(frame: SynStream): void {
    const channel = frame.headers.get('streamtype') ?? ''
    const { tty, stdin } = this.#options
    const isTaken = [...this.#streams.values()].some(({ role }) => role === channel)
    if (!isChannel(channel) || isTaken || (channel === 'stdin' && !stdin) || (channel === 'resize' && !tty)) return this.#reset(frame.stream)
    const flow = this.#terminal.open(channel, this.#sendOn(frame.stream))
    this.#add(frame, { role: channel, flow, isRefused: false })
    this.#wires.toUpstream(this.#toUpstream.synStream(frame.stream, new Map([['streamtype', channel]]), frame.isLast, frame.priority))
  }

  #openForward(frame: SynStream): void {
    const headers = readForwardHeaders(frame.headers)
    if (headers === null) return this.#reset(frame.stream)
    const objection = this.#options.objectionToPort(headers.port)
    const flow = this.#forward.open(headers, objection !== null, this.#sendOn(frame.stream))
    if (flow === null) return this.#reset(frame.stream)
    const stream = this.#add(frame, { role: headers.type, flow, isRefused: objection !== null })
    if (objection !== null) return this.#refuse(stream, headers, objection)
    this.#wires.toUpstream(this.#toUpstream.synStream(frame.stream, forwardHeadersOf(headers), frame.isLast, frame.priority))
  }

  #add({ stream: id, isLast }: SynStream, { role, flow, isRefused }: Pick<Stream, 'role' | 'flow' | 'isRefused'>): Stream {
    const stream = { id, role, flow, isRefused, isReplied: false, isClientDone: isLast, isUpstreamDone: false }
    this.#streams.set(id, stream)
    return stream
  }

  /** Taken, so that kubectl reads the reason from its error stream; a reset would tell it nothing. */
  #refuse(stream: Stream, { port }: ForwardHeaders, objection: string): void {
    this.#tellOn(stream, Buffer.from(`port ${port} was not forwarded: ${objection}`, 'utf8'))
    this.#upstreamDone(stream)
  }

  #clientData(frame: DataFrame): void {
    const stream = this.#known(frame.stream, 'client')
    // Behind its end or ours: the other side has forgotten the stream.
    if (stream === null || stream.isClientDone) return
    if (!stream.isRefused && stream.flow.fromClient(frame.data) === 'pass') this.#wires.toUpstream(frame.raw)
    if (frame.isLast) this.#clientDone(stream)
  }

  #clientHeaders(frame: Extract<SpdyFrame, { kind: 'syn-reply' | 'headers' }>): void {
    const stream = this.#known(frame.stream, 'client')
    if (stream === null || stream.isClientDone) return
    // No client of Kubernetes adds headers to a stream, and the target would read them past what was judged.
    if (!frame.isLast) return
    if (!stream.isRefused) this.#wires.toUpstream(dataHead(stream.id, 0, true))
    this.#clientDone(stream)
  }

  #clientReset(id: number, raw: Buffer): void {
    const stream = this.#known(id, 'client')
    if (stream === null) return
    if (!stream.isRefused) this.#wires.toUpstream(raw)
    this.#remove(stream)
  }

  #clientDone(stream: Stream): void {
    stream.isClientDone = true
    if (stream.isUpstreamDone) this.#remove(stream)
  }

  // What the upstream sends.

  #upstreamFrame(frame: SpdyFrame): void {
    switch (frame.kind) {
      case 'syn-stream': throw new StreamViolation('the target opened a stream, which only the client does')
      case 'data': return this.#upstreamData(frame)
      case 'syn-reply': case 'headers': return this.#upstreamHeaders(frame)
      case 'rst-stream': return this.#upstreamReset(frame.stream, frame.raw)
      case 'goaway':
        this.flush()
        return this.#wires.toClient(frame.raw)
      case 'window-update':
        if (frame.stream === 0 || this.#passing(frame.stream) !== null) this.#wires.toClient(frame.raw)
        return
      case 'settings': case 'ping': return this.#wires.toClient(frame.raw)
    }
  }

  #upstreamData(frame: DataFrame): void {
    const stream = this.#known(frame.stream, 'target')
    if (stream === null || stream.isRefused || stream.isUpstreamDone) return
    const onward = stream.flow.fromUpstream(frame.data)
    if (frame.isLast) stream.flow.flush()
    if (onward === 'pass') this.#wires.toClient(frame.raw)
    else if (frame.isLast) this.#wires.toClient(dataHead(stream.id, 0, true))
    if (frame.isLast) this.#upstreamDone(stream)
  }

  #upstreamHeaders(frame: Extract<SpdyFrame, { kind: 'syn-reply' | 'headers' }>): void {
    const stream = this.#known(frame.stream, 'target')
    if (stream === null || stream.isRefused || stream.isUpstreamDone) return
    if (frame.isLast) stream.flow.flush()
    if (frame.kind === 'syn-reply' && !stream.isReplied) {
      stream.isReplied = true
      this.#wires.toClient(this.#toClient.reply(stream.id, noHeaders, frame.isLast))
    } else if (frame.isLast) this.#wires.toClient(dataHead(stream.id, 0, true))
    if (frame.isLast) this.#upstreamDone(stream)
  }

  #upstreamReset(id: number, raw: Buffer): void {
    const stream = this.#known(id, 'target')
    if (stream === null || stream.isRefused) return
    stream.flow.flush()
    this.#wires.toClient(raw)
    this.#remove(stream)
  }

  #upstreamDone(stream: Stream): void {
    stream.isUpstreamDone = true
    if (stream.isClientDone) this.#remove(stream)
  }

  // Both.

  /** Null: it was, and is over. */
  #known(id: number, who: 'client' | 'target'): Stream | null {
    const stream = this.#streams.get(id)
    if (stream !== undefined) return stream
    if (id % 2 === 0 || id > this.#lastStream) throw new StreamViolation(`the ${who} spoke of stream ${id}, which nobody opened`)
    return null
  }

  #passing(id: number): Stream | null {
    const stream = this.#streams.get(id)
    return stream === undefined || stream.isRefused ? null : stream
  }

  #remove(stream: Stream): void {
    stream.flow.end()
    this.#streams.delete(stream.id)
  }

  #sendOn(id: number): Send {
    return (data) => {
      const stream = this.#streams.get(id)
      if (this.#isTold || stream === undefined || stream.isUpstreamDone) return
      this.#wires.toClient(dataFrameOf(id, data, false))
    }
  }
}
