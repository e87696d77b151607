// An upgrade as the client asks for it: only of exec, attach and portforward, and only to streams the relay can read.
// https://github.com/kubernetes/apimachinery/blob/master/pkg/util/remotecommand/constants.go , …/portforward/constants.go
import { refused, type Refused } from './refusal.ts'
import { spokenSubprotocols } from './codec/channels.ts'
import { joined, tokensOf, type HeaderLine } from './header-lines.ts'
import type { RequestInfo } from './request-info.ts'

export interface Upgrade {
  readonly kind: 'upgrade'
  readonly protocol: 'spdy' | 'websocket'
  readonly use: 'exec' | 'attach' | 'portforward'
  /** Known ones that the client offers, in its order; at least one. The upstream chooses among them. */
  readonly subprotocols: readonly string[]
  /** What goes upstream: Upgrade, Connection and the protocol's own. No extensions: compressed frames could not be read. */
  readonly headers: readonly HeaderLine[]
}

const offered = { spdy: 'x-stream-protocol-version', websocket: 'sec-websocket-protocol' } as const

/** Null: no upgrade is asked for. */
export function upgradeOf(lines: readonly HeaderLine[], method: string, info: RequestInfo): Upgrade | Refused | null {
  const wanted = joined(lines, 'upgrade')
  const isNamed = tokensOf(joined(lines, 'connection')).some((token) => token.toLowerCase() === 'upgrade')
  if (wanted === null && !isNamed) return null
  if (wanted === null || !isNamed) return refused('the request asks for an upgrade by half', 'Send both Connection: Upgrade and Upgrade.')
  const { verb } = info
  if (verb !== 'exec' && verb !== 'attach' && verb !== 'portforward') {
    return refused('an upgrade is taken for pods/exec, pods/attach and pods/portforward only', 'Watch and proxy without an upgrade.', 'Forbidden')
  }
  const protocol = protocols.get(wanted.toLowerCase())
  if (protocol === undefined) return refused('the request asks to upgrade to a protocol that is not known', 'Use SPDY/3.1 or websocket.')
  if (protocol === 'websocket' && method !== 'GET') return refused('a WebSocket begins with GET', 'Send GET.', 'MethodNotAllowed')
  if (protocol === 'spdy' && method !== 'GET' && method !== 'POST') return refused('an upgrade to SPDY begins with POST or GET', 'Send POST.', 'MethodNotAllowed')
  return protocol === 'websocket' ? webSocket(lines, verb) : spdy(lines, verb)
}

const protocols = new Map<string, Upgrade['protocol']>([['spdy/3.1', 'spdy'], ['websocket', 'websocket']])

function spdy(lines: readonly HeaderLine[], use: Upgrade['use']): Upgrade | Refused {
  const known = knownOf(lines, 'spdy', use)
  if ('kind' in known) return known
  return {
    kind: 'upgrade', protocol: 'spdy', use, subprotocols: known,
    headers: [['connection', 'Upgrade'], ['upgrade', 'SPDY/3.1'], ...known.map((version) => [offered.spdy, version] as const)],
  }
}

function webSocket(lines: readonly HeaderLine[], use: Upgrade['use']): Upgrade | Refused {
  // The API server takes a bearer token from here (a browser cannot set headers): nobody brings one past the gateway's credential.
  if (tokensOf(joined(lines, offered.websocket)).some((token) => token.toLowerCase().startsWith('base64url.bearer.'))) {
    return refused('a token as a WebSocket subprotocol is not taken', 'Send it in the Authorization header.', 'Unauthorized')
  }
  const key = joined(lines, 'sec-websocket-key')
  if (key === null || !/^[A-Za-z0-9+/]{21}[AQgw]==$/.test(key) || joined(lines, 'sec-websocket-version') !== '13') {
    return refused('the WebSocket handshake is malformed', 'Send Sec-WebSocket-Version: 13 and a key of 16 bytes in base64.')
  }
  const known = knownOf(lines, 'websocket', use)
  if ('kind' in known) return known
  return {
    kind: 'upgrade', protocol: 'websocket', use, subprotocols: known,
    headers: [
      ['connection', 'Upgrade'], ['upgrade', 'websocket'], ['sec-websocket-version', '13'], ['sec-websocket-key', key],
      [offered.websocket, known.join(', ')],
    ],
  }
}

function knownOf(lines: readonly HeaderLine[], protocol: Upgrade['protocol'], use: Upgrade['use']): readonly string[] | Refused {
  const readable = spokenSubprotocols(use, protocol)
  const known = [...new Set(tokensOf(joined(lines, offered[protocol])))].filter((name) => readable.includes(name))
  if (known.length > 0) return known
  return refused(`the client offers no stream protocol that the gateway reads (${readable.join(', ')})`, 'Use kubectl 1.20 or newer, or a client library that offers one of them.')
}
