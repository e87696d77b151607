// Who may talk to a loopback listener for kubectl. Web pages reach loopback too, under any name (DNS rebinding), and so do other
// users of the machine: the Host must be ours, a browser is refused whatever it says, and the bearer must be the secret. The
// secret opens one connection: a path that could climb out of it towards the rest of the gateway's API is refused as well.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { KubernetesRefusal } from './kubernetes-refusals.ts'

export interface Gate {
  /** `127.0.0.1:port` and `localhost:port`. */
  readonly authorities: readonly string[]
  readonly secret: string
}

/** Null: it may pass. */
export function admit({ url = '', headers, headersDistinct }: IncomingMessage, { authorities, secret }: Gate): KubernetesRefusal | null {
  const hosts = headersDistinct['host'] ?? []
  if (hosts.length !== 1 || !authorities.includes(hosts[0]!)) return { code: 403, message: 'this listener is reached as 127.0.0.1 or localhost only' }
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) return { code: 403, message: 'this listener is not for web pages' }
  const bearers = headersDistinct['authorization'] ?? []
  if (bearers.length !== 1 || !isSame(bearers[0]!, `Bearer ${secret}`)) {
    return { code: 401, message: 'the token is not this listener\'s secret; use the kubeconfig that Gatehouse shows, it is written anew with every listener' }
  }
  if (!staysInside(url)) return { code: 400, message: 'the path leads out of this connection' }
  return null
}

/** Constant time whatever the lengths: both are hashed first. */
function isSame(given: string, wanted: string): boolean {
  const digest = (value: string) => createHash('sha256').update(value).digest()
  return timingSafeEqual(digest(given), digest(wanted))
}

/** Origin-form (RFC 9112 3.2.1) without dot segments, encoded or not. All else about paths is the gateway's to judge. */
function staysInside(url: string): boolean {
  const [path = ''] = url.split(/[?#]/, 1)
  return path.startsWith('/') && !path.split(/[/\\]|%2f|%5c/i).some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment))
}
