// Addresses to listen on and hosts to reach, as far as configuration must tell loopback from the rest.
import { isIPv4, isIPv6 } from 'node:net'

export interface ListenAddress {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
}

/** `host:port` or `[v6]:port`; null when it is neither. */
export function parseListenAddress(written: string): ListenAddress | null {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(written)
  const port = Number(match?.[3])
  if (match === null || port > 65_535) return null
  if (match[1] !== undefined) return isIPv6(match[1]) ? { host: match[1], port } : null
  return { host: match[2]!, port }
}

/** Never by a look-up: a name that resolves to loopback today may not tomorrow. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true
  return isIPv4(host) && host.startsWith('127.')
}

/** Of an API server: always https, for a credential goes there; loopback too, since that is where its tests are. */
export function isSafeServer(written: string): boolean {
  const url = URL.canParse(written) ? new URL(written) : null
  return url?.protocol === 'https:' && url.username === '' && url.password === '' && url.search === '' && url.hash === ''
}

/** https, or http that stays on this machine. */
export function isSafeUrl(written: string): boolean {
  const url = URL.canParse(written) ? new URL(written) : null
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname.replace(/^\[|\]$/g, '')))
}
