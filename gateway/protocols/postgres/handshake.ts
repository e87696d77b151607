// What happens before a session: startup packets, TLS, the token. Works on strangers' bytes: small caps, one deadline for all of
// it, and a state machine in which every packet is allowed once (threats.md: CVE-2021-23214, GHSA-78rf-vg74-7cr8, CVE-2026-107350).
import type { Duplex } from 'node:stream'
import { Socket } from 'node:net'
import { TLSSocket, type SecureContext } from 'node:tls'
import { passwordBytesMax } from '../../limits.ts'
import { authenticationCleartextPassword } from './codec/backend.ts'
import { FrameError, FrameReader } from './codec/frame-reader.ts'
import { decodePassword } from './codec/frontend.ts'
import { decodeStartup, encodeNegotiation, type Startup } from './codec/startup.ts'
import { frontend } from './codec/types.ts'

/** The client is told `message` as a FATAL error with this SQLSTATE, and the connection is closed. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

export type Greeting =
  | { readonly kind: 'startup'; readonly stream: Duplex; readonly startup: Startup; readonly isEncrypted: boolean }
  | { readonly kind: 'cancel'; readonly stream: Duplex; readonly processId: number; readonly secret: Buffer }
  /** The client went away, or only asked. */
  | { readonly kind: 'gone' }

/** `tls` null: a tunnel, which is encrypted already; SSLRequest is answered `N`. */
export async function greet(stream: Duplex, tls: (() => SecureContext) | null): Promise<Greeting> {
  let current = stream
  const asked = new Set<string>()
  for (;;) {
    const packet = await readPacket(current)
    if (packet === null) return { kind: 'gone' }
    if (asked.has(packet.kind)) throw new HandshakeError('08P01', 'the same request was made twice')
    asked.add(packet.kind)
    switch (packet.kind) {
      case 'ssl':
        if (tls === null || current !== stream) current.write('N')
        else {
          current.write('S')
          current = await startTls(current, tls(), false)
        }
        break
      case 'direct-tls':
        if (tls === null || current !== stream || asked.size > 1) throw new HandshakeError('08P01', 'TLS is not expected here')
        current = await startTls(current, tls(), true)
        break
      case 'gss':
        current.write('N')
        break
      case 'cancel': return { kind: 'cancel', stream: current, processId: packet.processId, secret: packet.secret }
      case 'startup': {
        const negotiation = encodeNegotiation(packet)
        if (negotiation !== null) current.write(negotiation)
        return { kind: 'startup', stream: current, startup: packet, isEncrypted: current !== stream || tls === null }
      }
    }
  }
}

type Packet = Exclude<ReturnType<typeof decodeStartup>, { kind: 'need-more' } | { kind: 'invalid' }>

/** Exactly one packet; bytes behind it are refused by decodeStartup. Null: the client closed first. */
async function readPacket(stream: Duplex): Promise<Packet | null> {
  let held: Buffer = Buffer.alloc(0)
  const found = await readUntil(stream, (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    const packet = decodeStartup(held)
    if (packet.kind === 'need-more') return undefined
    if (packet.kind === 'invalid') throw new HandshakeError('08P01', packet.reason)
    return packet
  })
  // Only now that nobody listens: a flowing stream would give the same bytes to the same listener again, without end.
  if (found?.kind === 'direct-tls') stream.unshift(held)
  return found
}

/** Asks for the token as a cleartext password; the caller has made sure that nobody on the way can read it. */
export function askPassword(stream: Duplex): Promise<string | null> {
  const reader = new FrameReader(passwordBytesMax)
  stream.write(authenticationCleartextPassword)
  return readUntil(stream, (chunk) => {
    reader.append(chunk)
    if (!reader.next()) return undefined
    if (reader.type !== frontend.password) throw new HandshakeError('08P01', 'a password message was expected')
    const password = decodePassword(reader)
    if (!reader.isEmpty) throw new HandshakeError('08P01', 'bytes follow the password before it was answered')
    return password
  })
}

/** Reads until `take` gives a value, then leaves the stream paused. Null when it ends before. */
function readUntil<T>(stream: Duplex, take: (chunk: Buffer) => T | undefined): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      stream.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onEnd)
      stream.pause()
      act()
    }
    const onEnd = () => settle(() => resolve(null))
    const onData = (chunk: Buffer) => {
      try {
        const value = take(chunk)
        if (value !== undefined) settle(() => resolve(value))
      } catch (error) {
        settle(() => reject(error instanceof FrameError ? new HandshakeError('08P01', error.message) : error))
      }
    }
    if (stream.destroyed || stream.readableEnded) return resolve(null)
    stream.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onEnd)
    stream.resume()
  })
}

const alpn = 'postgresql'

/** `isDirect`: without an SSLRequest, where ALPN must say that PostgreSQL is meant (protocol 55.2.11). */
function startTls(socket: Duplex, secureContext: SecureContext, isDirect: boolean): Promise<TLSSocket> {
  if (!(socket instanceof Socket)) throw new HandshakeError('08P01', 'TLS is not expected here')
  return new Promise((resolve, reject) => {
    const secure = new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: [alpn], requestCert: false })
    const fail = () => reject(new HandshakeError('08P01', 'the TLS handshake failed'))
    secure.once('error', fail)
    secure.once('close', fail)
    secure.once('secure', () => {
      secure.off('error', fail).off('close', fail)
      if (isDirect && secure.alpnProtocol !== alpn) {
        secure.destroy()
        reject(new HandshakeError('08P01', 'TLS without SSLRequest needs ALPN "postgresql"'))
      } else resolve(secure)
    })
  })
}
