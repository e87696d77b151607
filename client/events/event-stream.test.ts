// The stream against a small HTTPS server that says what a gateway says, and breaks as networks do.
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { GatehouseError } from '../../shared/errors.ts'
import { openEventStream, type EventStream, type EventStreamOptions, type StreamState } from './event-stream.ts'
import { createServerSentReader } from './server-sent.ts'

const fixtures = join(import.meta.dirname, '../testing/fixtures')
const ca = join(fixtures, 'ca.pem')
let server: Server
let url: string
/** What was asked for, in order; each is answered by the test. */
let asked: { readonly after: string | null; readonly token: string; readonly response: ServerResponse }[]
let streams: EventStream[]
let calls: string[]

beforeEach(async () => {
  asked = []
  streams = []
  calls = []
  server = createServer({ cert: readFileSync(join(fixtures, 'cert.pem')), key: readFileSync(join(fixtures, 'key.pem')) }, (request, response) => {
    response.on('error', () => undefined)
    asked.push({ after: new URL(request.url!, 'https://x').searchParams.get('after'), token: request.headers.authorization ?? '', response })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  for (const stream of streams) stream.close()
  server.closeAllConnections()
  await new Promise((resolve) => { server.close(resolve) })
})

const person = { id: 'corp:eve', email: null, kind: 'human' as const }
const approval = {
  id: 'ap_1', state: 'open', subject: { kind: 'command', protocol: 'postgres', recorded: 'delete ü' }, requester: { ...person, delegator: null, run: null }, connection: { name: 'shop', kind: 'postgres', labels: {} },
  rule: null, reason: 'because', purpose: null, riskLevel: 'low', needs: [], createdAt: '2026-01-01T00:00:00.000Z', expiresAt: '2026-01-01T00:00:00.000Z', decisions: [], viewers: [], held: [],
  closedAt: null, closeReason: null, grant: null, brokenGlass: null, permitted: { isRequester: false, decide: null, deny: null, withdraw: null, breakGlass: null, review: null },
}
const eventOf = (cursor: string) => `id: ${cursor}\nevent: approval\ndata: ${JSON.stringify({ cursor, at: '2026-01-01T00:00:00.000Z', kind: 'opened', by: person, approval, grant: null })}\n\n`
const ready = (cursor: string, event = 'ready') => `id: ${cursor}\nevent: ${event}\ndata: ${JSON.stringify({ cursor })}\n\n`

function open(options: Partial<EventStreamOptions> = {}) {
  const seen: string[] = []
  const states: StreamState[] = []
  let fresh = 0
  const stream = openEventStream({
    account: {
      pass: async () => ({ address: { url, ca }, token: `t${asked.length}`, expiresAt: '' }),
      call: (async (name: string) => { calls.push(name); return {} }) as never,
    },
    onEvent: (event) => { seen.push(event.cursor) }, onFresh: () => { fresh += 1 }, onState: (state) => { states.push(state) }, retryMs: 5, ...options,
  })
  streams.push(stream)
  return { stream, seen, states, fresh: () => fresh }
}
const nth = (index: number) => vi.waitFor(() => { expect(asked.length).toBeGreaterThan(index); return asked[index]! })
const streaming = (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/event-stream' })

test('it begins now, and goes on behind the last event with a fresh token when the connection breaks', async () => {
  const { seen, fresh, stream } = open()
  const first = await nth(0)
  expect(first.after).toBeNull()
  streaming(first.response).write(ready('7') + eventOf('8') + ': still here\n\n' + eventOf('9').slice(0, 20))
  await vi.waitFor(() => expect(seen).toEqual(['8']))
  first.response.destroy()
  const second = await nth(1)
  expect([second.after, second.token]).toEqual(['8', 'Bearer t1'])
  streaming(second.response).write(ready('8') + eventOf('9'))
  await vi.waitFor(() => expect(seen).toEqual(['8', '9']))
  expect([fresh(), stream.cursor]).toEqual([1, '9'])
})

test('it lists anew when the gateway no longer has what came between', async () => {
  const { fresh, stream } = open({ after: '3' })
  const { after, response } = await nth(0)
  expect(after).toBe('3')
  streaming(response).write(ready('70', 'reset'))
  await vi.waitFor(() => expect(fresh()).toBe(1))
  expect(stream.cursor).toBe('70')
})

test('silence is a dead connection', async () => {
  const { states } = open({ silenceMs: 50 })
  streaming((await nth(0)).response).write(ready('1'))
  expect((await nth(1)).after).toBe('1')
  expect(states.map(({ kind }) => kind).slice(0, 2)).toEqual(['live', 'waiting'])
})

test('a token that is refused is renewed by an API call', async () => {
  open()
  const { response } = await nth(0)
  response.writeHead(401, { 'content-type': 'application/problem+json' }).end(JSON.stringify({ type: 'x', title: 'x', status: 401, code: 'token_expired', detail: 'it has expired' }))
  await nth(1)
  expect(calls).toEqual(['whoami'])
})

test('waking looks at once, however long it would have waited', async () => {
  const { stream } = open({ retryMs: 3_600_000 })
  ;(await nth(0)).response.destroy()
  await new Promise((resolve) => { setTimeout(resolve, 20) })
  expect(asked).toHaveLength(1)
  stream.wake()
  await nth(1)
})

test('what is no event of ours is not taken for one', async () => {
  const { states, seen } = open()
  streaming((await nth(0)).response).write(`${ready('1')}event: approval\ndata: {"cursor":"2"}\n\n`)
  await vi.waitFor(() => expect(states.at(-1)).toMatchObject({ kind: 'waiting' }))
  expect(seen).toEqual([])
})

test('nobody signed in: it waits', async () => {
  const states: StreamState[] = []
  streams.push(openEventStream({ account: { pass: () => Promise.reject(new GatehouseError('not_signed_in', 'no')), call: (() => Promise.reject(new Error('no'))) as never }, onEvent: () => undefined, onFresh: () => undefined, onState: (state) => { states.push(state) }, retryMs: 3_600_000 }))
  await vi.waitFor(() => expect(states).toMatchObject([{ kind: 'waiting', error: { code: 'not_signed_in' } }]))
})

test('closed is closed', async () => {
  const { stream, seen } = open()
  const { response } = await nth(0)
  const gone = new Promise((resolve) => { response.on('close', resolve) })
  streaming(response).write(ready('1'))
  stream.close()
  await gone
  expect([seen, asked.length]).toEqual([[], 1])
})

test('messages come whole wherever the bytes are cut', () => {
  const text = `${ready('1')}: x\n\n${eventOf('2')}`
  for (let cut = 0; cut <= text.length; cut++) {
    const read = createServerSentReader()
    const messages = [...read(text.slice(0, cut)), ...read(text.slice(cut))]
    expect(messages.map(({ event, id }) => [event, id])).toEqual([['ready', '1'], ['approval', '2']])
  }
})
