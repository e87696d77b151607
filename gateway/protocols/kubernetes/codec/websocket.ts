// Frames of WebSocket (RFC 6455), of both roles, without extensions: what a stream of bytes holds, and the bytes of a frame. No sockets.
// Ours and not a library's because a relay passes on the very frame it has judged, and needs the bytes of both.
//
//   frame = fin 1 bit, reserved 3 bits (0), opcode 4 bits, masked 1 bit, length 7 bits (126: u16 follows, 127: u64), key u32 if masked, payload
import { randomFillSync } from 'node:crypto'
import { streamFrameBytesMax } from '../../../limits-kubernetes.ts'
import { FrameError } from './frame-error.ts'
import { Unread } from './unread.ts'

/** Who wrote the frames: a client masks every one, a server none (5.1). */
export type WebSocketRole = 'client' | 'server'

export type WebSocketKind = 'continuation' | 'text' | 'binary' | 'close' | 'ping' | 'pong'

export interface WebSocketFrame {
  readonly kind: WebSocketKind
  /** The last of its message; always of control frames. */
  readonly isLast: boolean
  /** As it came; the role may pass it on as it is. */
  readonly raw: Buffer
  readonly headBytes: number
  /** Where the key lies in `raw`; null: not masked. */
  readonly keyAt: number | null
}

const opcodes = { 0: 'continuation', 1: 'text', 2: 'binary', 8: 'close', 9: 'ping', 10: 'pong' } as const satisfies Record<number, WebSocketKind>
const opcodeOf = new Map<WebSocketKind, number>(Object.entries(opcodes).map(([code, kind]) => [kind, Number(code)]))

/** A control frame's payload (5.5). */
const controlBytesMax = 125

/** Why a connection ends (7.4.1). */
export const closeCodes = { normal: 1000, goingAway: 1001, protocolError: 1002, policy: 1008, tooBig: 1009, internal: 1011 } as const

/** What one role sends. Messages are not put together: a frame says whether it goes on. */
export class WebSocketParser {
  readonly #role: WebSocketRole
  readonly #unread = new Unread()
  #isInMessage = false
  #isClosed = false

  constructor(role: WebSocketRole) {
    this.#role = role
  }

  /** The frames that are whole now. Throws FrameError for what the RFC does not allow; after that nothing can be read any more. */
  push(chunk: Buffer): WebSocketFrame[] {
    this.#unread.push(chunk)
    const frames: WebSocketFrame[] = []
    for (;;) {
      const head = this.#head()
      const raw = head === null ? null : this.#unread.take(head.total)
      if (head === null || raw === null) return frames
      frames.push(this.#next(raw, head.headBytes))
    }
  }

  #head(): { readonly headBytes: number; readonly total: number } | null {
    const start = this.#unread.peek(2)
    if (start === null) return null
    checkStart(start, this.#role)
    const short = start[1]! & 0x7f
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
    const head = this.#unread.peek(2 + lengthBytes)
    if (head === null) return null
    const length = payloadLength(head, short)
    const headBytes = head.length + (this.#role === 'client' ? 4 : 0)
    return { headBytes, total: headBytes + length }
  }

  #next(raw: Buffer, headBytes: number): WebSocketFrame {
    const kind = opcodes[(raw[0]! & 0x0f) as keyof typeof opcodes]
    const isLast = (raw[0]! & 0x80) !== 0
    if (this.#isClosed) throw new FrameError(`a ${kind} frame came behind a close frame`)
    if (kind === 'close') this.#isClosed = true
    else if (kind === 'continuation' || kind === 'text' || kind === 'binary') {
      if ((kind === 'continuation') !== this.#isInMessage) throw new FrameError(`a ${kind} frame came ${this.#isInMessage ? 'inside' : 'outside'} a message`)
      this.#isInMessage = !isLast
    }
    return { kind, isLast, raw, headBytes, keyAt: this.#role === 'client' ? headBytes - 4 : null }
  }
}

function checkStart(start: Buffer, role: WebSocketRole): void {
  const opcode = start[0]! & 0x0f
  if ((start[0]! & 0x70) !== 0) throw new FrameError('a frame has reserved bits set; no extension was agreed on')
  if (!Object.hasOwn(opcodes, opcode)) throw new FrameError(`frame type ${opcode} is not known`)
  if (((start[1]! & 0x80) !== 0) !== (role === 'client')) throw new FrameError(`a ${role}'s frame is ${role === 'client' ? 'not masked' : 'masked'}`)
  const isControl = opcode >= 8
  if (isControl && ((start[0]! & 0x80) === 0 || (start[1]! & 0x7f) > controlBytesMax)) throw new FrameError('a control frame is cut in pieces or too long')
}

function payloadLength(head: Buffer, short: number): number {
  if (short < 126) return short
  const length = short === 126 ? head.readUInt16BE(2) : head.readUInt32BE(2) * 2 ** 32 + head.readUInt32BE(6)
  if (length < (short === 126 ? 126 : 65_536)) throw new FrameError('a length is written longer than it need be')
  if (length > streamFrameBytesMax) throw new FrameError(`a frame has ${length} bytes; at most ${streamFrameBytesMax} are taken`)
  return length
}

export const payloadBytes = (frame: WebSocketFrame): number => frame.raw.length - frame.headBytes

/** The first byte of the payload (a channel), or null when there is none; nothing is copied. */
export function firstByte({ raw, headBytes, keyAt }: WebSocketFrame): number | null {
  if (raw.length === headBytes) return null
  return raw[headBytes]! ^ (keyAt === null ? 0 : raw[keyAt]!)
}

/** The payload from `from` on, unmasked: a view where it was not masked, else a copy. */
export function payloadOf({ raw, headBytes, keyAt }: WebSocketFrame, from = 0): Buffer {
  const masked = raw.subarray(headBytes)
  if (keyAt === null) return masked.subarray(from)
  const payload = Buffer.from(masked)
  applyKey(payload, raw.subarray(keyAt, keyAt + 4))
  return payload.subarray(from)
}

/** A whole message in one frame, as the role writes it. */
export function messageOf(role: WebSocketRole, kind: Exclude<WebSocketKind, 'continuation'>, ...parts: readonly Buffer[]): Buffer {
  return frameOf(role, { kind, isLast: true }, parts)
}

export function frameOf(role: WebSocketRole, { kind, isLast }: { readonly kind: WebSocketKind; readonly isLast: boolean }, parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const keyBytes = role === 'client' ? 4 : 0
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8
  const headBytes = 2 + lengthBytes + keyBytes
  const frame = Buffer.allocUnsafe(headBytes + length)
  frame[0] = (isLast ? 0x80 : 0) | opcodeOf.get(kind)!
  frame[1] = (keyBytes === 0 ? 0 : 0x80) | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127)
  if (lengthBytes === 2) frame.writeUInt16BE(length, 2)
  if (lengthBytes === 8) frame.writeBigUInt64BE(BigInt(length), 2)
  let at = headBytes
  for (const part of parts) at += part.copy(frame, at)
  if (keyBytes === 0) return frame
  const key = randomFillSync(frame.subarray(headBytes - 4, headBytes))
  applyKey(frame.subarray(headBytes), key)
  return frame
}

/** A close frame; the reason is cut where it would not fit (5.5.1), between two characters. */
export function closeFrame(role: WebSocketRole, code: number, reason = ''): Buffer {
  const head = Buffer.alloc(2)
  head.writeUInt16BE(code)
  return messageOf(role, 'close', head, cutText(reason, controlBytesMax - 2))
}

function cutText(text: string, bytesMax: number): Buffer {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length <= bytesMax) return bytes
  let end = bytesMax
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--
  return bytes.subarray(0, end)
}

/** What a close frame's payload says; no payload is `no status` (7.1.5). */
export function closeReason(payload: Buffer): { readonly code: number; readonly reason: string } {
  if (payload.length === 0) return { code: 1005, reason: '' }
  if (payload.length === 1) throw new FrameError('a close frame has half a code')
  return { code: payload.readUInt16BE(0), reason: payload.toString('utf8', 2) }
}

/** 5.3: byte i with byte i mod 4 of the key; the same again takes it off. */
function applyKey(bytes: Buffer, key: Buffer): void {
  const [a, b, c, d] = [key[0]!, key[1]!, key[2]!, key[3]!]
  const whole = bytes.length & ~3
  for (let i = 0; i < whole; i += 4) {
    bytes[i]! ^= a
    bytes[i + 1]! ^= b
    bytes[i + 2]! ^= c
    bytes[i + 3]! ^= d
  }
  for (let i = whole; i < bytes.length; i++) bytes[i]! ^= key[i & 3]!
}
