// The event stream (shared/api.ts): server-sent events from the table of what happened to approvals, by cursor. What is sent is read
// from the store after the cursor of each stream, so nothing is missed or doubled, whatever the network or the gateway did between.
import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { eventsPath, type eventMessages } from '../../shared/api.ts'
import { GatehouseError } from '../../shared/errors.ts'
import { eventHeartbeatMs } from '../../shared/limits.ts'
import type { Lease } from '../identity/authenticate.ts'
import { eventPageMax, eventStreamsMax, eventStalledMs } from '../limits.ts'
import { bearerOf } from '../identity/bearer.ts'
import type { ApiContext } from './context.ts'
import { securityHeaders } from './security-headers.ts'

export function registerEvents(server: FastifyInstance, context: ApiContext): void {
  const open = new Map<string, number>()
  server.get(eventsPath, async (request, reply) => {
    context.requireOpen()
    const after = cursorOf(request)
    const lease = await context.identity.authenticate(bearerOf(request.headers.authorization))
    const { id } = lease.principal
    const count = open.get(id) ?? 0
    if (count >= eventStreamsMax) {
      lease.dispose()
      throw new GatehouseError('limit_exceeded', `you have ${count} event streams open (eventStreamsMax); close one`, { side: 'client' })
    }
    open.set(id, count + 1)
    reply.hijack()
    reply.raw.once('close', () => {
      lease.dispose()
      const left = (open.get(id) ?? 1) - 1
      if (left > 0) open.set(id, left)
      else open.delete(id)
    })
    void stream(reply.raw, { after, lease, context })
  })
}

/** Null: from now on. */
function cursorOf({ query, headers }: FastifyRequest): number | null {
  const written = (query as { readonly after?: unknown }).after ?? headers['last-event-id']
  if (written === undefined || written === '') return null
  if (typeof written === 'string' && /^\d{1,15}$/.test(written)) return Number(written)
  throw new GatehouseError('input_invalid', 'after: expected the cursor of an event', { side: 'client' })
}

interface StreamParts { readonly after: number | null; readonly lease: Lease; readonly context: ApiContext }

/** Never rejects: what fails ends the stream, and the client opens another at its cursor. */
async function stream(response: ServerResponse, { after, lease, context: { approvals: { bus, events, desk }, log } }: StreamParts): Promise<void> {
  const stops: (() => void)[] = []
  response.once('close', () => { for (const stop of stops) stop() })
  // Its client left: `close` follows.
  response.on('error', () => response.destroy())
  response.writeHead(200, { ...securityHeaders, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
  try {
    let cursor = await begin(response, after, events)
    const send = onePumpAtATime(async () => {
      for (let page = await events.after(cursor, eventPageMax); page.length > 0; page = await events.after(cursor, eventPageMax)) {
        // A page at a time: what is shown of it is read together, and no more is held than that.
        for (const [at, shown] of (await desk.eventsFor(lease.principal, page)).entries()) {
          if (shown !== null) await write(response, messageOf('approval', shown, shown.cursor))
          cursor = page[at]!.id
        }
      }
    }, (error) => {
      log.warn({ err: error }, 'an event stream ended')
      response.end()
    })
    if (response.destroyed) return
    stops.push(
      bus.subscribe({ looked: (isNew) => { if (isNew) send() }, failed: () => undefined }),
      stopping(setInterval(() => void write(response, ': still here\n\n').catch(() => response.destroy()), eventHeartbeatMs)),
      lease.onEnd(() => response.end()),
    )
    send()
  } catch (error) {
    log.warn({ err: error }, 'an event stream could not begin')
    response.end()
  }
}

/** Where the stream begins: behind what the client has, or now. What is older than what is kept cannot be told: then it lists again. */
async function begin(response: ServerResponse, after: number | null, events: ApiContext['approvals']['events']): Promise<number> {
  const { oldest, newest } = await events.range()
  if (after === null) {
    await write(response, messageOf('ready', { cursor: String(newest) }, String(newest)))
    return newest
  }
  if (after <= newest && after >= oldest - 1) {
    await write(response, messageOf('ready', { cursor: String(after) }, String(after)))
    return after
  }
  await write(response, messageOf('reset', { cursor: String(newest) }, String(newest)))
  return newest
}

/** JSON has no line ends of its own. */
const messageOf = (event: keyof typeof eventMessages, data: unknown, id: string): string => `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`

/** A reader that takes nothing for eventStalledMs is gone. */
function write(response: ServerResponse, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (response.destroyed || response.writableEnded) return reject(new Error('the stream is closed'))
    if (response.write(text)) return resolve()
    const timer = setTimeout(() => response.destroy(), eventStalledMs)
    const done = () => { clearTimeout(timer); response.off('drain', done); response.off('close', done); resolve() }
    response.once('drain', done).once('close', done)
  })
}

/** What comes while it runs makes it run once more. */
function onePumpAtATime(pump: () => Promise<void>, failed: (error: unknown) => void): () => void {
  let running: Promise<void> | null = null
  let isAgain = false
  async function run(): Promise<void> {
    do {
      isAgain = false
      await pump()
    } while (isAgain)
  }
  return () => {
    isAgain = true
    running ??= run().catch(failed).finally(() => { running = null })
  }
}

const stopping = (timer: NodeJS.Timeout) => () => clearInterval(timer.unref())
