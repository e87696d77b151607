// A tunnel: protocol bytes of one session, to the gateway and back, over one WebSocket. It adds the token and knows nothing of
// what it carries. Back-pressure goes through in both directions; text frames are control (shared/tunnel.ts).
// It has the few socket methods `pg` calls, so a tunnel can be handed to it as its stream.
import { Duplex } from 'node:stream'
import { WebSocket, type ClientOptions } from 'ws'
import { tunnelPath, tunnelProtocol } from '../../shared/api.ts'
import { GatehouseError } from '../../shared/errors.ts'
import { tunnelControlBytesMax, tunnelFrameBytesMax } from '../../shared/limits.ts'
import { tunnelControl, type TunnelControl } from '../../shared/tunnel.ts'
import { fillPath, problemOf, readBody } from '../api-client.ts'
import { jsonOf } from '../json.ts'
import { tunnelBufferBytesMax, tunnelCloseMs, tunnelConnectMs, tunnelPingMs } from '../limits.ts'
import { authorities, connectFailure, type GatewayAddress } from '../trust.ts'

export interface TunnelOptions {
  readonly address: GatewayAddress
  readonly token: string
  readonly connection: string
}

/** Opens at once; what is written before the gateway answered waits. Emits `connect`, or `error` with a GatehouseError. */
export function openTunnel(options: TunnelOptions): Tunnel {
  return new Tunnel(options)
}

export class Tunnel extends Duplex {
  readonly #address: GatewayAddress
  readonly #socket: WebSocket
  readonly #opened = Promise.withResolvers<void>()
  #closeReason: string | null = null
  #unanswered = 0
  #pings: NodeJS.Timeout | undefined

  constructor({ address, token, connection }: TunnelOptions) {
    super({ readableHighWaterMark: tunnelBufferBytesMax, writableHighWaterMark: tunnelBufferBytesMax, allowHalfOpen: true })
    this.#address = address
    // Whoever waits for it gets the failure by `error`; nobody waiting is not a fault.
    this.#opened.promise.catch(() => undefined)
    const { path } = fillPath(tunnelPath, { name: connection })
    // @types/ws does not know closeTimeout yet.
    const settings: ClientOptions & { readonly closeTimeout: number } = {
      headers: { authorization: `Bearer ${token}` }, ca: authorities(address), minVersion: 'TLSv1.2',
      perMessageDeflate: false, maxPayload: tunnelFrameBytesMax, handshakeTimeout: tunnelConnectMs, closeTimeout: tunnelCloseMs, followRedirects: false,
    }
    this.#socket = new WebSocket(address.url.replace(/^https:/, 'wss:') + path, tunnelProtocol, settings)
    this.#listen()
  }

  /** Why the gateway ended the session, in its words; null while it did not say. */
  get closeReason(): string | null {
    return this.#closeReason
  }

  get gateway(): string {
    return this.#address.url
  }

  /** A fresh token of the same principal: the session lives on with it. */
  renew(token: string): void {
    this.#control({ type: 'renew', token })
  }

  #listen(): void {
    const socket = this.#socket
    socket.on('open', () => {
      this.#opened.resolve()
      this.#pings = setInterval(() => this.#ping(), tunnelPingMs).unref()
      this.emit('connect')
    })
    socket.on('unexpected-response', (request, response) => {
      readBody(response, tunnelFrameBytesMax)
        .then((body) => this.destroy(problemOf({ status: response.statusCode ?? 0, body }, this.#address)), (error: unknown) => this.destroy(connectFailure(this.#address, error)))
        .finally(() => request.destroy())
    })
    socket.on('pong', () => { this.#unanswered = 0 })
    socket.on('message', (data: Buffer, isBinary) => {
      this.#unanswered = 0
      // What comes after our close is nobody's any more; to pause for it would keep the peer's close from being read.
      if (this.destroyed) return
      if (!isBinary) this.#obey(data)
      else if (!this.push(data)) socket.pause()
    })
    socket.on('error', (error) => this.destroy(connectFailure(this.#address, error)))
    socket.on('close', (code) => this.#ended(code))
  }

  #obey(data: Buffer): void {
    const message = data.length > tunnelControlBytesMax ? undefined : controlOf(data)
    if (message === undefined) this.destroy(new GatehouseError('protocol_violation', 'the gateway sent a control frame that we do not know: are app and gateway of the same version?', { side: 'upstream' }))
    else if (message.type === 'close') this.#closeReason = message.reason
  }

  #control(message: TunnelControl): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }

  #ping(): void {
    // A reader that stopped us stops the pongs too, and so does a gateway that does not read yet what we sent (COPY into a locked table).
    if (this.#socket.isPaused || this.#socket.bufferedAmount > 0) return
    if (++this.#unanswered > 2) this.#socket.terminate()
    else this.#socket.ping()
  }

  #ended(code: number): void {
    clearInterval(this.#pings)
    if (this.destroyed) return
    if (this.#closeReason !== null) this.destroy(new GatehouseError('upstream_lost', `the gateway ended the session: ${this.#closeReason}`, { side: 'upstream' }))
    else if (code === 1000 || code === 1005) this.push(null)
    else this.destroy(new GatehouseError('gateway_unreachable', `the connection to the gateway ${this.#address.url} was lost (${code})`, { side: 'upstream' }))
  }

  override _read(): void {
    if (this.#socket.isPaused) this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#opened.promise.then(() => this.#sendAll(chunk, done), done)
  }

  /** `done` once the last frame is with the kernel: that is what makes a writer wait for a slow gateway. */
  #sendAll(chunk: Buffer, done: (error?: Error | null) => void): void {
    for (let at = 0; at < chunk.length; at += tunnelFrameBytesMax) {
      const isLast = at + tunnelFrameBytesMax >= chunk.length
      this.#socket.send(chunk.subarray(at, at + tunnelFrameBytesMax), { binary: true }, isLast ? (error) => done(error ? connectFailure(this.#address, error) : null) : undefined)
    }
    if (chunk.length === 0) done()
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#opened.promise.then(() => { this.#socket.close(1000); done() }, () => done())
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearInterval(this.#pings)
    this.#opened.reject(error ?? new GatehouseError('gateway_unreachable', 'the tunnel was closed before it opened', { side: 'client' }))
    if (error === null && this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.close(1000)
      this.#socket.resume()
    } else this.#socket.terminate()
    done(error)
  }

  // What `pg` calls on its socket. The tunnel is connecting since it was made.
  connect(): this { return this }
  setNoDelay(): this { return this }
  setKeepAlive(): this { return this }
  ref(): this { return this }
  unref(): this { return this }
}

const controlOf = (data: Buffer): TunnelControl | undefined => tunnelControl.safeParse(jsonOf(data.toString('utf8'))).data
