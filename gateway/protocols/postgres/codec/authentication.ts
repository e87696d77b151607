// Authentication messages (R), read as the client of an upstream, and the answers to them (p). PostgreSQL protocol 55.2.1, 55.7.
import { createHash } from 'node:crypto'
import { GatehouseError } from '../../../../shared/errors.ts'
import { BodyReader } from './body.ts'
import { FrameError, type FrameReader } from './frame-reader.ts'
import { frontend } from './types.ts'

export type AuthenticationRequest =
  | { readonly kind: 'ok' }
  | { readonly kind: 'cleartext' }
  | { readonly kind: 'md5'; readonly salt: Buffer }
  | { readonly kind: 'sasl'; readonly mechanisms: readonly string[] }
  | { readonly kind: 'sasl-continue'; readonly data: string }
  | { readonly kind: 'sasl-final'; readonly data: string }
  /** Kerberos, GSSAPI, SSPI, and what comes after this was written. */
  | { readonly kind: 'unsupported'; readonly code: number }

/** PostgreSQL offers two. */
const mechanismsMax = 16

/** Strings are copies: the frame may be overwritten. */
export function decodeAuthentication(frame: Pick<FrameReader, 'bytes' | 'start' | 'end'>): AuthenticationRequest {
  const reader = new BodyReader(frame.bytes, frame.start + 5, frame.end)
  const request = decodeBody(reader, frame.end)
  if (request.kind !== 'unsupported') reader.end()
  return request
}

function decodeBody(reader: BodyReader, end: number): AuthenticationRequest {
  const code = reader.int32()
  switch (code) {
    case 0: return { kind: 'ok' }
    case 3: return { kind: 'cleartext' }
    case 5: return { kind: 'md5', salt: Buffer.from(reader.slice(4)) }
    case 10: return { kind: 'sasl', mechanisms: decodeMechanisms(reader) }
    case 11: return { kind: 'sasl-continue', data: reader.slice(end - reader.at).toString('latin1') }
    case 12: return { kind: 'sasl-final', data: reader.slice(end - reader.at).toString('latin1') }
    default: return { kind: 'unsupported', code }
  }
}

/** `{ String name }, Byte 0`. */
function decodeMechanisms(reader: BodyReader): readonly string[] {
  const mechanisms: string[] = []
  for (let name = reader.string(); name !== ''; name = reader.string()) {
    if (mechanisms.push(name) > mechanismsMax) throw new FrameError(`more than ${mechanismsMax} SASL mechanisms`)
  }
  return mechanisms
}

export function encodePassword(password: string): Buffer {
  // The server would take the part before the NUL for the whole.
  if (password.includes('\0')) throw new GatehouseError('input_invalid', 'a password holds a NUL character')
  return passwordMessage(Buffer.from(`${password}\0`, 'utf8'))
}

/** `md5` + md5(md5(password + user) + salt), in hex (55.2.1). */
export function encodeMd5Password(user: string, password: string, salt: Buffer): Buffer {
  const inner = createHash('md5').update(password, 'utf8').update(user, 'utf8').digest('hex')
  return encodePassword(`md5${createHash('md5').update(inner, 'latin1').update(salt).digest('hex')}`)
}

/** SASLInitialResponse: `String mechanism, Int32 length, Byten data`. */
export function encodeSaslInitial(mechanism: string, data: string): Buffer {
  const response = Buffer.from(data, 'latin1')
  const length = Buffer.alloc(4)
  length.writeInt32BE(response.length, 0)
  return passwordMessage(Buffer.concat([Buffer.from(`${mechanism}\0`, 'latin1'), length, response]))
}

export function encodeSaslResponse(data: string): Buffer {
  return passwordMessage(Buffer.from(data, 'latin1'))
}

function passwordMessage(body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head[0] = frontend.password
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}
