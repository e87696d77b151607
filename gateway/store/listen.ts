// NOTIFY of other gateways on a store server: one connection of its own, made again whenever it breaks. It only says "look": what
// happened is read from the tables, so a lost notification costs time and nothing else.
import { Client } from 'pg'
import { storeQueryMs, storeRelistenMs } from '../limits.ts'
import type { StoreUrl } from './store.ts'

export interface Listening { dispose(): Promise<void> }

/** `heard` is called for every notification, and when listening began (anything may have happened before). */
export function listenTo(url: StoreUrl, channel: string, heard: () => void): Listening {
  let client: Client | null = null
  let timer: NodeJS.Timeout | null = null
  let isDisposed = false

  async function open(): Promise<void> {
    const own = new Client({ connectionString: url.reveal(), connectionTimeoutMillis: storeQueryMs, keepAlive: true, application_name: 'gatehouse listen' })
    client = own
    own.on('error', () => again(own))
    own.on('end', () => again(own))
    own.on('notification', heard)
    try {
      await own.connect()
      await own.query(`listen ${own.escapeIdentifier(channel)}`)
      heard()
    } catch {
      // The store says elsewhere that it is not there; polling goes on meanwhile.
      again(own)
    }
  }

  function again(broken: Client): void {
    if (isDisposed || client !== broken) return
    client = null
    broken.end().catch(() => null)
    timer = setTimeout(() => void open(), storeRelistenMs).unref()
  }

  void open()
  return {
    async dispose() {
      isDisposed = true
      if (timer !== null) clearTimeout(timer)
      await client?.end().catch(() => null)
    },
  }
}
