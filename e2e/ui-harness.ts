// Serves the built renderer on loopback with the strict Content-Security-Policy of the real hosts, and bundles the fake Desktop to run
// before the page. For e2e/ui-*.spec.ts: the renderer alone, in a real browser.
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize, resolve } from 'node:path'
import { build } from 'vite'

const root = resolve(import.meta.dirname, '..')
const served = join(root, 'dist', 'renderer')

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.ttf': 'font/ttf',
}

export const strictPolicy = [
  "default-src 'none'", "script-src 'self'", "style-src 'self' 'unsafe-inline'", "font-src 'self'", "img-src 'self' data:",
  "worker-src 'self' blob:", "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
].join('; ')

export interface RendererServer { readonly url: string; close(): Promise<void> }

export async function serveRenderer(): Promise<RendererServer> {
  const server: Server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://loopback').pathname))
    const file = join(served, path === '/' ? 'index.html' : path)
    readFile(file).then((body) => {
      response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream', 'content-security-policy': strictPolicy })
      response.end(body)
    }, () => response.writeHead(404).end())
  })
  await new Promise<void>((listening) => { server.listen(0, '127.0.0.1', listening) })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, close: () => new Promise((closed) => { server.close(() => closed()) }) }
}

/** One script that defines `window.gatehouse`, for `page.addInitScript`. */
export async function fakeDesktopScript(): Promise<string> {
  const output = await build({
    configFile: false, logLevel: 'error', root: join(root, 'renderer'),
    build: { write: false, minify: false, lib: { entry: join(root, 'renderer', 'testing', 'install-fake.ts'), formats: ['iife'], name: 'fake' } },
  })
  const [first] = Array.isArray(output) ? output : [output]
  if (first === undefined || !('output' in first)) throw new Error('vite gave no bundle of the fake Desktop')
  return first.output[0].code
}
