// Finds the Desktop of this page: Electron's preload put it on `window.gatehouse`, else the browser host's WebSocket.
// In development builds `?fake` gives one in memory; a production bundle does not contain it.
import type { Desktop } from '../../shared/ipc.ts'
import { useHost } from '../stores/host.ts'
import { BrowserDesktop } from './browser-desktop.ts'

declare global {
  interface Window { readonly gatehouse?: Desktop }
}

export async function findDesktop(): Promise<Desktop> {
  if (window.gatehouse !== undefined) return window.gatehouse
  if (import.meta.env.DEV && new URLSearchParams(location.search).has('fake')) {
    const { FakeDesktop } = await import('../testing/fake-desktop.ts')
    return new FakeDesktop({ isSignedIn: !new URLSearchParams(location.search).has('signed-out') })
  }
  return new BrowserDesktop({
    origin: location.origin,
    fragment: location.hash,
    clearFragment: () => history.replaceState(null, '', `${location.pathname}${location.search}#/`),
    storage: sessionStorage,
    socket: (url) => new WebSocket(url),
    linked: (link) => useHost.setState({ link }),
  })
}
