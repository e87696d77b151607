// Reads the client: one message at a time, in order, and not the next one while a decision is pending, of a human too.
// client bytes → messages (here) → commands (commands.ts) → the pipeline (judge.ts) → upstream (inlet.ts).
import type { Duplex } from 'node:stream'
import { GatehouseError } from '../../../shared/errors.ts'
import { frontendMessageBytesMax } from '../../limits.ts'
import { FrameError, FrameReader } from './codec/frame-reader.ts'
import { Commands } from './commands.ts'
import { Inlet } from './inlet.ts'
import { Judge } from './judge.ts'
import type { PostgresSession } from './postgres-session.ts'

export class ClientSide {
  readonly #session: PostgresSession
  readonly #client: Duplex
  readonly #reader = new FrameReader(frontendMessageBytesMax)
  readonly #inlet: Inlet
  readonly #judge: Judge
  readonly #commands: Commands
  #isDeciding = false

  constructor(session: PostgresSession, client: Duplex) {
    this.#session = session
    this.#client = client
    this.#inlet = new Inlet(session, client)
    this.#judge = new Judge(session, client, this.#inlet)
    this.#commands = new Commands({ session, reader: this.#reader, judge: this.#judge, inlet: this.#inlet })
  }

  start(): void {
    this.#client.on('data', (chunk: Buffer) => {
      this.#session.session.activeAt = Date.now()
      this.#reader.append(chunk)
      if (this.#judge.waiting === null) this.#run()
      else this.#judge.waiting.read(chunk.length)
    })
    // The handshake left it paused; a listener alone does not start it again.
    this.#client.resume()
  }

  /** A message is being decided, by us or by humans. */
  get isDeciding(): boolean {
    return this.#isDeciding
  }

  clientGone(): void {
    this.#judge.clientGone()
  }

  /** False when nothing is being decided. */
  cancelDeciding(): boolean {
    return this.#judge.cancel()
  }

  /** The upstream takes bytes again. */
  upstreamDrained(): void {
    this.#inlet.upstreamDrained()
    if (!this.#isDeciding) this.#client.resume()
  }

  #run(): void {
    const { session } = this.#session
    try {
      while (!this.#isDeciding && !session.isEnded) {
        // A cancel under way must not hit the command after the one it was meant for.
        if (this.#session.cancelling !== null) {
          this.#wait(this.#session.cancelling)
          break
        }
        if (!this.#reader.next()) break
        const pending = this.#commands.take()
        if (pending !== undefined) this.#wait(pending)
      }
    } catch (error) {
      this.#fault(error)
    }
    this.#inlet.send()
  }

  #wait(pending: Promise<void>): void {
    this.#isDeciding = true
    if (this.#judge.waiting === null) this.#client.pause()
    pending.then(() => {
      this.#isDeciding = false
      this.#run()
      if (!this.#isDeciding && !this.#inlet.isUpstreamFull) this.#client.resume()
    }, (error: unknown) => this.#fault(error))
  }

  #fault(error: unknown): void {
    if (error instanceof FrameError) return this.#session.fail('08P01', error.message)
    if (error instanceof GatehouseError && error.code === 'recorder_failed') return this.#session.failUnrecorded()
    this.#session.context.log.error({ err: error, session: this.#session.id }, 'a client message could not be handled')
    this.#session.fail('XX000', 'a fault of the gateway; the session was closed')
  }
}
