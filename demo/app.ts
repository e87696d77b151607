// The desktop app of the demo, served to a browser on loopback: the same renderer and capabilities as in Electron.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { startBrowserHost, type BrowserHost } from '../client/browser-host.ts'
import { createCapabilities } from '../client/capabilities/capabilities.ts'
import { createFileTokenStore } from '../client/login/token-store.ts'
import { openInBrowser } from '../client/login/open-browser.ts'
import { GatehouseError } from '../shared/errors.ts'
import packageJson from '../package.json' with { type: 'json' }
import { isFree } from './ports.ts'

export interface AppOptions { readonly data: string; readonly gateway: string; readonly ca: string | null; readonly port: number }

const rendererDir = join(import.meta.dirname, '..', 'dist', 'renderer')

export async function startApp({ data, gateway, ca, port }: AppOptions): Promise<BrowserHost> {
  if (!existsSync(join(rendererDir, 'index.html'))) throw new GatehouseError('not_found', 'the app is not built; run: npm run build')
  const dataDir = join(data, 'app')
  const capabilities = await createCapabilities({ tokenStore: createFileTokenStore(dataDir), openBrowser: openInBrowser, dataDir, version: packageJson.version, host: 'browser', gateway, ca })
  const host = await startBrowserHost({ rendererDir, capabilities, port: await isFree(port) ? port : 0 })
  return {
    url: host.url,
    async close() {
      await host.close()
      await capabilities.dispose()
    },
  }
}
