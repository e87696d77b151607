// Frames of SPDY/3.1 as Kubernetes speaks it (moby/spdystream): what a stream of bytes holds, and the bytes of a frame. No sockets.
// Flow control frames are read and passed on, and bind nobody: neither side of Kubernetes keeps a window.
// https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/#TOC-2.2-Framing
//
//   control = 1 bit 1, version 15 bits (3), type u16, flags u8, length u24, payload
//   data    = 1 bit 0, stream 31 bits, flags u8, length u24, payload
import { spdyControlBytesMax, streamFrameBytesMax } from '../../../limits-kubernetes.ts'
import { FrameError } from './frame-error.ts'
import { HeaderDeflater, HeaderInflater, type SpdyHeaders } from './spdy-headers.ts'
import { Unread } from './unread.ts'

/** `raw`: the frame as it came. Where it has headers, those belong to its direction's compression: it cannot be passed on alone. */
export type SpdyFrame = { readonly raw: Buffer } & (
  | { readonly kind: 'data'; readonly stream: number; readonly isLast: boolean; readonly data: Buffer }
  | { readonly kind: 'syn-stream'; readonly stream: number; readonly associated: number; readonly priority: number; readonly isLast: boolean; readonly isUnidirectional: boolean; readonly headers: SpdyHeaders }
  | { readonly kind: 'syn-reply' | 'headers'; readonly stream: number; readonly isLast: boolean; readonly headers: SpdyHeaders }
  | { readonly kind: 'rst-stream'; readonly stream: number; readonly status: number }
  | { readonly kind: 'settings' }
  | { readonly kind: 'ping'; readonly id: number }
  | { readonly kind: 'goaway'; readonly lastStream: number; readonly status: number }
  | { readonly kind: 'window-update'; readonly stream: number; readonly delta: number }
)

type ControlKind = Exclude<SpdyFrame['kind'], 'data'>

const headBytes = 8
const version = 3
const fin = 0x01
const unidirectional = 0x02
/** `flags`: those the type may have. */
const controls = {
  1: { kind: 'syn-stream', flags: fin | unidirectional },
  2: { kind: 'syn-reply', flags: fin },
  3: { kind: 'rst-stream', flags: 0 },
  4: { kind: 'settings', flags: 0x01 },
  6: { kind: 'ping', flags: 0 },
  7: { kind: 'goaway', flags: 0 },
  8: { kind: 'headers', flags: fin },
  9: { kind: 'window-update', flags: 0 },
} as const satisfies Record<number, { readonly kind: ControlKind; readonly flags: number }>

const typeOf = new Map(Object.entries(controls).map(([type, { kind }]) => [kind, Number(type)]))

/** RST_STREAM (2.6.3). */
export const resets = { protocolError: 1, invalidStream: 2, refused: 3, cancel: 5, internalError: 6 } as const
/** GOAWAY (2.6.6). */
export const goaways = { ok: 0, protocolError: 1, internalError: 2 } as const

interface Head { readonly type: number; readonly flags: number; readonly raw: Buffer; readonly payload: Buffer }

/** One direction of a connection. */
export class SpdyParser {
  readonly #unread = new Unread()
  readonly #inflater = new HeaderInflater()
  readonly #beforeHeaders: () => void

  /** `beforeHeaders` may throw: inflating is the one step whose cost is out of proportion to its bytes. */
  constructor(beforeHeaders: () => void = () => undefined) {
    this.#beforeHeaders = beforeHeaders
  }

  /** The frames that are whole now. Throws FrameError for what SPDY does not allow; after that nothing can be read any more. */
  push(chunk: Buffer): SpdyFrame[] {
    this.#unread.push(chunk)
    const frames: SpdyFrame[] = []
    for (;;) {
      const head = this.#unread.peek(headBytes)
      if (head === null) return frames
      const raw = this.#unread.take(headBytes + lengthOf(head))
      if (raw === null) return frames
      frames.push((raw[0]! & 0x80) === 0 ? dataFrame(raw) : this.#control(raw))
    }
  }

  #control(raw: Buffer): SpdyFrame {
    const head = { type: raw.readUInt16BE(2), flags: raw[4]!, raw, payload: raw.subarray(headBytes) }
    const { kind, flags } = controls[head.type as keyof typeof controls]
    if ((head.flags & ~flags) !== 0) throw new FrameError(`a ${kind} frame has flags 0x${head.flags.toString(16)}`)
    if (kind !== 'syn-stream' && kind !== 'syn-reply' && kind !== 'headers') return plainFrame(kind, head)
    this.#beforeHeaders()
    return kind === 'syn-stream' ? this.#synStream(head) : this.#withHeaders(kind, head)
  }

  #synStream({ flags, raw, payload }: Head): SpdyFrame {
    if (payload.length < 10) throw new FrameError(`a syn-stream frame has ${payload.length} bytes`)
    return {
      kind: 'syn-stream', raw, stream: streamId(payload), associated: payload.readUInt32BE(4) & 0x7fffffff, priority: payload[8]! >> 5,
      isLast: (flags & fin) !== 0, isUnidirectional: (flags & unidirectional) !== 0, headers: this.#inflater.read(payload.subarray(10)),
    }
  }

  #withHeaders(kind: 'syn-reply' | 'headers', { flags, raw, payload }: Head): SpdyFrame {
    if (payload.length < 4) throw new FrameError(`a ${kind} frame has ${payload.length} bytes`)
    return { kind, raw, stream: streamId(payload), isLast: (flags & fin) !== 0, headers: this.#inflater.read(payload.subarray(4)) }
  }
}

/** The payload's length, once it is one that this kind of frame may have: refused before a byte of it is kept. */
function lengthOf(head: Buffer): number {
  const length = head.readUIntBE(5, 3)
  if ((head[0]! & 0x80) === 0) {
    if (length > streamFrameBytesMax) throw new FrameError(`a data frame has ${length} bytes; at most ${streamFrameBytesMax} are taken`)
    return length
  }
  const type = head.readUInt16BE(2)
  const spoken = head.readUInt16BE(0) & 0x7fff
  if (spoken !== version) throw new FrameError(`a control frame is of SPDY ${spoken}, not ${version}`)
  if (!Object.hasOwn(controls, type)) throw new FrameError(`control frame ${type} is not known`)
  if (length > spdyControlBytesMax) throw new FrameError(`a control frame has ${length} bytes; at most ${spdyControlBytesMax} are taken`)
  return length
}

function dataFrame(raw: Buffer): SpdyFrame {
  const flags = raw[4]!
  if ((flags & ~fin) !== 0) throw new FrameError(`a data frame has flags 0x${flags.toString(16)}`)
  return { kind: 'data', raw, stream: streamId(raw), isLast: flags === fin, data: raw.subarray(headBytes) }
}

function plainFrame(kind: Exclude<ControlKind, 'syn-stream' | 'syn-reply' | 'headers'>, { raw, payload }: Head): SpdyFrame {
  if (kind === 'settings') {
    if (payload.length < 4 || payload.length !== 4 + payload.readUInt32BE(0) * 8) throw new FrameError('a settings frame does not have the length of its settings')
    return { kind, raw }
  }
  const length = kind === 'ping' ? 4 : 8
  if (payload.length !== length) throw new FrameError(`a ${kind} frame has ${payload.length} bytes, not ${length}`)
  switch (kind) {
    case 'ping': return { kind, raw, id: payload.readUInt32BE(0) }
    case 'rst-stream': return { kind, raw, stream: streamId(payload), status: payload.readUInt32BE(4) }
    case 'goaway': return { kind, raw, lastStream: payload.readUInt32BE(0) & 0x7fffffff, status: payload.readUInt32BE(4) }
    // Stream 0 is the connection (3.1, 2.6.8).
    case 'window-update': return { kind, raw, stream: payload.readUInt32BE(0) & 0x7fffffff, delta: payload.readUInt32BE(4) & 0x7fffffff }
  }
}

function streamId(bytes: Buffer): number {
  const id = bytes.readUInt32BE(0)
  if (id === 0 || id > 0x7fffffff) throw new FrameError(`stream ${id} does not exist`)
  return id
}

/** A data frame's head, to be sent before its data. */
export function dataHead(stream: number, length: number, isLast: boolean): Buffer {
  const head = Buffer.allocUnsafe(headBytes)
  head.writeUInt32BE(stream)
  head.writeUInt32BE(length, 4)
  head[4] = isLast ? fin : 0
  return head
}

export function dataFrameOf(stream: number, data: Buffer, isLast: boolean): Buffer {
  return Buffer.concat([dataHead(stream, data.length, isLast), data])
}

export function resetFrame(stream: number, status: number): Buffer {
  return control('rst-stream', 0, words(stream, status))
}

export function goawayFrame(lastStream: number, status: number): Buffer {
  return control('goaway', 0, words(lastStream, status))
}

export function pingFrame(id: number): Buffer {
  return control('ping', 0, words(id))
}

/** Frames with headers, which one compression joins: one writer a direction, and every such frame of it. */
export class SpdyHeaderWriter {
  readonly #deflater = new HeaderDeflater()

  synStream(stream: number, headers: SpdyHeaders, isLast = false, priority = 0): Buffer {
    return control('syn-stream', isLast ? fin : 0, Buffer.concat([words(stream, 0), Buffer.from([priority << 5, 0]), this.#deflater.write(headers)]))
  }

  reply(stream: number, headers: SpdyHeaders, isLast = false): Buffer {
    return control('syn-reply', isLast ? fin : 0, Buffer.concat([words(stream), this.#deflater.write(headers)]))
  }

  headers(stream: number, headers: SpdyHeaders, isLast = false): Buffer {
    return control('headers', isLast ? fin : 0, Buffer.concat([words(stream), this.#deflater.write(headers)]))
  }
}

function control(kind: ControlKind, flags: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(headBytes)
  head.writeUInt16BE(0x8000 | version)
  head.writeUInt16BE(typeOf.get(kind)!, 2)
  head.writeUInt32BE(payload.length, 4)
  head[4] = flags
  return Buffer.concat([head, payload])
}

function words(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4)
  numbers.forEach((number, index) => bytes.writeUInt32BE(number, index * 4))
  return bytes
}
