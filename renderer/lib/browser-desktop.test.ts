import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { closeCodes, sessionStorageKey } from '../../shared/browser-host.ts'
import { BrowserDesktop, type HostLink } from './browser-desktop.ts'

/** A WebSocket in memory; `sent` is what the page said. */
class FakeSocket extends EventTarget {
  readonly url: string
  readonly sent: { readonly type: string; readonly [key: string]: unknown }[] = []
  constructor(url: string) { super(); this.url = url }
  send(text: string): void { this.sent.push(JSON.parse(text)) }
  opens(): void { this.dispatchEvent(new Event('open')) }
  says(reply: unknown): void { this.dispatchEvent(Object.assign(new Event('message'), { data: JSON.stringify(reply) })) }
  closes(code: number): void { this.dispatchEvent(Object.assign(new Event('close'), { code })) }
}

function pageWith(fragment: string, stored: Record<string, string> = {}) {
  const sockets: FakeSocket[] = []
  const links: HostLink[] = []
  const store = new Map(Object.entries(stored))
  const clearFragment = vi.fn()
  const desktop = new BrowserDesktop({
    origin: 'http://127.0.0.1:5000', fragment, clearFragment,
    storage: { getItem: (key) => store.get(key) ?? null, setItem: (key, value) => void store.set(key, value), removeItem: (key) => void store.delete(key) },
    // The class has what BrowserDesktop uses of a WebSocket.
    socket: (url) => { const socket = new FakeSocket(url); sockets.push(socket); return socket as unknown as WebSocket },
    linked: (link) => void links.push(link),
  })
  return { desktop, sockets, links, store, clearFragment, welcome: () => { sockets.at(-1)!.opens(); sockets.at(-1)!.says({ type: 'welcome', session: 'S'.repeat(24) }) } }
}
const secret = '#secret=abcdefghijklmnopqrstuvwx'

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => { vi.useRealTimers() })

test('the secret leaves the address before a socket opens, and goes first over it', () => {
  const { sockets, clearFragment, welcome, store } = pageWith(secret)
  expect(clearFragment).toHaveBeenCalledOnce()
  expect(sockets[0]?.url).toBe('ws://127.0.0.1:5000/desktop')
  welcome()
  expect(sockets[0]?.sent[0]).toEqual({ type: 'hello', secret: 'abcdefghijklmnopqrstuvwx' })
  expect(store.get(sessionStorageKey)).toBe('S'.repeat(24))
  expect([...store.values()].join()).not.toContain('abcdefgh')
})

test('a reload resumes by the kept session', () => {
  const { sockets, welcome } = pageWith('#/sessions', { [sessionStorageKey]: 'K'.repeat(24) })
  welcome()
  expect(sockets[0]?.sent[0]).toEqual({ type: 'resume', session: 'K'.repeat(24) })
})

test('without secret and session it says what to do and opens nothing', async () => {
  const { desktop, sockets, links } = pageWith('')
  expect(sockets).toHaveLength(0)
  expect(links[0]).toMatchObject({ kind: 'lost' })
  await expect(desktop.call('app.info', null)).rejects.toMatchObject({ code: 'gateway_unreachable' })
})

test('calls wait for the welcome, and get their own answers', async () => {
  const { desktop, sockets, welcome } = pageWith(secret)
  const info = desktop.call('app.info', null)
  const list = desktop.call('connections.list', null)
  expect(sockets[0]?.sent).toEqual([])
  welcome()
  expect(sockets[0]?.sent.slice(1).map((message) => message['name'])).toEqual(['app.info', 'connections.list'])
  sockets[0]!.says({ type: 'failure', id: 1, failure: { code: 'not_signed_in', message: 'sign in' } })
  sockets[0]!.says({ type: 'output', id: 0, output: { version: '1' } })
  await expect(list).rejects.toEqual({ code: 'not_signed_in', message: 'sign in' })
  await expect(info).resolves.toEqual({ version: '1' })
})

test('events reach those who listen, until they stop', () => {
  const { desktop, sockets, welcome } = pageWith(secret)
  const heard = vi.fn()
  const stop = desktop.on('sql.lost', heard)
  welcome()
  sockets[0]!.says({ type: 'event', name: 'sql.lost', data: { editor: 'e', reason: 'idle' } })
  stop()
  sockets[0]!.says({ type: 'event', name: 'sql.lost', data: { editor: 'e', reason: 'again' } })
  expect(heard).toHaveBeenCalledExactlyOnceWith({ editor: 'e', reason: 'idle' })
})

test('a link that breaks is made again by the session; what was sent is failed, never sent twice', async () => {
  const { desktop, sockets, links, welcome } = pageWith(secret)
  welcome()
  const run = desktop.call('sql.run', { editor: 'e', text: 'delete from t' })
  sockets[0]!.closes(1006)
  await expect(run).rejects.toMatchObject({ code: 'gateway_unreachable' })
  expect(links.at(-1)).toEqual({ kind: 'relinking' })
  await vi.advanceTimersByTimeAsync(300)
  welcome()
  expect(sockets[1]?.sent).toEqual([{ type: 'resume', session: 'S'.repeat(24) }])
  expect(links.at(-1)).toEqual({ kind: 'linked' })
})

test.each([closeCodes.unauthorized, closeCodes.stopping, closeCodes.busy, closeCodes.malformed])('code %i ends it: no more tries', async (code) => {
  const { sockets, links } = pageWith(secret)
  sockets[0]!.closes(code)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(sockets).toHaveLength(1)
  expect(links.at(-1)).toMatchObject({ kind: 'lost' })
})

test('a host that stays away is given up after a while', async () => {
  const { sockets, links } = pageWith(secret)
  for (let turn = 0; turn < 20; turn++) { sockets.at(-1)!.closes(1006); await vi.advanceTimersByTimeAsync(5000) }
  expect(sockets.length).toBeLessThan(10)
  expect(links.at(-1)).toMatchObject({ kind: 'lost' })
})
