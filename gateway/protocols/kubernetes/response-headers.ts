// Headers of an upstream's answer that may go to the client, by an allow-list. Dropped: cookies, challenges and redirects of the upstream
// (they speak of its credential and its paths), hop-by-hop ones, and Gatehouse's own names, which nobody behind us may set.
import { linesOf, type HeaderLine } from './header-lines.ts'
import { mediaType, type Reading } from './negotiation.ts'
import { refused, type Refused } from './refusal.ts'

export interface ResponseHeaders {
  readonly kind: 'headers'
  /** Without Content-Length, which the caller sets where it knows it after masking. Values of Warning are still to be cleaned. */
  readonly forwarded: readonly HeaderLine[]
  readonly contentType: string | null
  readonly contentEncoding: string | null
}

const passed: ReadonlySet<string> = new Set([
  'content-type', 'date', 'audit-id', 'warning', 'cache-control', 'vary', 'x-content-type-options',
  'x-kubernetes-pf-flowschema-uid', 'x-kubernetes-pf-prioritylevel-uid',
])
/** Of discovery, OpenAPI and health alone: an ETag of an object tells whether a masked value has changed. */
const passedOfPlain: ReadonlySet<string> = new Set(['etag', 'last-modified', 'expires'])

/** Client-go asks again by itself on 429 and 5xx with it: that is right when the upstream itself says so. */
const retry = 'retry-after'

/** `raw`: names and values in turn, or pairs of HTTP/2 without its pseudo headers. */
export function readResponseHeaders(raw: readonly string[], answer: { readonly status: number; readonly isPlain: boolean }): ResponseHeaders | Refused {
  const { status, isPlain } = answer
  if (status >= 300 && status < 400 && status !== 304) {
    return refused(`the upstream answers with a redirect (${status}), which the gateway does not follow`, 'Ask for the path it leads to.', 'ServiceUnavailable')
  }
  if (status === 401) {
    return refused('the upstream refuses the credential that the gateway holds for this connection', 'Ask whoever runs the gateway to renew it.', 'ServiceUnavailable')
  }
  const lines = linesOf(raw)
  const isPassed = (name: string): boolean =>
    passed.has(name) || (isPlain && passedOfPlain.has(name)) || (name === retry && (status === 429 || status >= 500))
  const contentTypes = valuesOf(lines, 'content-type')
  if (contentTypes.length > 1) return refused('the upstream answers with two content types', 'Tell whoever runs the cluster.', 'ServiceUnavailable')
  return {
    kind: 'headers', forwarded: lines.filter(([name, value]) => isPassed(name) && !/[^\t\x20-\x7e\x80-\xff]/.test(value)),
    contentType: contentTypes[0] ?? null, contentEncoding: valuesOf(lines, 'content-encoding').join(', ') || null,
  }
}

/** Of a body that the gateway wrote anew: what it really is, so that no browser takes text for a page. */
export const contentTypeFor = (reading: Reading, came: string | null): string =>
  reading === 'json' || reading === 'json-stream' ? jsonType(came) : reading === 'text' && came !== null ? safeText(came) : came ?? 'application/octet-stream'

/** With its parameters: `as=Table`, `stream=watch`, discovery's own. */
const jsonType = (came: string | null): string => (came !== null && mediaType(came).type === 'application/json' ? came : 'application/json')

const safeText = (came: string): string => (mediaType(came).type === 'text/html' ? 'text/plain; charset=utf-8' : came)

const valuesOf = (lines: readonly HeaderLine[], name: string): readonly string[] => lines.filter(([key]) => key === name).map(([, value]) => value)
