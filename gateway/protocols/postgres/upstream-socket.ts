// From a target to a connected socket: TCP, then TLS as the connection asks for it (protocol 55.2.10). Nothing the server says before
// TLS is believed or kept: one byte decides, and anything glued to it ends the attempt (CVE-2021-23222).
import { connect, isIP, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { checkServerIdentity, connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { GatehouseError } from '../../../shared/errors.ts'
import { connectReusing } from '../../pipeline/reused-reads.ts'
import type { PostgresTarget, TlsMode } from '../../pipeline/target.ts'
import { tlsServerEndPoint } from './codec/channel-binding.ts'
import { encodeSslRequest } from './codec/startup.ts'

export interface UpstreamSocket {
  readonly socket: Duplex
  /** A password may be said here: inside TLS, or to this machine itself. */
  readonly isPrivate: boolean
  /** The channel binding of SCRAM-SHA-256-PLUS; null without TLS and where the certificate has none. */
  readonly endPoint: Buffer | null
}

/** A half-open connection (the target's machine is gone) is noticed by the kernel; nobody else would. */
const keepAliveMs = 60_000

/** `prefer` takes plain text only when the server says that it has no TLS; a TLS handshake that fails is a failure in every mode but `disable`. */
export async function dialUpstream(target: PostgresTarget, signal: AbortSignal): Promise<UpstreamSocket> {
  const tcp = await connectTcp(target, signal)
  const isLoopback = isLoopbackAddress(tcp.remoteAddress)
  if (target.tls === 'disable') return { socket: tcp, isPrivate: isLoopback, endPoint: null }
  const stop = endWith(tcp, signal)
  try {
    tcp.write(encodeSslRequest())
    const answer = await readChunk(tcp)
    if (answer.length !== 1) throw new GatehouseError('protocol_violation', `${name(target)} sent more than one byte in answer to SSLRequest; the connection may be tampered with`, { side: 'upstream' })
    if (answer[0] === 0x53) return await secure(tcp, target)
    if (answer[0] !== 0x4e) throw new GatehouseError('protocol_violation', `${name(target)} did not answer SSLRequest with S or N; is it PostgreSQL?`, { side: 'upstream' })
    if (target.tls !== 'prefer') throw new GatehouseError('upstream_rejected', `${name(target)} offers no TLS, and tls is ${target.tls}; turn on ssl in the server, or set tls: disable for this connection`, { side: 'upstream' })
    return { socket: tcp, isPrivate: isLoopback, endPoint: null }
  } catch (error) {
    tcp.destroy()
    throw error
  } finally {
    stop()
  }
}

function connectTcp(target: PostgresTarget, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const options = { host: target.host, port: target.port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs }
    // TLS takes the socket's bytes for itself, and gives them in buffers of its own.
    const socket = target.tls === 'disable' ? connectReusing(options) : connect(options)
    const stop = endWith(socket, signal)
    quiet(socket)
    socket.once('close', () => {
      stop()
      reject(unreachable(target, socket.errored))
    })
    socket.once('connect', () => {
      stop()
      socket.pause()
      resolve(socket)
    })
  })
}

/** The caller destroys `tcp` when the signal fires, and TLS with it. */
async function secure(tcp: Socket, target: PostgresTarget): Promise<UpstreamSocket> {
  const socket = connectTls({ socket: tcp, ...tlsOptions(target) })
  quiet(socket)
  await new Promise<void>((resolve, reject) => {
    socket.once('close', () => {
      reject(new GatehouseError('upstream_unreachable', `no TLS with ${name(target)} (tls: ${target.tls}): ${tlsReason(socket.errored)}`, { side: 'upstream', cause: socket.errored }))
    })
    socket.once('secureConnect', resolve)
  })
  socket.pause()
  return { socket, isPrivate: true, endPoint: endPointOf(socket) }
}

/** What each mode verifies. `require` with a CA verifies it, as libpq does: who names a CA means it. */
const verifies: Record<Exclude<TlsMode, 'disable'>, (target: PostgresTarget) => { readonly chain: boolean; readonly name: boolean }> = {
  prefer: () => ({ chain: false, name: false }),
  require: (target) => ({ chain: target.ca !== null, name: false }),
  'verify-ca': () => ({ chain: true, name: false }),
  'verify-full': () => ({ chain: true, name: true }),
}

function tlsOptions(target: PostgresTarget): ConnectionOptions {
  const { chain, name } = verifies[target.tls as Exclude<TlsMode, 'disable'>](target)
  return {
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['postgresql'],
    rejectUnauthorized: chain,
    checkServerIdentity: (_, certificate) => name ? checkServerIdentity(target.host, certificate) : undefined,
    // RFC 6066 §3: no addresses in SNI.
    ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
    ...(target.ca === null ? {} : { ca: target.ca }),
  }
}

function endPointOf(socket: TLSSocket): Buffer | null {
  const certificate = socket.getPeerX509Certificate()
  return certificate === undefined ? null : tlsServerEndPoint(certificate.raw)
}

/** OpenSSL's and Node's code, never the peer's text: what an unauthenticated server says is not shown to people. */
function tlsReason(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'the handshake failed'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'its certificate is for another host name'
  return code
}

/**
 * The next bytes of a paused socket, which is paused again with no listener of ours left; what arrives later waits in the stream.
 * Rejects with upstream_lost when there are none to come.
 */
export function readChunk(socket: Duplex): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      socket.pause()
      socket.off('data', onData).off('end', onEnd).off('close', onEnd)
    }
    const onData = (chunk: Buffer): void => {
      finish()
      resolve(chunk)
    }
    const onEnd = (): void => {
      finish()
      reject(new GatehouseError('upstream_lost', 'the target closed the connection while we were signing in', { side: 'upstream', cause: socket.errored ?? undefined }))
    }
    if (socket.destroyed || socket.readableEnded) return onEnd()
    socket.on('data', onData).once('end', onEnd).once('close', onEnd)
    socket.resume()
  })
}

/** Destroys the socket when the signal fires; call the result when that is no longer wanted. */
export function endWith(socket: Duplex, signal: AbortSignal): () => void {
  const end = (): void => void socket.destroy(new Error('aborted'))
  if (signal.aborted) end()
  signal.addEventListener('abort', end)
  return () => signal.removeEventListener('abort', end)
}

/** An 'error' event without a listener ends the process. Whoever reads sees 'close', and `socket.errored` says why. */
function quiet(socket: Duplex): void {
  socket.on('error', () => undefined)
}

export function unreachable(target: PostgresTarget, cause: unknown): GatehouseError {
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
  return new GatehouseError('upstream_unreachable', `${name(target)} cannot be reached${code}; check that it runs and that host and port are right`, { side: 'upstream', cause })
}

/** People know a connection by its name; its address is the gateway's business. */
export function name(target: PostgresTarget): string {
  return `connection ${target.summary.name}`
}

function isLoopbackAddress(address: string | undefined): boolean {
  return address !== undefined && /^(?:::ffff:)?127\.|^::1$/.test(address)
}
