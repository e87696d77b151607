// For tests: a relay between two peers in memory, each of which says what bytes it likes and reads what comes as frames.
import { duplexPair, type Duplex } from 'node:stream'
import type { StreamUseName } from '../../codec/channels.ts'
import { SpdyHeaderWriter, SpdyParser, type SpdyFrame } from '../../codec/spdy.ts'
import { payloadOf, WebSocketParser, type WebSocketFrame } from '../../codec/websocket.ts'
import { relayStreams } from '../relay.ts'
import type { Relay, RelayOptions } from '../types.ts'
import { observed, type Observed } from './observed.ts'

export interface Peers {
  readonly relay: Relay
  readonly observe: Observed
  readonly client: Peer
  readonly upstream: Peer
}

export interface Peer {
  readonly socket: Duplex
  readonly writer: SpdyHeaderWriter
  /** All bytes that came. */
  bytes(): Buffer
  send(...bytes: readonly Buffer[]): void
  spdy(): SpdyFrame[]
  webSocket(): WebSocketFrame[]
}

export type PeersOptions = Partial<Omit<RelayOptions, 'client' | 'upstream' | 'observe'>> & { readonly use?: StreamUseName; readonly observe?: Partial<RelayOptions['observe']> }

/** Exec over SPDY with a terminal, unless told otherwise. */
export function peers(options: PeersOptions = {}): Peers {
  const [clientSide, client] = duplexPair()
  const [upstreamSide, upstream] = duplexPair()
  const observe = observed()
  const relay = relayStreams({
    protocol: 'spdy', subprotocol: 'v4.channel.k8s.io', use: 'exec', tty: true, stdin: true, clientScanner: null, recordScanner: null,
    objectionToPort: () => null, ...options, client, upstream, observe: { ...observe, ...options.observe },
  })
  return { relay, observe, client: peer(clientSide, 'server'), upstream: peer(upstreamSide, 'client') }
}

export const webSocketPeers = (options: PeersOptions = {}) => peers({ protocol: 'websocket', subprotocol: 'v5.channel.k8s.io', ...options })
export const forwardPeers = (options: PeersOptions = {}) => peers({ use: 'portforward', subprotocol: 'portforward.k8s.io', ...options })

function peer(socket: Duplex, otherRole: 'client' | 'server'): Peer {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined).on('end', () => socket.end())
  const bytes = () => Buffer.concat(chunks)
  return {
    socket, bytes, writer: new SpdyHeaderWriter(),
    send: (...parts) => void socket.write(Buffer.concat(parts)),
    spdy: () => new SpdyParser().push(bytes()),
    webSocket: () => new WebSocketParser(otherRole).push(bytes()),
  }
}

/** What came on a stream or channel, joined. */
export const dataOn = (frames: readonly SpdyFrame[], stream: number): string => Buffer.concat(frames.flatMap((frame) => (frame.kind === 'data' && frame.stream === stream ? [frame.data] : []))).toString('latin1')

export function channelText(frames: readonly WebSocketFrame[], channel: number): string {
  const parts: Buffer[] = []
  let isOn = false
  for (const frame of frames) {
    if (frame.kind !== 'binary' && frame.kind !== 'continuation') continue
    const payload = payloadOf(frame)
    if (frame.kind === 'binary') isOn = payload[0] === channel
    if (isOn) parts.push(frame.kind === 'binary' ? payload.subarray(1) : payload)
  }
  return Buffer.concat(parts).toString('latin1')
}

/** Long enough for what is on its way, and shorter than any pause of the relay. */
export const settled = (ms = 5): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
