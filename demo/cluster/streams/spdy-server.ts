// The server's side of SPDY/3.1: takes every stream the client opens, and gives each as a reader and a writer.
import type { Readable, Writable } from 'node:stream'
import { dataFrameOf, dataHead, goawayFrame, goaways, SpdyHeaderWriter, SpdyParser, type SpdyFrame } from '../../../gateway/protocols/kubernetes/codec/spdy.ts'
import type { SpdyHeaders } from '../../../gateway/protocols/kubernetes/codec/spdy-headers.ts'
import { give, inputOf, outputOf, type Link } from './link.ts'

export interface ServerStream { readonly id: number; readonly headers: SpdyHeaders; readonly input: Readable; readonly output: Writable }

export class SpdyServer {
  readonly #link: Link
  readonly #onStream: (stream: ServerStream) => void
  readonly #parser = new SpdyParser()
  readonly #writer = new SpdyHeaderWriter()
  readonly #streams = new Map<number, ServerStream>()
  #last = 0

  constructor(link: Link, onStream: (stream: ServerStream) => void) {
    this.#link = link
    this.#onStream = onStream
  }

  /** Throws FrameError for what is no SPDY. */
  push(chunk: Buffer): void {
    for (const frame of this.#parser.push(chunk)) this.#frame(frame)
  }

  goaway(done: () => void): void {
    this.#link.send(goawayFrame(this.#last, goaways.ok), done)
  }

  /** The client is gone. */
  end(): void {
    for (const { input } of this.#streams.values()) input.push(null)
    this.#streams.clear()
  }

  #frame(frame: SpdyFrame): void {
    if (frame.kind === 'ping') return this.#link.send(frame.raw)
    if (frame.kind === 'syn-stream') return this.#open(frame.stream, frame.headers, frame.isLast)
    const stream = 'stream' in frame ? this.#streams.get(frame.stream) : undefined
    if (stream === undefined) return
    if (frame.kind === 'data') give(stream.input, frame.data, this.#link)
    const isOver = frame.kind === 'rst-stream' || (frame.kind === 'data' && frame.isLast)
    if (!isOver) return
    stream.input.push(null)
    this.#streams.delete(stream.id)
  }

  #open(id: number, headers: SpdyHeaders, isLast: boolean): void {
    this.#last = id
    const input = inputOf(this.#link)
    const output = outputOf((data, done) => this.#link.send(dataFrameOf(id, data, false), done), () => this.#link.send(dataHead(id, 0, true)))
    const stream = { id, headers, input, output }
    if (isLast) input.push(null)
    else this.#streams.set(id, stream)
    this.#link.send(this.#writer.reply(id, new Map()))
    this.#onStream(stream)
  }
}
