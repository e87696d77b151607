// Approvals through the capabilities against a gateway of strings: what is asked of it, and one event stream that lives with the sign-in.
import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { IpcEventName } from '../../../shared/ipc.ts'
import { createMemoryTokenStore, type TokenStore } from '../../login/token-store.ts'
import { startFakeGateway, type FakeGateway } from '../../testing/fake-gateway.ts'
import { signedIn } from '../../testing/signed-in.ts'
import { createCapabilities, type Capabilities } from '../capabilities.ts'
import { heldOf } from '../sql/held.ts'

let folder: string
let gateway: FakeGateway
let store: TokenStore
let capabilities: Capabilities
/** Event streams that are open, newest last. */
let streams: { readonly after: string | null; readonly response: ServerResponse }[]
let sent: { readonly path: string; readonly body: unknown }[]
let opened: string[]
let heard: [IpcEventName, unknown][]

const person = { id: 'corp:eve', email: null, kind: 'human' }
const approval = {
  id: 'ap_1', state: 'open', subject: { kind: 'command', protocol: 'postgres', recorded: 'update orders' }, requester: { ...person, delegator: null, run: { repository: 'acme/shop', url: 'https://ci.example/run/1' } },
  connection: { name: 'shop', kind: 'postgres', labels: {} }, rule: null, reason: 'because', purpose: null, riskLevel: 'low', needs: [], createdAt: '2026-01-01T00:00:00.000Z', expiresAt: '2026-01-01T00:00:00.000Z',
  decisions: [], viewers: [], held: [], closedAt: null, closeReason: null, grant: null, brokenGlass: null,
  permitted: { isRequester: false, decide: null, deny: null, withdraw: null, breakGlass: null, review: null },
  exact: null, sealed: 'away', similar: [],
}
let shown: unknown = approval

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-approvals-'))
  streams = []
  sent = []
  opened = []
  heard = []
  shown = approval
  gateway = await startFakeGateway()
  gateway.intercept = answer
  store = createMemoryTokenStore()
  await (await signedIn(gateway, { store })).dispose()
  capabilities = await createCapabilities({ tokenStore: store, openBrowser: async (url) => { opened.push(url) }, dataDir: folder, version: '1', host: 'browser', gateway: gateway.url, ca: gateway.ca })
  capabilities.onEvent((name, data) => heard.push([name, data]))
})
afterEach(async () => {
  await capabilities.dispose()
  await gateway.close()
  rmSync(folder, { recursive: true })
})

function answer(request: IncomingMessage, response: ServerResponse): boolean {
  const { pathname, searchParams } = new URL(request.url!, gateway.url)
  if (pathname === '/v1/events') {
    streams.push({ after: searchParams.get('after'), response: response.writeHead(200, { 'content-type': 'text/event-stream' }) })
    return true
  }
  if (!pathname.startsWith('/v1/approvals/')) return false
  let text = ''
  request.on('data', (chunk: Buffer) => { text += chunk.toString() }).on('end', () => {
    sent.push({ path: pathname, body: text === '' ? null : JSON.parse(text) })
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(pathname.endsWith('/view') ? {} : shown))
  })
  return true
}

const nth = (index: number) => vi.waitFor(() => { expect(streams.length).toBeGreaterThan(index); return streams[index]! })
const message = (event: string, data: unknown, id: string) => `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`
const { exact: _, sealed: __, similar: ___, ...summary } = approval
const eventOf = (cursor: string) => message('approval', { cursor, at: '2026-01-01T00:00:00.000Z', kind: 'opened', by: person, approval: summary, grant: null }, cursor)
const cursors = () => heard.flatMap(([name, data]) => (name === 'approvals.event' ? [(data as { cursor: string }).cursor] : []))

test('a decision goes to the gateway as it was made, with the attempt that makes it one', async () => {
  await capabilities.handle('approvals.decide', { id: 'ap_1', decision: 'deny', reason: ' not on a Friday ', attempt: 'a1' })
  expect(sent).toEqual([{ path: '/v1/approvals/ap_1/decision', body: { decision: 'deny', reason: 'not on a Friday', attempt: 'a1' } }])
})

test.each<[string, unknown]>([
  ['approvals.decide', { id: 'ap_1', decision: 'maybe', reason: null, attempt: 'a' }], ['approvals.decide', { id: 'ap_1', decision: 'approve', reason: '', attempt: 'a' }],
  ['approvals.decide', { id: 'ap_1', decision: 'approve', reason: null }], ['approvals.explain', { id: 'ap_1', purpose: '  ' }],
  ['approvals.shorten', { id: 'ap_1', expiresAt: 'soon' }], ['approvals.breakGlass', { id: 'ap_1', reason: 'fire' }], ['approvals.list', { filter: 'all' }],
  ['approvals.openRun', { id: 'ap_1', url: 'https://evil.example' }], ['grants.request', { connection: 'shop', kinds: [], on: null, minutes: 5, purpose: 'x' }],
  ['grants.request', { connection: 'shop', kinds: ['select'], on: null, minutes: 100_000, purpose: 'x' }], ['sql.preflight', { connection: 'shop', text: 'x'.repeat(40_000) }],
])('refuses what is no call: %s %j', async (name, input) => {
  await expect(capabilities.handle(name, input)).rejects.toMatchObject({ code: 'input_invalid' })
  expect(sent).toEqual([])
})

test('the page of a CI run is opened as the gateway names it, and only of the web', async () => {
  await capabilities.handle('approvals.openRun', { id: 'ap_1' })
  for (const url of ['file:///etc/passwd', 'http://ci.example', 'javascript:alert(1)', 'gatehouse://open', 'no url']) {
    shown = { ...approval, requester: { ...approval.requester, run: { repository: 'x', url } } }
    await capabilities.handle('approvals.openRun', { id: 'ap_1' })
  }
  expect(opened).toEqual(['https://ci.example/run/1'])
  const pull = { repository: 'acme/shop', number: 41, url: 'https://github.example/acme/shop/pull/41', commit: 'c', mergedAt: approval.createdAt, author: 'a', reviewers: [] }
  for (const url of [pull.url, 'file:///etc/passwd']) {
    shown = { ...approval, pull: { ...pull, url } }
    await capabilities.handle('approvals.openRun', { id: 'ap_1', page: 'pull' })
  }
  expect(opened).toEqual(['https://ci.example/run/1', pull.url])
})

test('events come once each over a broken stream, which goes on at its cursor', async () => {
  const first = await nth(0)
  first.response.write(message('ready', { cursor: '1' }, '1') + eventOf('2'))
  await vi.waitFor(() => expect(cursors()).toEqual(['2']))
  expect(heard.filter(([name]) => name === 'approvals.fresh')).toHaveLength(1)
  expect(await capabilities.handle('approvals.stream', null)).toEqual({ kind: 'live' })
  first.response.destroy()
  await vi.waitFor(async () => expect(await capabilities.handle('approvals.stream', null)).toMatchObject({ kind: 'waiting' }))
  await capabilities.handle('approvals.wake', null)
  const second = await nth(1)
  expect(second.after).toBe('2')
  second.response.write(message('ready', { cursor: '2' }, '2') + eventOf('3'))
  await vi.waitFor(() => expect(cursors()).toEqual(['2', '3']))
})

test('signing out ends the stream, and what it still says reaches nobody', async () => {
  const { response } = await nth(0)
  response.write(message('ready', { cursor: '1' }, '1'))
  await vi.waitFor(() => expect(heard.map(([name]) => name)).toContain('approvals.fresh'))
  const gone = new Promise((resolve) => { response.on('close', resolve) })
  await capabilities.handle('login.logout', null)
  await gone
  expect(await capabilities.handle('approvals.stream', null)).toEqual({ kind: 'waiting', message: 'nobody is signed in' })
  expect(cursors()).toEqual([])
})

test('the notice of a held statement is read, and nothing that only looks like one', () => {
  const detail = { approval: 'ap_01ABC', groups: ['on-call'], users: [], count: 1, expiresAt: '2026-01-01T00:15:00.000Z', shortenedBy: null }
  expect(heldOf(JSON.stringify(detail))).toEqual(detail)
  for (const bad of [undefined, '', '{', JSON.stringify({ ...detail, approval: '../x' }), JSON.stringify({ ...detail, expiresAt: 'later' })]) expect(heldOf(bad)).toBeNull()
})
