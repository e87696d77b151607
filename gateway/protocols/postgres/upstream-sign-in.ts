// Signing in to an upstream over a connected socket: startup, authentication, and on to the first ReadyForQuery (protocol 55.2.1).
// The server is hostile input too (threats.md): every message is expected or refused, their number and size are bounded.
import type { Duplex } from 'node:stream'
import { GatehouseError } from '../../../shared/errors.ts'
import { upstreamHandshakeMessageBytesMax, upstreamHandshakeMessagesMax } from '../../limits.ts'
import type { PostgresTarget } from '../../pipeline/target.ts'
import { type AuthenticationRequest, decodeAuthentication, encodeMd5Password, encodePassword, encodeSaslInitial, encodeSaslResponse } from './codec/authentication.ts'
import { decodeParameterStatus, decodeReadyForQuery, decodeReport } from './codec/backend.ts'
import { BodyReader } from './codec/body.ts'
import { describeType, FrameError, FrameReader } from './codec/frame-reader.ts'
import { chooseScram, scramFinal, scramFirst, verifyScram } from './codec/scram.ts'
import { cancelSecretBytesMax, encodeStartup } from './codec/startup.ts'
import { backend } from './codec/types.ts'
import { name, readChunk, type UpstreamSocket } from './upstream-socket.ts'
import type { UpstreamReady } from './upstream.ts'

/** On return the socket is paused, holds nothing we have read, and what the server says next waits in it. */
export async function signIn(upstream: UpstreamSocket, target: PostgresTarget, parameters: ReadonlyMap<string, string>): Promise<UpstreamReady> {
  const { socket } = upstream
  const messages = new HandshakeMessages(socket)
  socket.write(encodeStartup(startupParameters(target, parameters)))
  await authenticate(upstream, target, messages)
  return { socket, ...await untilReady(messages) }
}

/** Ours come last, so a client's `user` or `database` cannot replace them. Protocol 3.0: all that 3.2 adds is a longer cancel key. */
function startupParameters(target: PostgresTarget, parameters: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  for (const key of parameters.keys()) {
    if (key === 'replication' || key.startsWith('_pq_.')) throw new GatehouseError('input_invalid', `the startup parameter ${key} is not passed on`, { side: 'client' })
  }
  return new Map([...parameters, ['user', target.user], ['database', target.database]])
}

/** Frames one at a time; NOTICE is skipped, an error ends the sign-in. */
class HandshakeMessages {
  readonly #socket: Duplex
  readonly #frames = new FrameReader(upstreamHandshakeMessageBytesMax)
  #count = 0

  constructor(socket: Duplex) {
    this.#socket = socket
  }

  /** The next message; its bytes are valid until the next call. */
  async next(): Promise<FrameReader> {
    const frames = this.#frames
    for (;;) {
      while (!frames.next()) frames.append(await readChunk(this.#socket))
      if (++this.#count > upstreamHandshakeMessagesMax) throw new FrameError(`more than ${upstreamHandshakeMessagesMax} messages (upstreamHandshakeMessagesMax)`)
      if (frames.type === backend.errorResponse) throw rejected(decodeReport(frames))
      if (frames.type !== backend.noticeResponse) return frames
    }
  }

  async authentication(): Promise<AuthenticationRequest> {
    const frames = await this.next()
    if (frames.type !== backend.authentication) throw unexpected(frames)
    return decodeAuthentication(frames)
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes)
  }

  get isEmpty(): boolean {
    return this.#frames.isEmpty
  }
}

/** One method per sign-in; AuthenticationOk counts only where the method has run to its end. */
async function authenticate(upstream: UpstreamSocket, target: PostgresTarget, messages: HandshakeMessages): Promise<void> {
  const request = await messages.authentication()
  switch (request.kind) {
    case 'ok': return
    case 'cleartext':
      requirePrivate(upstream, target, 'a cleartext password')
      messages.write(encodePassword(passwordOf(target)))
      break
    case 'md5':
      // An md5 answer can be tried against guesses, and the hash behind it is as good as the password: no better than cleartext.
      requirePrivate(upstream, target, 'an md5 password')
      messages.write(encodeMd5Password(target.user, passwordOf(target), request.salt))
      break
    case 'sasl':
      await scram(upstream, target, messages, request.mechanisms)
      break
    default: throw unsupported(request)
  }
  const answer = await messages.authentication()
  if (answer.kind !== 'ok') throw new FrameError('a second authentication request')
}

async function scram(upstream: UpstreamSocket, target: PostgresTarget, messages: HandshakeMessages, offered: readonly string[]): Promise<void> {
  const mechanism = chooseScram(offered, upstream.endPoint)
  if (mechanism === null) throw new GatehouseError('upstream_rejected', `${name(target)} offers no SASL mechanism that we speak (SCRAM-SHA-256, SCRAM-SHA-256-PLUS)`, { side: 'upstream' })
  const password = passwordOf(target)
  const first = scramFirst(mechanism)
  messages.write(encodeSaslInitial(mechanism.name, first.message))
  const challenge = await messages.authentication()
  if (challenge.kind !== 'sasl-continue') throw new FrameError('SCRAM was broken off')
  const final = await scramFinal(first, challenge.data, password)
  messages.write(encodeSaslResponse(final.message))
  const outcome = await messages.authentication()
  if (outcome.kind !== 'sasl-final') throw new FrameError('SCRAM ended without the proof of the server')
  verifyScram(final, outcome.data)
}

/** ParameterStatus and BackendKeyData, then ReadyForQuery and nothing behind it. */
async function untilReady(messages: HandshakeMessages): Promise<Omit<UpstreamReady, 'socket'>> {
  const parameters = new Map<string, string>()
  let key: UpstreamReady['key'] | null = null
  for (;;) {
    const frames = await messages.next()
    switch (frames.type) {
      case backend.parameterStatus: {
        const { name, value } = decodeParameterStatus(frames)
        parameters.set(name, value)
        break
      }
      case backend.backendKeyData:
        if (key !== null) throw new FrameError('two cancel keys')
        key = decodeKey(frames)
        break
      case backend.readyForQuery:
        if (decodeReadyForQuery(frames) !== 'I') throw new FrameError('a new session inside a transaction')
        if (key === null) throw new FrameError('no cancel key, so nothing that runs there could be stopped')
        if (!messages.isEmpty) throw new FrameError('bytes after ReadyForQuery that nobody asked for')
        return { parameters, key }
      default: throw unexpected(frames)
    }
  }
}

/** BackendKeyData (B): `Int32 process id, Byten secret`; 4 bytes in protocol 3.0, up to 256 in 3.2. */
function decodeKey(frames: FrameReader): UpstreamReady['key'] {
  const reader = new BodyReader(frames.bytes, frames.start + 5, frames.end)
  const processId = reader.int32()
  const secret = Buffer.from(reader.slice(frames.end - reader.at))
  if (secret.length < 4 || secret.length > cancelSecretBytesMax) throw new FrameError('a cancel key of a wrong length')
  return { processId, secret }
}

function passwordOf(target: PostgresTarget): string {
  if (target.password !== null) return target.password.reveal()
  throw new GatehouseError('upstream_rejected', `${name(target)} asks for a password, and none is configured; set password in gateway.yaml`, { side: 'upstream' })
}

function requirePrivate(upstream: UpstreamSocket, target: PostgresTarget, what: string): void {
  if (upstream.isPrivate) return
  throw new GatehouseError('upstream_rejected', `${name(target)} asks for ${what} without TLS; set tls: verify-full, or let the server use scram-sha-256`, { side: 'upstream' })
}

function unsupported(request: AuthenticationRequest): GatehouseError | FrameError {
  if (request.kind !== 'unsupported') return new FrameError('SCRAM that we did not begin')
  return new GatehouseError('upstream_rejected', `the target asks for authentication method ${request.code}, which is not supported; use scram-sha-256 in its pg_hba.conf`, { side: 'upstream' })
}

/** By SQLSTATE (appendix A). The server's own words name its user, its network and its rules: they go to the log, as the cause. */
const reasons: Readonly<Record<string, string>> = {
  '28P01': 'the password is wrong; check the user and password of this connection',
  '28000': 'this user may not sign in from here; check user, database and tls of this connection, and pg_hba.conf of the server',
  '3D000': 'there is no such database; check database of this connection',
  '42501': 'this user may not connect to the database; grant CONNECT to it',
  '53300': 'the server has no connections left; try again later',
  '57P03': 'the server is starting up or shutting down; try again later',
  '22023': 'a startup parameter has a value that the server does not take',
  '42704': 'a startup parameter is unknown to the server',
}

function rejected(report: ReadonlyMap<string, string>): GatehouseError {
  const sent = report.get('C') ?? ''
  const code = /^[0-9A-Z]{5}$/.test(sent) ? sent : '?????'
  const reason = reasons[code] ?? 'the log of the gateway has its own words'
  return new GatehouseError('upstream_rejected', `the target refused the sign-in (${code}): ${reason}`, { side: 'upstream', cause: new Error(readable(report.get('M') ?? '')) })
}

const causeCharactersMax = 300

/** A stranger's text for a log line: short, and without characters that would forge another line. */
function readable(text: string): string {
  return text.slice(0, causeCharactersMax).replaceAll(/\p{C}/gu, '?')
}

function unexpected(frames: FrameReader): FrameError {
  return new FrameError(`unexpected message ${describeType(frames.type)}`)
}
