// The packets before a PostgreSQL session: startup, TLS and GSS requests, cancel. They have no type byte and arrive from
// strangers, so every length is checked before it is believed. https://www.postgresql.org/docs/18/protocol-message-formats.html
import { startupBytesMax, startupParametersMax } from '../../../limits.ts'
import { GatehouseError } from '../../../../shared/errors.ts'

/*
 * StartupMessage  = Int32 length, Int32 3<<16|minor, { Cstring name, Cstring value }, Byte 0
 * CancelRequest   = Int32 length, Int32 1234<<16|5678, Int32 process id, Byte(4…256) secret
 * SSLRequest      = Int32 8, Int32 1234<<16|5679
 * GSSENCRequest   = Int32 8, Int32 1234<<16|5680
 * NegotiateProtocolVersion = Byte 'v', Int32 length, Int32 version, Int32 count, { Cstring option }
 */
const requestMajor = 1234
const cancelCode = (requestMajor << 16) | 5678
const sslCode = (requestMajor << 16) | 5679
const gssCode = (requestMajor << 16) | 5680
const headerBytes = 8
/** A TLS record of type handshake: the client starts TLS without asking (`sslnegotiation=direct`). */
const tlsHandshakeByte = 0x16
/** Protocol 3.2 made the secret a variable length of 4 to 256 bytes. */
const secretBytesMin = 4
export const cancelSecretBytesMax = 256
/** The newest minor we speak; it differs from 3.0 only in the length of cancel keys. 3.1 was never released. */
export const protocolMinorLatest = 2

export interface Startup {
  readonly kind: 'startup'
  /** As the client asked: 0, 2, or something we must negotiate down. */
  readonly minor: number
  /** `user`, `database` and run-time settings; names are unique. Protocol options (`_pq_.…`) are not among them. */
  readonly parameters: ReadonlyMap<string, string>
  readonly protocolOptions: readonly string[]
}

export type StartupPacket =
  /** `bytes`: how many the packet needs in all, as far as is known. */
  | { readonly kind: 'need-more'; readonly bytes: number }
  | { readonly kind: 'direct-tls' }
  | { readonly kind: 'ssl' }
  | { readonly kind: 'gss' }
  | { readonly kind: 'cancel'; readonly processId: number; readonly secret: Buffer }
  | Startup
  | { readonly kind: 'invalid'; readonly reason: string }

/**
 * Reads the one packet that `buffer` must hold from its first to its last byte. Bytes behind a complete packet are refused:
 * whatever it was, the client has to wait for our answer, and what is sent before TLS must never be read after it
 * (CVE-2021-23214). Only `direct-tls` may have more behind it: all of it belongs to TLS.
 */
export function decodeStartup(buffer: Buffer): StartupPacket {
  if (buffer.length === 0) return { kind: 'need-more', bytes: headerBytes }
  if (buffer[0] === tlsHandshakeByte) return { kind: 'direct-tls' }
  if (buffer.length < 4) return { kind: 'need-more', bytes: headerBytes }
  const length = buffer.readUInt32BE(0)
  if (length < headerBytes) return invalid('a startup packet is shorter than its header')
  if (length > startupBytesMax) return invalid(`a startup packet is longer than ${startupBytesMax} bytes (startupBytesMax)`)
  if (buffer.length < length) return { kind: 'need-more', bytes: length }
  if (buffer.length > length) return invalid('bytes follow the startup packet before it was answered')
  return decodeBody(buffer)
}

function decodeBody(packet: Buffer): StartupPacket {
  const code = packet.readUInt32BE(4)
  if (code === sslCode) return packet.length === headerBytes ? { kind: 'ssl' } : invalid('SSLRequest has a wrong length')
  if (code === gssCode) return packet.length === headerBytes ? { kind: 'gss' } : invalid('GSSENCRequest has a wrong length')
  if (code === cancelCode) return decodeCancel(packet)
  const major = code >>> 16
  if (major === 3) return decodeParameters(packet, code & 0xffff)
  return invalid(major === requestMajor ? 'unknown request code' : `protocol ${major}.${code & 0xffff} is not supported, use 3.0 or 3.2`)
}

function decodeCancel(packet: Buffer): StartupPacket {
  const secretBytes = packet.length - headerBytes - 4
  if (secretBytes < secretBytesMin || secretBytes > cancelSecretBytesMax) return invalid('CancelRequest has a wrong length')
  return { kind: 'cancel', processId: packet.readUInt32BE(8), secret: Buffer.from(packet.subarray(12)) }
}

function decodeParameters(packet: Buffer, minor: number): StartupPacket {
  const parameters = new Map<string, string>()
  const protocolOptions: string[] = []
  let offset = headerBytes
  while (offset < packet.length && packet[offset] !== 0) {
    const name = readCstring(packet, offset)
    const value = name === null ? null : readCstring(packet, name.next)
    if (name === null || value === null) return invalid('a startup parameter is not a pair of NUL-terminated UTF-8 strings')
    if (parameters.has(name.text) || protocolOptions.includes(name.text)) return invalid('a startup parameter is given twice')
    if (parameters.size + protocolOptions.length === startupParametersMax) return invalid(`more than ${startupParametersMax} startup parameters (startupParametersMax)`)
    if (name.text.startsWith('_pq_.')) protocolOptions.push(name.text)
    else parameters.set(name.text, value.text)
    offset = value.next
  }
  if (offset !== packet.length - 1) return invalid('the startup parameters do not end where the packet does')
  if (!parameters.get('user')) return invalid('the startup packet names no user')
  return { kind: 'startup', minor, parameters, protocolOptions }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Null when there is no NUL before the packet ends, or the bytes are not UTF-8. `next` is always past `offset`. */
function readCstring(packet: Buffer, offset: number): { readonly text: string; readonly next: number } | null {
  const end = packet.indexOf(0, offset)
  if (end === -1) return null
  try {
    return { text: utf8.decode(packet.subarray(offset, end)), next: end + 1 }
  } catch {
    return null
  }
}

function invalid(reason: string): StartupPacket {
  return { kind: 'invalid', reason }
}

/** The minor version the session speaks: 3.2 for whoever asks for it or more, else 3.0. */
export function agreedMinor(startup: Startup): number {
  return startup.minor >= protocolMinorLatest ? protocolMinorLatest : 0
}

/** The message to send before authentication when we do not do all that was asked; null when we do. */
export function encodeNegotiation(startup: Startup): Buffer | null {
  const minor = agreedMinor(startup)
  if (minor === startup.minor && startup.protocolOptions.length === 0) return null
  return encodeNegotiateProtocolVersion(minor, startup.protocolOptions)
}

/** The documentation says "newest minor version"; servers send, and libpq reads, the whole number 3<<16|minor. */
function encodeNegotiateProtocolVersion(minor: number, unknownOptions: readonly string[]): Buffer {
  const options = unknownOptions.map(encodeCstring)
  const head = Buffer.alloc(13)
  head[0] = 0x76 // 'v'
  head.writeUInt32BE(12 + options.reduce((sum, option) => sum + option.length, 0), 1)
  head.writeUInt32BE((3 << 16) | minor, 5)
  head.writeUInt32BE(options.length, 9)
  return Buffer.concat([head, ...options])
}

/** Throws GatehouseError input_invalid or limit_exceeded: a NUL inside a value would become a parameter of its own. */
export function encodeStartup(parameters: ReadonlyMap<string, string>, minor = 0): Buffer {
  if (parameters.size > startupParametersMax) throw new GatehouseError('limit_exceeded', `more than ${startupParametersMax} startup parameters (startupParametersMax)`)
  const strings: Buffer[] = []
  for (const [name, value] of parameters) {
    if (name === '') throw new GatehouseError('input_invalid', 'a startup parameter has no name')
    strings.push(encodeCstring(name), encodeCstring(value))
  }
  const body = Buffer.concat([...strings, Buffer.of(0)])
  if (headerBytes + body.length > startupBytesMax) throw new GatehouseError('limit_exceeded', `a startup packet would be longer than ${startupBytesMax} bytes (startupBytesMax)`)
  return Buffer.concat([header(headerBytes + body.length, (3 << 16) | minor), body])
}

export function encodeSslRequest(): Buffer {
  return header(headerBytes, sslCode)
}

export function encodeGssRequest(): Buffer {
  return header(headerBytes, gssCode)
}

export function encodeCancelRequest(processId: number, secret: Uint8Array): Buffer {
  if (secret.length < secretBytesMin || secret.length > cancelSecretBytesMax) throw new GatehouseError('input_invalid', 'a cancel secret has 4 to 256 bytes')
  const id = Buffer.alloc(4)
  id.writeUInt32BE(processId >>> 0, 0)
  return Buffer.concat([header(headerBytes + 4 + secret.length, cancelCode), id, secret])
}

function header(length: number, code: number): Buffer {
  const bytes = Buffer.alloc(headerBytes)
  bytes.writeUInt32BE(length, 0)
  bytes.writeUInt32BE(code, 4)
  return bytes
}

function encodeCstring(text: string): Buffer {
  if (text.includes('\0')) throw new GatehouseError('input_invalid', 'a startup parameter holds a NUL character')
  return Buffer.from(`${text}\0`, 'utf8')
}
