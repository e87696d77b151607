// The built renderer, served as it lies on disk. The files are listed once at the start and looked up by their exact path:
// there is no path from a request to the file system.
import { createReadStream, readdirSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { extname, join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8',
  '.json': 'application/json', '.svg': 'image/svg+xml', '.png': 'image/png', '.ico': 'image/x-icon',
  '.woff2': 'font/woff2', '.ttf': 'font/ttf', '.wasm': 'application/wasm', '.txt': 'text/plain; charset=utf-8',
}

export const mimeTypeOf = (extension: string): string => types[extension] ?? 'application/octet-stream'

/** URL path → file, for every file of a kind we serve below `folder`. Empty where there is no such folder. */
export function listFiles(folder: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name)
      if (entry.isFile() && extname(entry.name) in types) files.set(`/${relative(folder, path).replaceAll(sep, '/')}`, path)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return files
}

/** What monaco needs and no more: its workers (blob: where a bundler inlines them), its inline styles, its font. */
export const contentSecurityPolicy = (connect: string) => [
  "default-src 'none'", "script-src 'self'", "style-src 'self' 'unsafe-inline'", "font-src 'self' data:", "img-src 'self' data:",
  "worker-src 'self' blob:", `connect-src ${connect}`, "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
].join('; ')

export const safetyHeaders = (connect: string): Readonly<Record<string, string>> => ({
  'content-security-policy': contentSecurityPolicy(connect),
  'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin', 'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=()',
})

/** Sends a file; hashed assets may be kept by the browser, the page itself may not. */
export function sendFile(response: ServerResponse, file: string, isHead: boolean): void {
  const isAsset = file.includes(`${sep}assets${sep}`)
  response.writeHead(200, { 'content-type': mimeTypeOf(extname(file)), 'cache-control': isAsset ? 'public, max-age=31536000, immutable' : 'no-store' })
  if (isHead) return void response.end()
  pipeline(createReadStream(file), response, (error) => { if (error) response.destroy() })
}
