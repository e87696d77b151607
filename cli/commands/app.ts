// `gatehouse app`: the desktop app. With a display and an Electron runtime a window, else the same renderer in a browser; without
// `--gateway` the demo stack comes up first, so that a newcomer has something to look at.
import { spawn } from 'node:child_process'
import type { Command } from 'commander'
import { startBrowserHost } from '../../client/browser-host.ts'
import { createCapabilities } from '../../client/capabilities/capabilities.ts'
import { userFolder } from '../../client/files.ts'
import { openInBrowser } from '../../client/login/open-browser.ts'
import { createFileTokenStore } from '../../client/login/token-store.ts'
import { GatehouseError } from '../../shared/errors.ts'
import { prepareApp, rendererDir } from '../app-files.ts'
import { runDemo, type DemoProcess } from '../demo-process.ts'
import { findRuntime, hasDisplay, type Runtime } from '../electron-runtime.ts'
import { print, say } from '../output.ts'
import { version } from '../version.ts'

interface AppOptions { readonly browser?: boolean; readonly gateway?: string; readonly data?: string }
interface Gateway { readonly url: string; readonly ca: string | null }

export function register(command: Command): void {
  command
    .option('--browser', 'serve the app to a browser on loopback and print its address')
    .option('--gateway <url>', 'a gateway that runs already (else GATEHOUSE_URL; else the demo is started)')
    .option('--data <dir>', "where the demo's data is kept, without --gateway")
    .action(async (options: AppOptions) => {
      await prepareApp()
      const runtime: Runtime = options.browser === true ? { kind: 'browser', why: '' } : await findRuntime(say)
      if (runtime.kind === 'browser' && runtime.why !== '') say(`The app opens in a browser: ${runtime.why}.`)
      const url = options.gateway ?? process.env['GATEHOUSE_URL']
      process.exitCode = url === undefined ? await withDemo(runtime, options.data) : await withGateway(runtime, { url, ca: process.env['GATEHOUSE_CA'] ?? null })
    })
}

/** The demo serves the app itself; a window comes instead of that. */
async function withDemo(runtime: Runtime, data: string | undefined): Promise<number> {
  const demo = runDemo([...(data === undefined ? [] : ['--data', data]), ...(runtime.kind === 'window' ? ['--no-app'] : [])])
  const ready = await Promise.race([readyOf(demo), demo.exited])
  if (typeof ready === 'number') return ready
  if (runtime.kind === 'browser') {
    if (ready.app !== null) await openWhereSeen(ready.app)
    return demo.exited
  }
  const code = await Promise.race([openWindow(runtime, { url: ready.api, ca: ready.ca }), demo.exited])
  demo.child.kill('SIGTERM')
  await demo.exited
  return code
}

interface DemoReady { readonly api: string; readonly ca: string | null; readonly app: string | null }

/** The ready line, as the demo sends it to who spawned it (its stdout is the user's). */
const readyOf = (demo: DemoProcess) => new Promise<DemoReady>((resolve) => { demo.child.once('message', (message) => resolve(message as DemoReady)) })

async function withGateway(runtime: Runtime, gateway: Gateway): Promise<number> {
  if (runtime.kind === 'window') return openWindow(runtime, gateway)
  const dataDir = userFolder()
  const capabilities = await createCapabilities({
    tokenStore: createFileTokenStore(dataDir), openBrowser: openInBrowser, dataDir, version, host: 'browser', gateway: gateway.url, ca: gateway.ca,
  })
  const host = await startBrowserHost({ rendererDir, capabilities })
  print(`${host.url}\n`)
  await openWhereSeen(host.url)
  const code = await interrupted()
  await host.close()
  await capabilities.dispose()
  return code
}

/** Ends when the window is closed, or when we are told to. */
function openWindow({ binary, main }: Extract<Runtime, { kind: 'window' }>, { url, ca }: Gateway): Promise<number> {
  const child = spawn(binary, [main], { stdio: 'inherit', env: { ...process.env, GATEHOUSE_URL: url, ...(ca === null ? {} : { GATEHOUSE_CA: ca }) } })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill('SIGTERM'))
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new GatehouseError('not_permitted', `cannot start Electron: ${error.message}; try --browser`, { cause: error })))
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

/** A browser opens only before somebody's eyes: not in scripts, not on servers. */
async function openWhereSeen(url: string): Promise<void> {
  if (!hasDisplay() || !process.stdout.isTTY) return
  await openInBrowser(url).catch(() => say('No browser could be opened; open the address above yourself.'))
}

function interrupted(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  process.once('SIGINT', () => resolve(130))
  process.once('SIGTERM', () => resolve(143))
  process.once('SIGHUP', () => resolve(129))
  return promise
}
