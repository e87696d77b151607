// What a window may not do, whatever its page asks for: go elsewhere, open windows, embed pages, use devices, start downloads.
// https://www.electronjs.org/docs/latest/tutorial/security
import type { Session, WebContents } from 'electron'
import { appOrigin } from './app-scheme.ts'
import { originOf } from '../ipc/sender.ts'

const isOurPage = (url: string) => URL.canParse(url) && originOf(new URL(url)) === appOrigin

export function guardContents(contents: Pick<WebContents, 'on' | 'setWindowOpenHandler'>): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  contents.on('will-navigate', (event) => { if (!isOurPage(event.url)) event.preventDefault() })
  contents.on('will-frame-navigate', (event) => { if (!isOurPage(event.url)) event.preventDefault() })
  contents.on('will-redirect', (event) => { if (!isOurPage(event.url)) event.preventDefault() })
  contents.on('will-attach-webview', (event) => event.preventDefault())
}

/** To write the clipboard when a person copies cells; nothing else is ever granted. */
const granted = new Set(['clipboard-sanitized-write'])

type GuardedSession = Pick<Session, 'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'> & { on(event: 'will-download', listener: (event: { preventDefault(): void }) => void): unknown }

export function guardSession(session: GuardedSession): void {
  session.setPermissionRequestHandler((_, permission, answer, { requestingUrl }) => answer(granted.has(permission) && isOurPage(requestingUrl)))
  session.setPermissionCheckHandler((_, permission, origin) => granted.has(permission) && isOurPage(origin))
  session.setDevicePermissionHandler(() => false)
  session.on('will-download', (event) => event.preventDefault())
}
