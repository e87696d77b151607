// How every window is made. The page in it is as strange to us as any web page: it has a sandbox and our preload, no Node.
import type { BrowserWindowConstructorOptions } from 'electron'

export const windowOptions = (preload: string): BrowserWindowConstructorOptions => ({
  width: 1280, height: 820, minWidth: 720, minHeight: 480, show: false, title: 'Gatehouse', autoHideMenuBar: true,
  webPreferences: {
    preload, sandbox: true, contextIsolation: true, nodeIntegration: false, nodeIntegrationInWorker: false, nodeIntegrationInSubFrames: false,
    webviewTag: false, webSecurity: true, allowRunningInsecureContent: false, navigateOnDragDrop: false, spellcheck: false,
  },
})
