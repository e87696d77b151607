// What happens to approvals and grants, live (shared/api.ts, eventsPath): one stream that goes on at its cursor after sleep, a lost
// network, an expired token or a restarted gateway, so that nothing is missed or doubled. Whoever listens lists when told `fresh`.
import { request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { eventMessages, eventsPath } from '../../shared/api.ts'
import type { ApprovalEvent } from '../../shared/approval.ts'
import { GatehouseError } from '../../shared/errors.ts'
import { eventHeartbeatMs } from '../../shared/limits.ts'
import { problemOf, readBody } from '../api-client.ts'
import { jsonOf } from '../json.ts'
import { apiCallMs, retryFirstMs, retryLastMs } from '../limits.ts'
import type { Account } from '../login/account.ts'
import { authorities, connectFailure } from '../trust.ts'
import { createServerSentReader, type ServerSent } from './server-sent.ts'

export type StreamState =
  | { readonly kind: 'live' }
  /** It is tried again; what is shown may be old. */
  | { readonly kind: 'waiting'; readonly error: GatehouseError }

export interface EventStreamOptions {
  readonly account: Pick<Account, 'pass' | 'call'>
  /** The last event seen in an earlier life; null: from now on. */
  readonly after?: string | null
  readonly onEvent: (event: ApprovalEvent) => void
  /** The stream begins where nothing before it will be told: list anew. */
  readonly onFresh: () => void
  readonly onState?: (state: StreamState) => void
  /** For tests. */
  readonly silenceMs?: number
  readonly retryMs?: number
}

export interface EventStream {
  /** Of the newest message; to go on with in another life. */
  readonly cursor: string | null
  /** The machine woke up or the network came back: looks now instead of waiting. */
  wake(): void
  close(): void
}

export function openEventStream({ account, after = null, onEvent, onFresh, onState = () => undefined, silenceMs = 3 * eventHeartbeatMs, retryMs = retryFirstMs }: EventStreamOptions): EventStream {
  let cursor = after
  let waitMs = retryMs
  let isClosed = false
  let current: AbortController | null = null
  let timer: NodeJS.Timeout | undefined

  async function connect(): Promise<void> {
    const abort = current = new AbortController()
    try {
      const response = await open(account, cursor, abort.signal)
      await read(response, abort)
      throw new GatehouseError('gateway_unreachable', 'the gateway ended the event stream', { side: 'upstream' })
    } catch (error) {
      if (isClosed || current !== abort) return
      abort.abort()
      retry(error instanceof GatehouseError ? error : new GatehouseError('gateway_unreachable', 'the event stream broke', { side: 'upstream', cause: error }))
    }
  }

  async function read(response: IncomingMessage, abort: AbortController): Promise<void> {
    const messagesIn = createServerSentReader()
    // Heartbeats come far more often: silence is a connection that is dead without knowing it.
    const silence = setTimeout(() => abort.abort(), silenceMs)
    try {
      for await (const chunk of response.setEncoding('utf8')) {
        silence.refresh()
        for (const message of messagesIn(String(chunk))) take(message)
      }
    } finally {
      clearTimeout(silence)
    }
  }

  function take({ event, data }: ServerSent): void {
    const content = jsonOf(data)
    if (event === 'approval') {
      const parsed = eventMessages.approval.safeParse(content)
      if (!parsed.success) throw new GatehouseError('gateway_unreachable', 'the gateway sent an event that we do not understand: are app and gateway of the same version?', { side: 'upstream' })
      if (isClosed) return
      cursor = parsed.data.cursor
      onEvent(parsed.data)
      return
    }
    const begun = eventMessages.ready.safeParse(content)
    if (!begun.success || isClosed) return
    const isFresh = event === 'reset' || cursor === null
    cursor = begun.data.cursor
    waitMs = retryMs
    onState({ kind: 'live' })
    if (isFresh) onFresh()
  }

  function retry(error: GatehouseError): void {
    onState({ kind: 'waiting', error })
    if (isClosed) return
    timer = setTimeout(() => void connect(), waitMs)
    waitMs = Math.min(waitMs * 2, retryLastMs)
  }

  function again(): void {
    clearTimeout(timer)
    current?.abort()
    if (!isClosed) void connect()
  }

  void connect()
  return {
    get cursor() { return cursor },
    wake() {
      waitMs = retryMs
      again()
    },
    close() {
      isClosed = true
      again()
    },
  }
}

async function open(account: EventStreamOptions['account'], after: string | null, signal: AbortSignal): Promise<IncomingMessage> {
  const { address, token } = await account.pass()
  const url = address.url + eventsPath + (after === null ? '' : `?after=${encodeURIComponent(after)}`)
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const deadline = setTimeout(() => outgoing.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })), apiCallMs)
    const outgoing = request(url, { ca: authorities(address), agent: false, minVersion: 'TLSv1.2', signal, headers: { accept: 'text/event-stream', authorization: `Bearer ${token}` } }, (incoming) => {
      clearTimeout(deadline)
      resolve(incoming)
    })
    outgoing.on('error', (error) => {
      clearTimeout(deadline)
      reject(connectFailure(address, error))
    })
    outgoing.end()
  })
  if (response.statusCode === 200) return response
  const problem = problemOf({ status: response.statusCode ?? 0, body: await readBody(response) }, address)
  // An API call finds out whether the token is to be renewed, and does so.
  if (problem.code.startsWith('token_')) await account.call('whoami', {})
  throw problem
}
