// The desktop app: composes and does nothing else. What it composes is plain modules with Electron's API passed in; the
// capabilities are client/'s, the same that the browser host serves.
import { app, BrowserWindow, dialog, ipcMain, Menu, nativeImage, Notification, powerMonitor, protocol, safeStorage, session, shell, Tray } from 'electron'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createCapabilities, type Capabilities } from '../client/capabilities/capabilities.ts'
import { userFolder } from '../client/files.ts'
import { attachApprovals } from './approvals/attach.ts'
import { trayBitmap } from './approvals/tray.ts'
import { deepLinkScheme, fragmentOf, linkIn, parseDeepLink, type DeepLink } from './deep-link.ts'
import { openBridge } from './ipc/bridge.ts'
import { menuTemplate } from './menu.ts'
import { chooseTokenStore, type PlainChoice } from './token-store.ts'
import { appOrigin, appScheme, appUrl, createAppHandler } from './window/app-scheme.ts'
import { guardContents, guardSession } from './window/guard.ts'
import { windowOptions } from './window/options.ts'

/** dist/electron/main.js: the renderer is beside it, package.json above. */
const root = join(import.meta.dirname, '..', '..')
const preload = join(import.meta.dirname, 'preload.cjs')
const rendererDir = join(root, 'dist', 'renderer')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }

const ours = new Set<number>()
const windows = () => BrowserWindow.getAllWindows().filter(({ webContents }) => ours.has(webContents.id)).map(({ webContents }) => webContents)

async function start(): Promise<void> {
  app.enableSandbox()
  if (!app.requestSingleInstanceLock()) return app.quit()
  protocol.registerSchemesAsPrivileged([appScheme])
  // Only an installed app may take the system's links: a checkout would steal them from it.
  if (app.isPackaged) app.setAsDefaultProtocolClient(deepLinkScheme)
  app.on('second-instance', (_, arguments_) => show(linkIn(arguments_)))
  app.on('open-url', (event, url) => { event.preventDefault(); show(parseDeepLink(url)) })
  app.on('web-contents-created', (_, contents) => guardContents(contents))
  // On Linux nobody can say whether the tray is shown anywhere: an app without a window would be out of reach.
  app.on('window-all-closed', () => { if (process.platform === 'linux') app.quit() })
  await app.whenReady()

  guardSession(session.defaultSession)
  protocol.handle(appScheme.scheme, createAppHandler(rendererDir))
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate({ platform: process.platform, isPackaged: app.isPackaged })))
  const capabilities = await compose()
  const closeBridge = openBridge({ ipcMain, capabilities, windows, rules: { origin: appOrigin, isOurs: (id) => ours.has(id) } })
  const detach = await attachApprovals({
    capabilities, tray: new Tray(trayImage()), menuOf: Menu.buildFromTemplate, makeNotification: (facts) => new Notification(facts), powerMonitor,
    open: (id) => show(id === null ? { kind: 'approvals' } : { kind: 'approval', id }), quit: () => app.quit(),
    onFailure: (message) => dialog.showErrorBox('It was not denied', message),
  })
  disposeAtQuit(async () => { closeBridge(); detach(); await capabilities.dispose() })
  app.on('activate', () => show(null))
  show(linkIn(process.argv))
}

async function compose(): Promise<Capabilities> {
  const dataDir = userFolder()
  const tokenStore = await chooseTokenStore({ safeStorage, platform: process.platform, folder: dataDir, askPlain })
  return createCapabilities({
    tokenStore, dataDir, version, host: 'electron', openBrowser: (url) => shell.openExternal(url),
    gateway: process.env['GATEHOUSE_URL'] ?? null, ca: process.env['GATEHOUSE_CA'] ?? null,
  })
}

/** Drawn, not read: black to be coloured by macOS, elsewhere a tone that is seen on light and dark bars. */
function trayImage(): Electron.NativeImage {
  const isTemplate = process.platform === 'darwin'
  const image = nativeImage.createEmpty()
  for (const scaleFactor of [1, 2]) {
    const size = 16 * scaleFactor
    const bitmap = trayBitmap(size, isTemplate ? [0, 0, 0] : [0xb0, 0xbc, 0x3c])
    image.addRepresentation({ scaleFactor, width: size, height: size, buffer: nativeImage.createFromBitmap(bitmap, { width: size, height: size }).toPNG() })
  }
  image.setTemplateImage(isTemplate)
  return image
}

/** Brings the window up, or makes one; goes where the link says. */
function show(link: DeepLink | null): void {
  const [window] = BrowserWindow.getAllWindows()
  if (window === undefined) return open(link)
  if (window.isMinimized()) window.restore()
  window.focus()
  if (link !== null) void window.loadURL(appUrl + fragmentOf(link))
}

function open(link: DeepLink | null): void {
  const window = new BrowserWindow(windowOptions(preload))
  const { id } = window.webContents
  ours.add(id)
  window.once('closed', () => ours.delete(id))
  window.once('ready-to-show', () => window.show())
  void window.loadURL(link === null ? appUrl : appUrl + fragmentOf(link))
}

async function askPlain(): Promise<PlainChoice> {
  const { response } = await dialog.showMessageBox({
    type: 'question', title: 'Gatehouse', message: 'This system has no key store that Gatehouse could keep your sign-in in.',
    detail: 'Gatehouse can forget it when you quit, or keep it in a file that only your user may read. The file is not encrypted.',
    buttons: ['Forget it when I quit', 'Keep it in a file'], defaultId: 0, cancelId: 0, noLink: true,
  })
  return response === 1 ? 'file' : 'memory'
}

/** Listeners, passfiles and sessions end before the process does. */
function disposeAtQuit(dispose: () => Promise<void>): void {
  let isDisposed = false
  app.on('before-quit', (event) => {
    if (isDisposed) return
    event.preventDefault()
    isDisposed = true
    dispose().finally(() => app.quit())
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => app.quit())
}

start().catch((error: unknown) => {
  process.stderr.write(`gatehouse: ${error instanceof Error ? error.message : String(error)}\n`)
  if (app.isReady()) dialog.showErrorBox('Gatehouse cannot start', error instanceof Error ? error.message : String(error))
  app.exit(1)
})
