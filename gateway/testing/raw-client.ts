// A client that says exactly the bytes it is told and keeps exactly the bytes it hears: for sequences no driver would send.
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { framesOf, password, startup } from '../protocols/postgres/testing/messages.ts'

export class RawClient {
  readonly #socket: Duplex
  #heard: Buffer = Buffer.alloc(0)
  #isClosed = false
  #waiting: (() => void)[] = []

  private constructor(socket: Duplex) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#heard = Buffer.concat([this.#heard, chunk])
      this.#wake()
    })
    socket.on('close', () => {
      this.#isClosed = true
      this.#wake()
    })
    socket.on('error', () => undefined)
  }

  static open(host: string, port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, host, () => resolve(new RawClient(socket))).once('error', reject)
    })
  }

  /** Over what is connected and signed in already. */
  static over(socket: Duplex): RawClient {
    const client = new RawClient(socket)
    socket.resume()
    return client
  }

  /** Startup and token; settles at the first ReadyForQuery (or the close, if refused). */
  static async signIn(address: { readonly host: string; readonly port: number }, token: string, parameters: Record<string, string> = {}): Promise<RawClient> {
    const client = await RawClient.open(address.host, address.port)
    client.send(startup({ user: 'me', database: 'shop', ...parameters }))
    await client.until(() => client.#heard.length >= 9)
    client.send(password(token))
    await client.until(() => client.frames().some(({ type }) => type === 'Z'))
    return client
  }

  send(...messages: readonly Buffer[]): void {
    this.#socket.write(Buffer.concat(messages))
  }

  /** Sends, and gives the frames up to the `count`th ReadyForQuery (or the close). What came before is forgotten. */
  async ask(messages: readonly Buffer[], count = 1): Promise<{ readonly type: string; readonly body: Buffer }[]> {
    this.#heard = Buffer.alloc(0)
    this.send(...messages)
    await this.until(() => this.frames().filter(({ type }) => type === 'Z').length >= count)
    return this.frames()
  }

  /** Whole frames heard so far. */
  frames(): { readonly type: string; readonly body: Buffer }[] {
    let at = 0
    while (at + 5 <= this.#heard.length && at + 1 + this.#heard.readInt32BE(at + 1) <= this.#heard.length) at += 1 + this.#heard.readInt32BE(at + 1)
    return framesOf(this.#heard.subarray(0, at))
  }

  get heard(): Buffer {
    return this.#heard
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Settles when `holds`, or the connection is closed; rejects after 10 s. */
  async until(holds: () => boolean): Promise<void> {
    const deadline = Date.now() + 10_000
    while (!holds() && !this.#isClosed) {
      if (Date.now() > deadline) throw new Error(`nothing happened in 10 s; heard ${JSON.stringify(this.#heard.toString('latin1').slice(-300))}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 200)
        this.#waiting.push(() => { clearTimeout(timer); resolve() })
      })
    }
  }

  closed(): Promise<void> {
    return this.until(() => this.#isClosed)
  }

  end(): void {
    this.#socket.destroy()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }
}
