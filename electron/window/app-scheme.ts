// The renderer's files under a scheme of our own, `app://gatehouse/`: not file://, whose pages may read the disk.
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import type { CustomScheme } from 'electron'
import { listFiles, mimeTypeOf, safetyHeaders } from '../../client/browser-host/static-files.ts'

export const appOrigin = 'app://gatehouse'
export const appUrl = `${appOrigin}/`

/** Registered before the app is ready. Standard and secure, so that CSP, workers and storage work as they do on https. */
export const appScheme: CustomScheme = { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } }

/** Answers `protocol.handle`. GET of a file that was built; anything else is 404. */
export function createAppHandler(rendererDir: string): (request: Request) => Promise<Response> {
  const files = listFiles(rendererDir)
  const headers = safetyHeaders("'self'")
  return async ({ method, url }) => {
    const { protocol, host, pathname } = new URL(url)
    const file = `${protocol}//${host}` === appOrigin && method === 'GET' ? files.get(pathname === '/' ? '/index.html' : pathname) : undefined
    if (file === undefined) return new Response('There is no such file.', { status: 404, headers: { ...headers, 'content-type': 'text/plain' } })
    return new Response(new Uint8Array(await readFile(file)), { headers: { ...headers, 'content-type': mimeTypeOf(extname(file)) } })
  }
}
