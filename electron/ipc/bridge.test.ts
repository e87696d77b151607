import { expect, test } from 'vitest'
import type { Capabilities } from '../../client/capabilities/capabilities.ts'
import { GatehouseError } from '../../shared/errors.ts'
import type { IpcEventName, IpcEvents } from '../../shared/ipc.ts'
import { openBridge } from './bridge.ts'
import { callChannel, eventChannel } from './channels.ts'
import { createDesktop, type RendererIpc } from './desktop.ts'

type Handler = Parameters<Parameters<typeof openBridge>[0]['ipcMain']['handle']>[1]
type Frame = { readonly url: string; readonly parent: unknown } | null

function fakeElectron() {
  const handlers = new Map<string, Handler>()
  const sent: { channel: string; message: unknown }[] = []
  const calls: unknown[] = []
  let emit: (name: IpcEventName, data: IpcEvents[IpcEventName]) => void = () => undefined
  const capabilities: Capabilities = {
    handle(name, input) {
      calls.push([name, input])
      return name === 'fail' ? Promise.reject(new GatehouseError('not_found', 'gone', { cause: new Error('secret') })) : Promise.resolve('done')
    },
    on: () => () => undefined,
    onEvent(listener) { emit = listener; return () => { emit = () => undefined } },
    dispose: () => Promise.resolve(),
  }
  const close = openBridge({
    ipcMain: { handle: (channel, handler) => { handlers.set(channel, handler) }, removeHandler: (channel) => { handlers.delete(channel) } },
    capabilities, windows: () => [{ isDestroyed: () => false, send: (channel: string, message: unknown) => { sent.push({ channel, message }) } }],
    rules: { origin: 'app://gatehouse', isOurs: (id) => id === 1 },
  })
  // Only what a sender check may look at; Electron's event has much more.
  const invoke = (frame: Frame, name: unknown, input: unknown = null, id = 1) =>
    handlers.get(callChannel)!({ senderFrame: frame, sender: { id } } as unknown as Parameters<Handler>[0], name, input) as Promise<unknown>
  return { invoke, calls, sent, handlers, close, emit: (name: IpcEventName, data: IpcEvents[IpcEventName]) => emit(name, data) }
}

const ourFrame: Frame = { url: 'app://gatehouse/#/connections', parent: null }

test('carries a call of our page, and its failure as a value without the cause', async () => {
  const { invoke, calls } = fakeElectron()
  expect(await invoke(ourFrame, 'app.info')).toEqual({ ok: true, output: 'done' })
  expect(await invoke(ourFrame, 'fail')).toEqual({ ok: false, failure: { code: 'not_found', message: 'gone' } })
  expect(calls).toEqual([['app.info', null], ['fail', null]])
})

test.each([
  ['another page', { url: 'https://evil.example/', parent: null }, 1],
  ['another host of our scheme', { url: 'app://other/', parent: null }, 1],
  ['a page whose address begins like ours', { url: 'app://gatehouse.evil.example/', parent: null }, 1],
  ['a frame inside our page', { url: 'app://gatehouse/', parent: {} }, 1],
  ['a blank frame', { url: 'about:blank', parent: null }, 1],
  ['a frame that is gone', null, 1],
  ['a window that is not ours', { url: 'app://gatehouse/', parent: null }, 2],
] as const)('refuses a call of %s', async (_, frame, id) => {
  const { invoke, calls } = fakeElectron()
  expect(await invoke(frame, 'login.logout', null, id)).toMatchObject({ ok: false, failure: { code: 'forbidden' } })
  expect(calls).toEqual([])
})

test('refuses a call without a name', async () => {
  const { invoke, calls } = fakeElectron()
  expect(await invoke(ourFrame, { toString: () => 'app.info' })).toMatchObject({ ok: false, failure: { code: 'input_invalid' } })
  expect(calls).toEqual([])
})

test('pushes events to the windows until it is closed', () => {
  const { emit, sent, close, handlers } = fakeElectron()
  emit('sql.lost', { editor: 'e', reason: 'idle' })
  expect(sent).toEqual([{ channel: eventChannel, message: { name: 'sql.lost', data: { editor: 'e', reason: 'idle' } } }])
  close()
  emit('sql.lost', { editor: 'e', reason: 'idle' })
  expect(sent).toHaveLength(1)
  expect(handlers.size).toBe(0)
})

test('the page gets values and no event object', async () => {
  let push: (event: unknown, message: unknown) => void = () => undefined
  const ipc: RendererIpc = {
    invoke: (_, name) => Promise.resolve(name === 'app.info' ? { ok: true, output: 1 } : { ok: false, failure: { code: 'forbidden', message: 'no' } }),
    on: (_, listener) => { push = listener },
  }
  const desktop = createDesktop(ipc)
  const heard: unknown[][] = []
  const stop = desktop.on('sql.lost', (...values) => heard.push(values))
  push({ sender: 'secret' }, { name: 'sql.lost', data: { editor: 'e', reason: 'r' } })
  push({ sender: 'secret' }, { name: 'settings.changed', data: {} })
  stop()
  push({ sender: 'secret' }, { name: 'sql.lost', data: { editor: 'f', reason: 'r' } })
  expect(heard).toEqual([[{ editor: 'e', reason: 'r' }]])
  expect(await desktop.call('app.info', null)).toBe(1)
  await expect(desktop.call('login.state', null)).rejects.toEqual({ code: 'forbidden', message: 'no' })
})
