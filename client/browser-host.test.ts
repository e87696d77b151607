import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { closeCodes, type DesktopReply } from '../shared/browser-host.ts'
import { GatehouseError } from '../shared/errors.ts'
import type { IpcEventName, IpcEvents } from '../shared/ipc.ts'
import { startBrowserHost, type BrowserHost } from './browser-host.ts'
import type { Capabilities } from './capabilities/capabilities.ts'

let folder: string
let host: BrowserHost
let authority: string
let secret: string
const calls: unknown[] = []
const listeners = new Set<(name: IpcEventName, data: IpcEvents[IpcEventName]) => void>()

const capabilities: Capabilities = {
  handle(name, input) {
    calls.push([name, input])
    if (name === 'boom') return Promise.reject(new Error('at /some/path'))
    if (name === 'no') return Promise.reject(new GatehouseError('forbidden', 'not you', { cause: new Error('inner') }))
    return Promise.resolve({ echo: input })
  },
  on: () => () => undefined,
  onEvent(listener) {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  dispose: () => Promise.resolve(),
}

beforeEach(async () => {
  calls.length = 0
  listeners.clear()
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-host-'))
  mkdirSync(join(folder, 'dist', 'assets'), { recursive: true })
  writeFileSync(join(folder, 'dist', 'index.html'), '<!doctype html>app')
  writeFileSync(join(folder, 'dist', 'assets', 'app-1.js'), 'js')
  writeFileSync(join(folder, 'dist', '.env'), 'SECRET')
  writeFileSync(join(folder, 'outside.txt'), 'outside')
  host = await startBrowserHost({ rendererDir: join(folder, 'dist'), capabilities })
  authority = new URL(host.url).host
  secret = new URL(host.url).hash.replace('#secret=', '')
})

afterEach(async () => {
  await host.close()
  rmSync(folder, { recursive: true })
})

interface Answer { readonly status: number; readonly body: string; readonly headers: Readonly<Record<string, unknown>> }

function fetchRaw(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const [hostname, port] = authority.split(':')
  const outgoing = request({ host: hostname, port, path, method, headers }, (incoming) => {
    let body = ''
    incoming.on('data', (chunk: Buffer) => { body += chunk.toString() }).on('end', () => resolve({ status: incoming.statusCode!, body, headers: incoming.headers }))
  })
  outgoing.on('error', reject).end()
  return promise
}

interface Page { readonly socket: WebSocket; readonly replies: DesktopReply[]; readonly closed: Promise<number>; reply(): Promise<DesktopReply> }

function openPage({ origin = `http://${authority}`, host: name = authority, path = '/desktop' } = {}): Page {
  const socket = new WebSocket(`ws://${authority}${path}`, { origin, headers: { host: name }, perMessageDeflate: false })
  const replies: DesktopReply[] = []
  const waiting: ((reply: DesktopReply) => void)[] = []
  socket.on('message', (data: Buffer) => {
    const reply = JSON.parse(data.toString()) as DesktopReply
    const next = waiting.shift()
    if (next === undefined) replies.push(reply)
    else next(reply)
  })
  socket.on('error', () => undefined)
  const closed = new Promise<number>((resolve) => { socket.once('close', resolve).once('unexpected-response', (_, response) => resolve(response.statusCode!)) })
  return { socket, replies, closed, reply: () => replies.length > 0 ? Promise.resolve(replies.shift()!) : new Promise((resolve) => { waiting.push(resolve) }) }
}

const say = (page: Page, message: unknown) => {
  const send = () => page.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  if (page.socket.readyState === WebSocket.OPEN) send()
  else page.socket.once('open', send)
}

async function signedInPage(): Promise<{ page: Page; session: string }> {
  const page = openPage()
  say(page, { type: 'hello', secret })
  const welcome = await page.reply()
  if (welcome.type !== 'welcome') throw new Error('no welcome')
  return { page, session: welcome.session }
}

test('serves the page with a policy that lets nothing else in, and its files', async () => {
  const page = await fetchRaw('/')
  expect(page).toMatchObject({ status: 200, body: '<!doctype html>app' })
  expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'")
  expect(page.headers['content-security-policy']).not.toMatch(/script-src[^;]*unsafe/)
  expect(page.headers['set-cookie']).toBeUndefined()
  expect(page.headers['cache-control']).toBe('no-store')
  expect(await fetchRaw('/assets/app-1.js')).toMatchObject({ status: 200, body: 'js' })
  expect(await fetchRaw('/sessions/se_1')).toMatchObject({ status: 200, body: '<!doctype html>app' })
})

test.each(['/../outside.txt', '/%2e%2e/outside.txt', '/..%2foutside.txt', '/assets/../../outside.txt', '//etc/passwd.txt', '/.env'])('serves nothing outside of what was built: %s', async (path) => {
  const { status, body } = await fetchRaw(path)
  expect(body).not.toMatch(/outside\n?$|SECRET|root:/)
  expect([200, 404]).toContain(status)
  if (status === 200) expect(body).toBe('<!doctype html>app')
})

test('refuses another Host, as a rebound name has', async () => {
  for (const name of ['evil.example', `evil.example:${authority.split(':')[1]}`, `localhost:${authority.split(':')[1]}`, '127.0.0.1']) {
    expect(await fetchRaw('/', { host: name })).toMatchObject({ status: 403 })
  }
  expect(await openPage({ host: 'evil.example' }).closed).toBe(403)
})

test('refuses a socket of another Origin, of none, or at another path', async () => {
  for (const origin of ['http://evil.example', 'null', `https://${authority}`, `http://localhost:${authority.split(':')[1]}`, '']) {
    expect(await openPage({ origin }).closed).toBe(403)
  }
  expect(await openPage({ path: '/other' }).closed).toBe(403)
})

test('refuses to be read or embedded by another page, and lets a link lead here', async () => {
  expect(await fetchRaw('/', { origin: 'http://evil.example' })).toMatchObject({ status: 403 })
  expect(await fetchRaw('/assets/app-1.js', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' })).toMatchObject({ status: 403 })
  expect(await fetchRaw('/', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' })).toMatchObject({ status: 403 })
  expect(await fetchRaw('/', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' })).toMatchObject({ status: 200 })
})

test('changes nothing over HTTP, whatever the method', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) expect(await fetchRaw('/call/login.logout', {}, method)).toMatchObject({ status: 405 })
  await fetchRaw('/call/login.logout')
  expect(calls).toEqual([])
})

test('lets a page in by the secret, once', async () => {
  const { page } = await signedInPage()
  say(page, { type: 'call', id: 7, name: 'app.info', input: null })
  expect(await page.reply()).toEqual({ type: 'output', id: 7, output: { echo: null } })
  const second = openPage()
  say(second, { type: 'hello', secret })
  expect(await second.closed).toBe(closeCodes.unauthorized)
})

test('keeps a reloaded page and further windows in by their session', async () => {
  const { page, session } = await signedInPage()
  page.socket.close()
  const reloaded = openPage()
  say(reloaded, { type: 'resume', session })
  expect(await reloaded.reply()).toEqual({ type: 'welcome', session })
})

test('does nothing for a socket without a secret, with a wrong one, or with another first message', async () => {
  const wrong = openPage()
  say(wrong, { type: 'hello', secret: 'x'.repeat(43) })
  expect(await wrong.closed).toBe(closeCodes.unauthorized)
  const guessed = openPage()
  say(guessed, { type: 'resume', session: secret })
  expect(await guessed.closed).toBe(closeCodes.unauthorized)
  for (const message of [{ type: 'call', id: 1, name: 'app.info', input: null }, 'not json', { type: 'hello', secret, more: 1 }, { type: 'hello', secret: ['x'] }]) {
    const page = openPage()
    say(page, message)
    expect(await page.closed).toBe(closeCodes.malformed)
  }
  expect(calls).toEqual([])
  // None of that used the secret up.
  await signedInPage()
})

test('sends events only to windows that were let in', async () => {
  const stranger = openPage()
  const { page } = await signedInPage()
  for (const listener of listeners) listener('settings.changed', { theme: 'dark', editorFontSize: 13, gateway: null, notifications: { isOn: true, hasSound: true, hours: null }, terminal: { fontSize: 13, copiesOnSelect: false, scrollback: 10_000, hasScreenReader: false } })
  expect(await page.reply()).toEqual({ type: 'event', name: 'settings.changed', data: { theme: 'dark', editorFontSize: 13, gateway: null, notifications: { isOn: true, hasSound: true, hours: null }, terminal: { fontSize: 13, copiesOnSelect: false, scrollback: 10_000, hasScreenReader: false } } })
  expect(stranger.replies).toEqual([])
  page.socket.close()
  await page.closed
  await expect.poll(() => listeners.size).toBe(0)
})

test('gives failures as code and message, without cause or stack', async () => {
  const { page } = await signedInPage()
  say(page, { type: 'call', id: 1, name: 'no', input: {} })
  expect(await page.reply()).toEqual({ type: 'failure', id: 1, failure: { code: 'forbidden', message: 'not you' } })
  say(page, { type: 'call', id: 2, name: 'boom', input: {} })
  expect(await page.reply()).toMatchObject({ type: 'failure', id: 2, failure: { code: 'internal' } })
})

test('closes a window that sends a giant frame, a binary one, or something else than calls', async () => {
  const { page, session } = await signedInPage()
  page.socket.send('x'.repeat(5 * 1024 * 1024))
  expect(await page.closed).toBe(1009)
  for (const message of [Buffer.from('{}'), '{"type":"call","id":-1,"name":"app.info"}', '[]']) {
    const other = openPage()
    say(other, { type: 'resume', session })
    await other.reply()
    other.socket.send(message)
    expect(await other.closed).toBe(closeCodes.malformed)
  }
  expect(calls).toEqual([])
})

test('answers half a request with silence and survives it', async () => {
  const [hostname, port] = authority.split(':') as [string, string]
  const socket = connect(Number(port), hostname)
  socket.write('GET / HTT')
  socket.on('error', () => undefined)
  expect(await fetchRaw('/')).toMatchObject({ status: 200 })
  socket.destroy()
})

test('tells its windows that it stops', async () => {
  const { page } = await signedInPage()
  await host.close()
  expect(await page.closed).toBe(closeCodes.stopping)
})
