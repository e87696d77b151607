import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAppHandler } from './app-scheme.ts'
import { guardContents, guardSession } from './guard.ts'
import { windowOptions } from './options.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-app-'))
  writeFileSync(join(folder, 'index.html'), 'page')
})
afterAll(() => rmSync(folder, { recursive: true }))

test('serves the page under our scheme with a strict policy', async () => {
  const response = await createAppHandler(folder)(new Request('app://gatehouse/?x#/connections'))
  expect(response.status).toBe(200)
  expect(await response.text()).toBe('page')
  expect(response.headers.get('content-type')).toContain('text/html')
  expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'.*connect-src 'self'/)
})

test.each(['app://other/', 'app://gatehouse/../../etc/passwd', 'app://gatehouse/%2e%2e/x.txt', 'app://gatehouse/missing.js', 'app://gatehouse/connections'])('has no file for %s', async (url) => {
  expect((await createAppHandler(folder)(new Request(url))).status).toBe(404)
})

test('takes GET only', async () => {
  expect((await createAppHandler(folder)(new Request('app://gatehouse/', { method: 'POST' }))).status).toBe(404)
})

/** Records what the guard sets, then plays the page. */
function guarded() {
  const events = new Map<string, (event: { url: string; preventDefault(): void }) => void>()
  let openHandler: (details: never) => { action: string } = () => ({ action: 'allow' })
  const contents = {
    on(name: string, listener: (event: { url: string; preventDefault(): void }) => void) { events.set(name, listener); return contents },
    setWindowOpenHandler(handler: typeof openHandler) { openHandler = handler },
  }
  // The fake has the two methods the guard uses; Electron's overloads of `on` cannot be met by an object literal.
  guardContents(contents as unknown as Parameters<typeof guardContents>[0])
  const isPrevented = (name: string, url: string) => {
    let prevented = false
    events.get(name)!({ url, preventDefault: () => { prevented = true } })
    return prevented
  }
  return { isPrevented, open: () => openHandler({} as never) }
}

test('a page can neither leave nor open windows', () => {
  const { isPrevented, open } = guarded()
  expect(open()).toEqual({ action: 'deny' })
  for (const name of ['will-navigate', 'will-frame-navigate', 'will-redirect']) {
    for (const url of ['https://evil.example', 'file:///etc/passwd', 'app://other/', 'javascript:alert(1)', 'data:text/html,x', 'not a url']) expect(isPrevented(name, url)).toBe(true)
    expect(isPrevented(name, 'app://gatehouse/#/settings')).toBe(false)
  }
  expect(isPrevented('will-attach-webview', '')).toBe(true)
})

test('grants the clipboard to our page and nothing else to anyone', () => {
  type Session = Parameters<typeof guardSession>[0]
  const set: { request?: Parameters<Session['setPermissionRequestHandler']>[0]; check?: Parameters<Session['setPermissionCheckHandler']>[0]; device?: Parameters<Session['setDevicePermissionHandler']>[0] } = {}
  let download: (event: { preventDefault(): void }) => void = () => undefined
  guardSession({
    setPermissionRequestHandler: (handler) => { set.request = handler },
    setPermissionCheckHandler: (handler) => { set.check = handler },
    setDevicePermissionHandler: (handler) => { set.device = handler },
    on: (_, listener) => { download = listener },
  })
  const asked = (permission: string, requestingUrl: string) => {
    let answer: boolean | null = null
    set.request!(null as never, permission as never, (granted) => { answer = granted }, { requestingUrl } as never)
    return answer
  }
  expect(asked('clipboard-sanitized-write', 'app://gatehouse/')).toBe(true)
  expect(asked('clipboard-sanitized-write', 'https://evil.example/')).toBe(false)
  for (const permission of ['media', 'geolocation', 'notifications', 'clipboard-read', 'openExternal', 'hid']) expect(asked(permission, 'app://gatehouse/')).toBe(false)
  expect(set.check!(null, 'media', 'app://gatehouse/', {} as never)).toBe(false)
  expect(set.device!({} as never)).toBe(false)
  let prevented = false
  download({ preventDefault: () => { prevented = true } })
  expect(prevented).toBe(true)
})

test('a window has a sandbox, an isolated context and no Node', () => {
  expect(windowOptions('/preload.cjs').webPreferences).toMatchObject({
    sandbox: true, contextIsolation: true, nodeIntegration: false, nodeIntegrationInWorker: false, nodeIntegrationInSubFrames: false,
    webviewTag: false, webSecurity: true, allowRunningInsecureContent: false,
  })
})
