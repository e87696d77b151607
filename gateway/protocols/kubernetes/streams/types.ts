// What the streams of exec, attach and port-forward ask of their session, and what they tell it.
import type { Duplex } from 'node:stream'
import type { Scanner } from '../../../masking/scanner.ts'
import type { ExitStatus, StreamUseName, WindowSize } from '../codec/channels.ts'

/** One connection through a port-forward, at its end. */
export interface ForwardedConnection {
  readonly port: number
  /** Not let through; then it has no bytes. */
  readonly isRefused: boolean
  /** From the client; to it. */
  readonly bytesIn: number
  readonly bytesOut: number
  readonly ms: number
}

/** Told in the order things happen. A throw ends the streams: what cannot be recorded does not go on. */
export interface StreamObserver {
  /** What the client sent to stdin, masked for the record; bytes that may begin a finding come late. False: no more of it is wanted. */
  input(bytes: Buffer): boolean
  /** What came out, masked for the record. False: no more of it is wanted, of either channel. */
  output(channel: 'stdout' | 'stderr', bytes: Buffer): boolean
  resize(size: WindowSize): void
  /** Once, of exec and attach that end by themselves; the message is masked for the record. */
  exit(status: ExitStatus): void
  /** Data that passed, whatever is recorded of it; `port` of port-forward. */
  bytes(direction: 'in' | 'out', port: number | null, count: number): void
  forwarded(connection: ForwardedConnection): void
}

export interface RelayOptions {
  /** Both upgraded, to the same protocol, and nobody else reads or writes them any more. */
  readonly client: Duplex
  readonly upstream: Duplex
  /** What either sent behind the head of its upgrade. */
  readonly clientHead?: Buffer
  readonly upstreamHead?: Buffer
  readonly protocol: 'spdy' | 'websocket'
  /** As the upstream chose it. Throws GatehouseError protocol_violation for one that the relay does not read. */
  readonly subprotocol: string
  readonly use: StreamUseName
  readonly tty: boolean
  /** The request asked for stdin; without, a stdin stream is refused. */
  readonly stdin: boolean
  readonly observe: StreamObserver
  /** Null: nothing is masked, and frames pass as they are. */
  readonly clientScanner: Scanner | null
  readonly recordScanner: Scanner | null
  /** Output that masked bytes would damage unnoticed (`kubectl cp` is a tar on stdout): a finding ends the streams with a reason. */
  readonly isExact?: boolean
  /** Asked of every stream of a port-forward before it goes on: null, or why that port may not be forwarded. */
  readonly objectionToPort: (port: number) => string | null
}

export interface Relay {
  /** Resolves when both sockets are closed, with why; never rejects. All is observed by then. */
  readonly ended: Promise<string>
  /** The client gets a Status failure with the reason on its error stream, then the sockets end: within streamCloseMs. */
  close(reason: string): void
}

/** What passes on streams of one framing. `from…` throw StreamViolation or FrameError; then `tell` and no more. */
export interface StreamEngine {
  fromClient(chunk: Buffer): void
  fromUpstream(chunk: Buffer): void
  /** The upstream is at its end: what was held back goes to the client. */
  flush(): void
  /** The last words to the client. */
  tell(reason: string): void
  /** Nothing comes any more: what the record still waits for is observed. */
  dispose(): void
}

export interface Wires {
  readonly toClient: (bytes: Buffer) => void
  readonly toUpstream: (bytes: Buffer) => void
  /** Ends the streams, from a timer too; nothing passes after it. */
  readonly fail: (reason: string) => void
}

/** A frame is well-formed, and its sender may not send it. */
export class StreamViolation extends Error {
  override readonly name = 'StreamViolation'
}
