// Who may talk to the browser host. Other pages of the same browser reach loopback too, under any name (DNS rebinding), and
// other users of the machine: so Host and Origin must be exactly ours, and what was opened by us is known by a secret.
import { createHash, randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export interface Gate {
  /** Goes into the URL's fragment, which browsers never send; good for one `enter`. */
  readonly secret: string
  /** A session for the secret; null if it is wrong or was used. */
  enter(secret: string): string | null
  isSession(session: string): boolean
}

export function createGate(): Gate {
  const secret = randomBytes(32).toString('base64url')
  // Compared by digest: how long that takes tells nothing of the secrets.
  let unused: string | null = digest(secret)
  const sessions = new Set<string>()
  return {
    secret,
    enter(given) {
      if (unused === null || digest(given) !== unused) return null
      unused = null
      const session = randomBytes(32).toString('base64url')
      sessions.add(digest(session))
      return session
    },
    isSession: (given) => sessions.has(digest(given)),
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest('base64')

/** `authority` is `127.0.0.1:port`. A rebound name has another Host. */
export const isOurHost = (headers: IncomingHttpHeaders, authority: string) => headers.host === authority

/** For a socket: the page that opens it must be ours, and browsers always say which it is. */
export const isOurOrigin = (headers: IncomingHttpHeaders, authority: string) => headers.origin === `http://${authority}`

/** For a file: a visit from anywhere is fine, to be embedded or read from another page is not. */
export function isOurVisit(headers: IncomingHttpHeaders, authority: string): boolean {
  if (headers.origin !== undefined && !isOurOrigin(headers, authority)) return false
  const site = headers['sec-fetch-site']
  const isVisit = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  return site === undefined || site === 'same-origin' || site === 'none' || isVisit
}
