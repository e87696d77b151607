// The headers of a request: framing and identity checked, and the few that go upstream picked by an allow-list. The rest is dropped:
// Authorization, X-Remote-*, X-Forwarded-*, Cookie, whatever Connection names. Impersonate-* is refused, so that nobody thinks it worked.
import { joined, linesOf, type HeaderLine } from './header-lines.ts'
import { refused, type Refused } from './refusal.ts'
import type { RequestInfo } from './request-info.ts'
import { upgradeOf, type Upgrade } from './upgrade.ts'

export interface ReadHeaders {
  readonly kind: 'headers'
  /**
   * What goes upstream as it came. The caller adds Host, its credential, Accept (negotiation), Accept-Encoding: identity, and of a body
   * Content-Type and Content-Length; of an upgrade `upgradeHeaders`.
   */
  readonly forwarded: readonly HeaderLine[]
  readonly accept: string | null
  readonly contentType: string | null
  /** It announces a body of more than no bytes. */
  readonly hasBody: boolean
  readonly upgrade: Upgrade | null
}

/** Lower case. `kubectl-*` are kubectl's own telemetry, which audit logs of clusters are searched for. */
const passed: ReadonlySet<string> = new Set(['user-agent', 'kubectl-command', 'kubectl-session'])
/** Discovery and OpenAPI are cached by ETag; an ETag of anything else could tell whether a masked value is still the same. */
const passedOfPlain: ReadonlySet<string> = new Set(['if-none-match', 'if-modified-since'])
/** Each of them decides how the rest is read: two of one are two readings. */
const single: readonly string[] = [
  'host', 'authorization', 'content-length', 'content-type', 'content-encoding', 'transfer-encoding', 'upgrade',
  'sec-websocket-key', 'sec-websocket-version',
]

/** `raw`: names and values in turn, as Node's `rawHeaders` has them. */
export function readHeaders(raw: readonly string[], method: string, info: RequestInfo): ReadHeaders | Refused {
  const lines = linesOf(raw)
  const objection = malformed(lines) ?? identityObjection(lines) ?? framingObjection(lines, method)
  if (objection !== null) return objection
  const upgrade = upgradeOf(lines, method, info)
  if (upgrade !== null && upgrade.kind === 'refused') return upgrade
  const hasBody = announcesBody(lines)
  if (upgrade !== null && hasBody) return refused('an upgrade with a body is not taken', 'Send the streams after the upgrade.')
  const isPassed = (name: string): boolean => passed.has(name) || (!info.isResource && passedOfPlain.has(name))
  return {
    kind: 'headers', upgrade, hasBody, forwarded: lines.filter(([name]) => isPassed(name)),
    accept: joined(lines, 'accept'), contentType: joined(lines, 'content-type'),
  }
}

/** Node has refused most of it before; what stands here must hold without it. */
function malformed(lines: readonly HeaderLine[]): Refused | null {
  const odd = lines.find(([name, value]) => !/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value))
  if (odd !== undefined) return refused('a header is malformed', 'Leave control characters and spaces out of header names and values.')
  const twice = single.find((name) => lines.filter(([key]) => key === name).length > 1)
  return twice === undefined ? null : refused(`the header ${twice} is sent more than once`, 'Send it once.')
}

function identityObjection(lines: readonly HeaderLine[]): Refused | null {
  // With an underscore too: servers behind CGI-like gateways take one for the other.
  const impersonation = lines.find(([name]) => name.replaceAll('_', '-').startsWith('impersonate-'))
  if (impersonation === undefined) return null
  return refused(`impersonation is not taken through the gateway (${impersonation[0]})`, 'Leave --as, --as-group and --as-uid out: the gateway knows who you are, and the connection says as whom it acts.', 'Forbidden')
}

function framingObjection(lines: readonly HeaderLine[], method: string): Refused | null {
  const length = joined(lines, 'content-length')
  const coding = joined(lines, 'transfer-encoding')
  if (length !== null && coding !== null) return refused('the request has both Content-Length and Transfer-Encoding', 'Send one of them.')
  if (length !== null && !/^\d{1,15}$/.test(length)) return refused('the Content-Length is not a number', 'Send the number of bytes of the body.')
  if (coding !== null && coding.toLowerCase() !== 'chunked') return refused('the Transfer-Encoding is not chunked', 'Send chunks, or a Content-Length.')
  if ((method === 'GET' || method === 'HEAD') && announcesBody(lines)) return refused(`${method} with a body is not taken`, 'Leave the body out; what is asked for stands in the path and query.')
  const encoding = joined(lines, 'content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity') {
    return refused('a compressed body is not taken', 'Send it without Content-Encoding.', 'UnsupportedMediaType')
  }
  return null
}

function announcesBody(lines: readonly HeaderLine[]): boolean {
  return Number(joined(lines, 'content-length') ?? '0') > 0 || joined(lines, 'transfer-encoding') !== null
}
