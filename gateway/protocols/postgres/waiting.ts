// The client of a held command: what it hears while it waits, and how much of what it sends is read meanwhile. A socket that is not
// read does not tell that its peer has gone; so it is read, up to a limit, and then only written to, which tells it later.
import type { Duplex } from 'node:stream'
import { heldInputBytesMax } from '../../limits.ts'
import type { Asked } from '../../pipeline/hold.ts'
import { waitingNotice } from './hold.ts'
import type { PostgresSession } from './postgres-session.ts'

export class Waiting {
  readonly #session: PostgresSession
  readonly #client: Duplex
  #readBytes = 0
  #heartbeat: NodeJS.Timeout | null = null

  constructor(session: PostgresSession, client: Duplex) {
    this.#session = session
    this.#client = client
    client.resume()
  }

  /** Humans have been asked: said now, and again as often as keeps proxies from cutting a silent connection. */
  asked(asked: Asked): void {
    this.#say(asked, true)
    this.#heartbeat = setInterval(() => this.#say(asked, false), this.#session.deadlines.holdHeartbeatMs)
  }

  /** So much more came, and lies in memory. */
  read(bytes: number): void {
    this.#readBytes += bytes
    if (this.#readBytes > heldInputBytesMax) this.#client.pause()
  }

  end(): void {
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat)
    if (!this.#session.session.isEnded) this.#client.pause()
  }

  #say(asked: Asked, isFirst: boolean): void {
    const { session, wantsMaskNotices } = this.#session
    // Who reads nothing is not written to: its queue would only grow.
    if (session.isEnded || (!isFirst && this.#client.writableNeedDrain)) return
    this.#session.toClient(waitingNotice(asked, { isFirst, wantsDetail: wantsMaskNotices }))
  }
}
