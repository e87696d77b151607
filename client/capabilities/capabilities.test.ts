import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { NativeAccess } from '../../shared/ipc.ts'
import { createMemoryTokenStore, type TokenStore } from '../login/token-store.ts'
import { complete, createFakePostgres, dataRow, rowDescription } from '../testing/fake-postgres.ts'
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts'
import { signedIn } from '../testing/signed-in.ts'
import { createCapabilities, failureOf, type Capabilities } from './capabilities.ts'
import { hostAndPort } from './native.ts'

let folder: string
let gateway: FakeGateway
let store: TokenStore
let capabilities: Capabilities

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-capabilities-'))
  const postgres = createFakePostgres(() => [rowDescription(['id', 23]), dataRow('1'), complete('SELECT 1')])
  gateway = await startFakeGateway({ serve: postgres.serve })
  gateway.postgres = '0.0.0.0:15432'
  store = createMemoryTokenStore()
  await (await signedIn(gateway, { store })).dispose()
  capabilities = await start()
})
afterEach(async () => {
  await capabilities.dispose()
  await gateway.close()
  rmSync(folder, { recursive: true })
})

const start = () => createCapabilities({ tokenStore: store, openBrowser: () => Promise.reject(new Error('none here')), dataDir: folder, version: '1.2.3', host: 'browser', gateway: gateway.url, ca: gateway.ca })
const call = (name: string, input: unknown = null) => capabilities.handle(name, input)

test('answers calls by name', async () => {
  expect(await call('app.info')).toEqual({ version: '1.2.3', host: 'browser', platform: process.platform })
  expect(await call('login.state')).toMatchObject({ kind: 'signed-in', principal: { id: 'corp:ana', claims: {} } })
  expect(await call('connections.list')).toEqual([{ name: 'shop', kind: 'postgres', labels: {}, database: 'shop' }])
  expect(await call('sql.split', { text: 'a; b' })).toEqual([{ start: 0, end: 1 }, { start: 3, end: 4 }])
  expect(await call('sessions.list', {})).toEqual({ sessions: [], next: null })
})

test.each<[string, unknown]>([
  ['no.such', null], ['__proto__', null], ['constructor', null], ['toString', null], ['', null],
  ['login.logout', { x: 1 }], ['sql.open', null], ['sql.open', { connection: 1 }], ['sql.open', { connection: 'shop', extra: 1 }], ['sql.open', { connection: '' }],
  ['sql.page', { result: 'r', offset: -1, count: 1 }], ['sql.page', { result: 'r', offset: 0, count: 1_001 }], ['sql.page', { result: 'r', offset: 0.5, count: 1 }],
  ['sql.run', { editor: 'e', text: 'x'.repeat(1024 * 1024 + 1) }], ['settings.set', { theme: 'pink' }], ['settings.set', { gateway: 'http://x' }], ['settings.set', { __proto__: null, other: 1 }],
  ['sessions.frames', { session: 's', after: -2 }], ['login.gateway', { url: 'http://127.0.0.1' }],
  ['app.openLink', { url: 'javascript:alert(1)' }], ['app.openLink', { url: 'file:///etc/passwd' }], ['app.openLink', { url: 'https://bank.example@evil.example/' }], ['app.openLink', { url: 'gatehouse://x' }], ['app.openLink', { url: 'x' }],
  ['terminals.open', { terminal: '../../x', connection: 'prod', cols: 80, rows: 24, namespace: null, page: 'p' }], ['terminals.write', { terminal: 't', base64: 'no base64!' }], ['terminals.resize', { terminal: 't', cols: 0, rows: 1 }],
  ['kubernetes.watch', { connection: 'prod', view: '../x', namespace: null }], ['kubernetes.watch', { connection: 'prod', view: 'pods', namespace: '../kube-system' }], ['kubernetes.get', { connection: 'prod', view: 'pods', namespace: 'a', name: 'x/../../secrets' }],
  ['kubernetes.get', { connection: 'prod', view: 'pods', namespace: 'a', name: '..' }], ['kubernetes.log', { connection: 'prod', namespace: 'a', pod: 'x?follow', container: null, isPrevious: false }],
])('refuses what is no call: %s %j', async (name, input) => {
  await expect(call(name, input)).rejects.toMatchObject({ code: 'input_invalid' })
})

test('a failure carries a code and a message and nothing of its cause', () => {
  expect(failureOf(Object.assign(new Error('x'), { cause: 'secret' }))).toEqual({ code: 'internal', message: 'Gatehouse failed: x' })
})

test('opens a loopback listener with a passfile, remembers its port, and takes the passfile away again', async () => {
  const events: NativeAccess[] = []
  capabilities.on('native.changed', (access) => events.push(access))
  expect(await call('connections.native', { connection: 'shop' })).toMatchObject({ loopback: null })
  const { loopback } = await call('connections.listen', { connection: 'shop' }) as NativeAccess
  expect(events[0]!.loopback).toEqual(loopback)
  expect(statSync(loopback!.passfile).mode & 0o777).toBe(0o600)
  const [, , , , secret] = readFileSync(loopback!.passfile, 'utf8').trim().split(':')
  expect(loopback!.command).not.toContain(secret)
  const client = new Client({ host: loopback!.host, port: loopback!.port, user: 'me', password: secret!, database: 'shop', ssl: false })
  await client.connect()
  await client.end()
  expect(await call('connections.unlisten', { connection: 'shop' })).toMatchObject({ loopback: null })
  expect(readdirSync(join(folder, 'native'))).not.toContain('shop.loopback.pgpass')
  expect((await call('connections.listen', { connection: 'shop' }) as NativeAccess).loopback!.port).toBe(loopback!.port)
})

test('shows the gateway\'s own listener with a passfile that follows the token, and no token in the command', async () => {
  const { gateway: own } = await call('connections.native', { connection: 'shop' }) as NativeAccess
  expect(own).toMatchObject({ address: '127.0.0.1:15432' })
  expect(own!.command).toContain(`sslmode=verify-full sslrootcert=${gateway.ca}`)
  expect(own!.command).not.toContain('gh_')
  expect(readFileSync(own!.passfile, 'utf8')).toBe('127.0.0.1:15432:*:*:gh_1_ana\n')
  gateway.tokens.delete('gh_1_ana')
  await call('connections.list')
  await expect.poll(() => readFileSync(own!.passfile, 'utf8')).toContain('gh_2_ana')
})

test('leaves nothing usable behind at sign-out: no listener, no passfile, no session, no result', async () => {
  const { loopback } = await call('connections.listen', { connection: 'shop' }) as NativeAccess
  const { editor } = await call('sql.open', { connection: 'shop' }) as { editor: string }
  const done = new Promise<string>((resolve) => { capabilities.on('sql.statement', ({ state }) => { if (state.status === 'done') resolve(state.result!) }) })
  await call('sql.run', { editor, text: 'select 1' })
  const result = await done
  await call('login.logout')
  expect(readdirSync(join(folder, 'native')).filter((name) => name.endsWith('.pgpass'))).toEqual([])
  await expect(new Client({ host: loopback!.host, port: loopback!.port, user: 'me', ssl: false }).connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await expect(call('sql.page', { result, offset: 0, count: 1 })).rejects.toMatchObject({ code: 'not_found' })
  await expect(call('connections.list')).rejects.toMatchObject({ code: 'not_signed_in' })
  await expect.poll(() => gateway.tunnels.every(({ socket }) => socket.readyState === socket.CLOSED)).toBe(true)
})

test('keeps settings, and replaces what does not parse by the default', async () => {
  expect(await call('settings.get')).toEqual({ theme: 'system', editorFontSize: 13, gateway: null, notifications: { isOn: true, hasSound: true, hours: null }, terminal: { fontSize: 13, copiesOnSelect: false, scrollback: 10_000, hasScreenReader: false } })
  await call('settings.set', { theme: 'dark', editorFontSize: 16 })
  await capabilities.dispose()
  capabilities = await start()
  expect(await call('settings.get')).toEqual({ theme: 'dark', editorFontSize: 16, gateway: null, notifications: { isOn: true, hasSound: true, hours: null }, terminal: { fontSize: 13, copiesOnSelect: false, scrollback: 10_000, hasScreenReader: false } })
  writeFileSync(join(folder, 'settings.json'), '{"theme":"dark","editorFontSize":"huge","gateway":7,"__proto__":{"x":1}}')
  await capabilities.dispose()
  capabilities = await start()
  expect(await call('settings.get')).toEqual({ theme: 'dark', editorFontSize: 13, gateway: null, notifications: { isOn: true, hasSound: true, hours: null }, terminal: { fontSize: 13, copiesOnSelect: false, scrollback: 10_000, hasScreenReader: false } })
})

test.each([['127.0.0.1:5432', { host: '127.0.0.1', port: 5432 }], ['[::1]:5432', { host: '::1', port: 5432 }], ['0.0.0.0:1', { host: 'gw.example', port: 1 }], [':::1', { host: 'gw.example', port: 1 }]])('reads the listener address %s', (address, expected) => {
  expect(hostAndPort(address, 'https://gw.example:8443')).toEqual(expected)
})
