// Which representation is asked of the upstream, and whether an answer is one we can read. Resources come as JSON only (Table and
// PartialObjectMetadata too); nothing that could hold an object is ever asked for as protobuf, CBOR, YAML or compressed.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
import type { RequestInfo } from './request-info.ts'

/** `json-stream`: one WatchEvent after another. `opaque`: of a proxied program, or a schema; seen by detectors only. */
export type Reading = 'json' | 'json-stream' | 'text' | 'opaque'

export interface Negotiated {
  /** The Accept header that goes upstream, beside `Accept-Encoding: identity`. */
  readonly accept: string
  readonly reads: Reading
}

export function negotiate(info: RequestInfo, path: string, accept: string | null): Negotiated {
  if (info.verb === 'connect') return { accept: plainList(accept), reads: 'opaque' }
  if (!info.isResource) return plain(path, accept)
  if (info.group === '' && info.resource === 'pods' && info.subresource === 'log') return { accept: '*/*', reads: 'text' }
  return { accept: jsonClauses(accept, objectForms), reads: info.verb === 'watch' ? 'json-stream' : 'json' }
}

/** `as=` of the API server's own representations, which are objects still. */
const objectForms: readonly string[] = ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList']
const discoveryForms: readonly string[] = ['APIGroupDiscoveryList']

function plain(path: string, accept: string | null): Negotiated {
  if (/^\/(openapi\/|swagger)/.test(path)) return { accept: plainList(accept), reads: 'opaque' }
  if (/^\/(apis?(\/|$)|version$|\.well-known\/|openid\/|$)/.test(path)) return { accept: jsonClauses(accept, discoveryForms), reads: 'json' }
  return { accept: '*/*', reads: 'text' }
}

interface Clause { readonly type: string; readonly parameters: ReadonlyMap<string, string>; readonly quality: number }

/**
 * Every clause as its JSON twin: `application/vnd.kubernetes.protobuf;as=Table;…` too, for a client that asks for protobuf reads JSON by the
 * answer's Content-Type. What has no twin is left out; plain JSON stands last, so that there always is an answer.
 */
function jsonClauses(accept: string | null, forms: readonly string[]): string {
  const wanted = clausesOf(accept).map(({ parameters }) => {
    const form = parameters.get('as')
    const version = parameters.get('v') ?? ''
    const group = parameters.get('g') ?? ''
    if (form === undefined) return 'application/json'
    return forms.includes(form) && /^v\d[a-z0-9]*$/.test(version) && /^[a-z0-9.]+$/.test(group) ? `application/json;as=${form};v=${version};g=${group}` : ''
  }).filter((clause) => clause !== '')
  return [...new Set([...wanted, 'application/json'])].join(',')
}

/** As it was asked, but for what is not a media type. */
function plainList(accept: string | null): string {
  const wanted = clausesOf(accept).map(({ type, quality }) => (quality === 1 ? type : `${type};q=${quality}`))
  return wanted.length === 0 ? '*/*' : wanted.join(',')
}

/** Best first; what is asked for with q=0 is not asked for. */
function clausesOf(accept: string | null): readonly Clause[] {
  return (accept ?? '').split(',').slice(0, 32).flatMap((text) => {
    const { type, parameters } = mediaType(text)
    const quality = Number(parameters.get('q') ?? '1')
    return /^[\w!#$&^.+@*-]+\/[\w!#$&^.+@*-]+$/.test(type) && quality > 0 && quality <= 1 ? [{ type, parameters, quality }] : []
  }).toSorted((a, b) => b.quality - a.quality)
}

/** Type and names of parameters in lower case. */
export function mediaType(text: string): { readonly type: string; readonly parameters: ReadonlyMap<string, string> } {
  const [type, ...rest] = text.split(';').map((part) => part.trim())
  return { type: type!.toLowerCase(), parameters: new Map(rest.map((part) => pairOf(part))) }
}

function pairOf(text: string): readonly [string, string] {
  const mark = text.indexOf('=')
  return mark === -1 ? [text.toLowerCase(), ''] : [text.slice(0, mark).toLowerCase(), text.slice(mark + 1).replace(/^"(.*)"$/, '$1')]
}

export interface Answer {
  readonly status: number
  /** Null: not sent. */
  readonly contentType: string | null
  readonly contentEncoding: string | null
}

/** How an answer is to be read; null: it is nothing that was asked for, and must not go to the client. A body of no bytes needs no reading. */
export function readableAs({ status, contentType, contentEncoding }: Answer, { reads }: Negotiated): Reading | null {
  if (contentEncoding !== null && !['', 'identity'].includes(contentEncoding.toLowerCase())) return null
  const { type, parameters } = mediaType(contentType ?? '')
  const isUtf8 = ['utf-8', 'utf8'].includes((parameters.get('charset') ?? 'utf-8').toLowerCase())
  const isJson = type === 'application/json' && isUtf8
  const isStream = parameters.get('stream') === 'watch'
  // Errors are Status objects, or a line of text from a server that is not up yet.
  if (status >= 400) return isJson && !isStream ? 'json' : errorText(type, reads)
  if (reads === 'json') return isJson && !isStream ? 'json' : null
  if (reads === 'json-stream') return isJson ? 'json-stream' : null
  if (reads === 'text') return textOf(type, isJson, isUtf8)
  return 'opaque'
}

const errorText = (type: string, reads: Reading): Reading | null => (type === 'text/plain' ? 'text' : reads === 'opaque' ? 'opaque' : null)

function textOf(type: string, isJson: boolean, isUtf8: boolean): Reading | null {
  if (isJson) return 'json'
  return isUtf8 && (type.startsWith('text/') || type === '' || type === 'application/openmetrics-text') ? 'text' : null
}
