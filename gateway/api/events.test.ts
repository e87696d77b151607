// The stream's own behaviour, over fakes of what it reads; what it tells of a whole gateway is in gateway/approvals.test.ts.
import { request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { BusListener } from '../approvals/bus.ts'
import { eventStreamsMax } from '../limits.ts'
import type { EventRow } from '../store/approval-events.ts'
import { startApi, type Fixture } from './testing/api-fixture.ts'

let fixture: Fixture
let rows: EventRow[]
let isStoreLost: boolean
const listeners = new Set<BusListener>()
const open: IncomingMessage[] = []

beforeEach(async () => {
  rows = []
  isStoreLost = false
  listeners.clear()
  fixture = await startApi({
    approvals: {
      bus: { subscribe: (listener: BusListener) => { listeners.add(listener); return () => listeners.delete(listener) }, nudge: () => undefined, dispose: () => undefined },
      events: {
        after: async (cursor: number, limit: number) => { if (isStoreLost) throw new Error('lost'); return rows.filter(({ id }) => id > cursor).slice(0, limit) },
        range: async () => ({ oldest: rows[0]?.id ?? 0, newest: rows.at(-1)?.id ?? 0 }),
      },
      // Odd ones are nobody's.
      desk: { eventsFor: async (_: unknown, events: readonly EventRow[]) => events.map(({ id }) => (id % 2 === 1 ? null : { cursor: String(id) })) },
    } as never,
  })
})
afterEach(async () => {
  for (const response of open.splice(0)) response.destroy()
  await fixture.close()
})

const happen = (...ids: number[]) => {
  rows.push(...ids.map((id): EventRow => ({ id, at: '2026-01-01T00:00:00.000Z', kind: 'opened', approval: 'ap_1', by: null })))
  for (const listener of listeners) listener.looked(true)
}

interface Opened { readonly status: number; readonly text: () => string; readonly ids: () => string[]; readonly isEnded: () => boolean; readonly response: IncomingMessage }
async function stream(path = '/v1/events', token?: string): Promise<Opened> {
  const bearer = token ?? await fixture.signer.sign()
  return new Promise((done, failed) => {
    const sent = request({ path, port: fixture.port, host: '127.0.0.1', ca: fixture.ca, agent: false, headers: { authorization: `Bearer ${bearer}` } }, (response) => {
      let [text, isEnded] = ['', false]
      open.push(response)
      response.on('data', (chunk: Buffer) => { text += chunk.toString() })
      response.on('error', () => undefined)
      response.on('close', () => { isEnded = true })
      done({ status: response.statusCode!, text: () => text, ids: () => [...text.matchAll(/^id: (\d+)\nevent: approval$/gm)].map((match) => match[1]!), isEnded: () => isEnded, response })
    })
    sent.on('error', failed)
    sent.end()
  })
}

test('what one may see comes once and in order, whatever arrives while it is sent', async () => {
  const { ids, text, response } = await stream()
  expect(response.headers['content-type']).toBe('text/event-stream')
  await vi.waitFor(() => expect(text()).toContain('event: ready'))
  happen(1, 2, 3)
  happen(4)
  happen(5, 6)
  await vi.waitFor(() => expect(ids()).toEqual(['2', '4', '6']))
})

test('it goes on behind the cursor, pages of it', async () => {
  happen(...Array.from({ length: 500 }, (_, index) => index + 1))
  const { ids } = await stream('/v1/events?after=250')
  await vi.waitFor(() => expect(ids()).toHaveLength(125))
  expect([ids()[0], ids().at(-1)]).toEqual(['252', '500'])
})

test('a cursor older than what is kept, or newer than anything, begins anew and says so', async () => {
  happen(100, 102)
  for (const after of [50, 1000]) {
    const { text, ids } = await stream(`/v1/events?after=${after}`)
    await vi.waitFor(() => expect(text()).toContain('event: reset\ndata: {"cursor":"102"}'))
    expect(ids()).toEqual([])
  }
  const { text } = await stream('/v1/events?after=99')
  await vi.waitFor(() => expect(text()).toContain('event: ready'))
})

test('a store that fails ends the stream, for another to go on at its cursor', async () => {
  const { text, isEnded } = await stream()
  await vi.waitFor(() => expect(text()).toContain('event: ready'))
  isStoreLost = true
  happen(2)
  await vi.waitFor(() => expect(isEnded()).toBe(true))
})

test('one principal has so many streams and no more; one that ends makes room, and listens no longer', async () => {
  const streams = await Promise.all(Array.from({ length: eventStreamsMax }, () => stream()))
  await vi.waitFor(() => expect(listeners.size).toBe(eventStreamsMax))
  expect((await stream()).status).toBe(429)
  expect((await stream('/v1/events', await fixture.signer.sign({ sub: 'max' }))).status).toBe(200)
  streams[0]!.response.destroy()
  await vi.waitFor(async () => expect((await stream()).status).toBe(200))
  await vi.waitFor(() => expect(listeners.size).toBe(eventStreamsMax + 1))
})
