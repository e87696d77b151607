// The streams of exec and attach: stdin and sizes go up and are observed, output comes down through the detectors, and the error stream
// says how it ended. Data in a direction its stream does not have ends the session: it would pass unseen.
import { cleanText, type Scanner } from '../../../masking/scanner.ts'
import { recordHeldMs, streamHeldMs, streamMessageBytesMax, terminalHeldMs } from '../../../limits-kubernetes.ts'
import { readStatus, ResizeReader, type Channel, type ExitStatus } from '../codec/channels.ts'
import type { Flow, Send } from './flow.ts'
import { HeldStream } from './held-stream.ts'
import { StreamViolation, type StreamObserver } from './types.ts'

export interface TerminalOptions {
  readonly tty: boolean
  readonly observe: StreamObserver
  readonly clientScanner: Scanner | null
  readonly recordScanner: Scanner | null
  readonly isExact?: boolean
  /** Ends the streams. */
  readonly fail: (reason: string) => void
}

export class TerminalFlows {
  readonly #options: TerminalOptions
  readonly #flows: Flow[] = []

  constructor(options: TerminalOptions) {
    this.#options = options
  }

  open(channel: Channel, send: Send): Flow {
    const flow = this.#make(channel, send)
    this.#flows.push(flow)
    return flow
  }

  /** Of all of them. */
  flush(): void {
    for (const flow of this.#flows) flow.flush()
  }

  end(): void {
    for (const flow of this.#flows) flow.end()
  }

  #make(channel: Channel, send: Send): Flow {
    switch (channel) {
      case 'stdin': return inputFlow(this.#options)
      case 'resize': return resizeFlow(this.#options.observe)
      case 'error': return errorFlow(this.#options, send, () => this.flush())
      case 'stdout': case 'stderr': return outputFlow(this.#options, channel, send)
    }
  }
}

const exactReason = 'the copy was ended: the files hold what policy masks, and masks would damage them; copy others, or ask for an exemption'

const upOnly = (channel: Channel) => (data: Buffer) => {
  if (data.length > 0) throw new StreamViolation(`the target sent data on ${channel}, which only the client writes`)
  return 'pass' as const
}

const downOnly = (channel: Channel) => (data: Buffer) => {
  if (data.length > 0) throw new StreamViolation(`the client sent data on ${channel}, which only the target writes`)
  return 'pass' as const
}

function inputFlow({ observe, recordScanner }: TerminalOptions): Flow {
  const recorded = new RecordedStream(recordScanner, (bytes) => observe.input(bytes))
  return {
    fromClient(data) {
      observe.bytes('in', null, data.length)
      recorded.push(data)
      return 'pass'
    },
    fromUpstream: upOnly('stdin'),
    flush() {},
    end: () => recorded.flush(),
  }
}

function resizeFlow(observe: StreamObserver): Flow {
  const reader = new ResizeReader()
  return {
    fromClient(data) {
      for (const size of reader.push(data)) observe.resize(size)
      return 'pass'
    },
    fromUpstream: upOnly('resize'),
    flush() {},
    end() {},
  }
}

function outputFlow({ observe, clientScanner, recordScanner, tty, isExact = false, fail }: TerminalOptions, channel: 'stdout' | 'stderr', send: Send): Flow {
  const recorded = new RecordedStream(recordScanner, (bytes) => observe.output(channel, bytes))
  const onFinding = isExact && channel === 'stdout' ? () => fail(exactReason) : undefined
  const held = clientScanner === null ? null : new HeldStream({ scanner: clientScanner, heldMs: tty ? terminalHeldMs : streamHeldMs, emit: send, onFinding })
  return {
    fromClient: downOnly(channel),
    fromUpstream(data) {
      observe.bytes('out', null, data.length)
      recorded.push(data)
      // An empty message says that the container runs.
      if (held === null || data.length === 0) return 'pass'
      held.push(data)
      return 'held'
    },
    flush: () => held?.flush(),
    end() {
      held?.flush()
      recorded.flush()
    },
  }
}

function errorFlow({ observe, clientScanner, recordScanner }: TerminalOptions, send: Send, flushOthers: () => void): Flow {
  const held = clientScanner === null ? null : new HeldStream({ scanner: clientScanner, heldMs: streamHeldMs, emit: send })
  let text: Buffer | null = Buffer.alloc(0)
  const told = ({ code, message }: ExitStatus) => {
    text = null
    observe.exit({ code, message: recordScanner === null ? message : cleanText(recordScanner, message) })
  }
  /** True with the last byte of a status. */
  const read = (data: Buffer): boolean => {
    if (text === null) return false
    text = Buffer.concat([text, data])
    if (text.length > streamMessageBytesMax) throw new StreamViolation(`the target's status has more than ${streamMessageBytesMax} bytes`)
    const status = readStatus(text)
    if (status !== null) told(status)
    return status !== null
  }
  return {
    fromClient: downOnly('error'),
    fromUpstream(data) {
      // What the command wrote comes before how it ended.
      if (data.length > 0) flushOthers()
      const isWhole = read(data)
      if (held === null || data.length === 0) return 'pass'
      held.push(data)
      if (isWhole) held.flush()
      return 'held'
    },
    flush: () => held?.flush(),
    end() {
      held?.flush()
      if (text !== null && text.length > 0) told({ code: null, message: text.toString('utf8') })
    },
  }
}

/** What goes into the record: through the detectors, held back for longer, and not at all once it is not wanted. */
class RecordedStream {
  readonly #held: HeldStream | null
  readonly #emit: (bytes: Buffer) => void
  #isWanted = true

  constructor(scanner: Scanner | null, observe: (bytes: Buffer) => boolean) {
    this.#emit = (bytes) => {
      if (this.#isWanted) this.#isWanted = observe(bytes)
    }
    this.#held = scanner === null ? null : new HeldStream({ scanner, heldMs: recordHeldMs, emit: this.#emit })
  }

  push(bytes: Buffer): void {
    if (!this.#isWanted || bytes.length === 0) return
    if (this.#held === null) this.#emit(bytes)
    else this.#held.push(bytes)
  }

  flush(): void {
    this.#held?.flush()
  }
}
