// The target of a request, read once: decoded segments and query parameters, and the one target that goes upstream, written anew from them.
// So what is judged is what is forwarded. Whatever two readers could read in two ways (`//`, `..`, `%2f`, `;`) is refused, never repaired.
import { kubernetesTargetCharactersMax } from '../../limits-kubernetes.ts'
import { refused, type Refused } from './refusal.ts'

export interface Target {
  /** Decoded; none is empty. */
  readonly segments: readonly string[]
  readonly hasTrailingSlash: boolean
  /** Decoded, in the order they came. `a` and `a=` are the same, as Go reads them. */
  readonly query: readonly (readonly [name: string, value: string])[]
  /** Decoded, for messages and the record: `/api/v1/pods`. */
  readonly path: string
  /** What goes upstream: re-encoded path and query. Reading it again gives this same target. */
  readonly forwarded: string
}

export type TargetResult = { readonly kind: 'target'; readonly target: Target } | Refused

/** Splits `/k8s/<connection>/rest?query`; null: it is no such target. A name holds nothing that would need an encoding. */
export function connectionOf(raw: string): { readonly connection: string; readonly rest: string } | null {
  const match = /^\/k8s\/([A-Za-z0-9][A-Za-z0-9._-]*)(\/.*|\?.*)?$/s.exec(raw)
  if (match === null) return null
  const rest = match[2] ?? '/'
  return { connection: match[1]!, rest: rest.startsWith('/') ? rest : `/${rest}` }
}

export function parseTarget(raw: string): TargetResult {
  if (raw.length > kubernetesTargetCharactersMax) {
    return refused(`the request's path and query are longer than ${kubernetesTargetCharactersMax} characters`, 'Send less in it: copy a long script into the pod instead of its command line.')
  }
  if (!raw.startsWith('/')) return refused('the request target is not a path', 'Send the path alone, beginning with a slash.')
  // Also what Go and others would take for two things: a space ends a request line, a fragment never travels, a backslash is a slash to some.
  const odd = /[^\x21-\x7e]|[#\\"<>^`{|}]/.exec(raw)
  if (odd !== null) return refused(`the request target holds ${shown(odd[0])}, which must be percent-encoded or left out`, 'Send a plain path.')
  const mark = raw.indexOf('?')
  const path = readPath(mark === -1 ? raw : raw.slice(0, mark))
  if (path.kind === 'refused') return path
  const query = readQuery(mark === -1 ? '' : raw.slice(mark + 1))
  if (query.kind === 'refused') return query
  return { kind: 'target', target: targetOf(path.segments, path.hasTrailingSlash, query.parameters) }
}

/** The first value, as Go's conversion of a list to one value takes it; null: not given. */
export const parameter = (target: Target, name: string): string | null => target.query.find(([key]) => key === name)?.[1] ?? null

export const parameters = (target: Target, name: string): readonly string[] => target.query.flatMap(([key, value]) => (key === name ? [value] : []))

/** apimachinery's Convert_Slice_string_To_bool: everything but `false` and `0` is true, an empty value too. */
export function flag(target: Target, name: string): boolean {
  const value = parameter(target, name)
  return value !== null && !['false', '0'].includes(value.toLowerCase())
}

function targetOf(segments: readonly string[], hasTrailingSlash: boolean, query: Target['query']): Target {
  const slash = hasTrailingSlash ? '/' : ''
  const encodedPath = `/${segments.map(encodeSegment).join('/')}${slash}`
  const encodedQuery = query.map(([name, value]) => `${encodeQuery(name)}=${encodeQuery(value)}`).join('&')
  return {
    segments, hasTrailingSlash, query, path: `/${segments.join('/')}${slash}`,
    forwarded: encodedQuery === '' ? encodedPath : `${encodedPath}?${encodedQuery}`,
  }
}

type ReadPath = { readonly kind: 'path'; readonly segments: readonly string[]; readonly hasTrailingSlash: boolean } | Refused

function readPath(raw: string): ReadPath {
  if (raw === '/') return { kind: 'path', segments: [], hasTrailingSlash: false }
  const hasTrailingSlash = raw.endsWith('/')
  const segments: string[] = []
  for (const part of raw.slice(1, hasTrailingSlash ? -1 : undefined).split('/')) {
    const segment = decode(part)
    const objection = segment === null ? 'holds an encoding that is not UTF-8' : segmentObjection(segment)
    if (objection !== null) return refused(`the path ${objection}`, 'Send the plain path of the resource: this one can be read in more than one way.')
    segments.push(segment!)
  }
  return { kind: 'path', segments, hasTrailingSlash }
}

function segmentObjection(segment: string): string | null {
  if (segment === '') return 'holds an empty segment (//)'
  if (/^\.+$/.test(segment)) return `holds the segment ${segment}`
  // `%` of `%25`: somebody behind us may decode once more. `;` begins parameters of a segment to some servers; the rest ends a path.
  const odd = /[/\\%;?#]/.exec(segment)
  if (odd !== null) return `holds ${odd[0]} inside a segment`
  return unshowable.test(segment) ? 'holds a control or invisible character' : null
}

/** Controls, format characters (zero width, bidirectional), separators but the space, and what is not assigned. */
const unshowable = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u

type ReadQuery = { readonly kind: 'query'; readonly parameters: Target['query'] } | Refused

function readQuery(raw: string): ReadQuery {
  const pairs: (readonly [string, string])[] = []
  if (raw === '') return { kind: 'query', parameters: pairs }
  // Go drops pairs with a semicolon and pairs it cannot decode, others read them: nobody gets to.
  if (raw.includes(';')) return refused('the query holds a semicolon', 'Separate parameters by & and write a semicolon in a value as %3B.')
  for (const part of raw.split('&')) {
    if (part === '') continue
    const mark = part.indexOf('=')
    const name = decode((mark === -1 ? part : part.slice(0, mark)).replaceAll('+', ' '))
    const value = decode((mark === -1 ? '' : part.slice(mark + 1)).replaceAll('+', ' '))
    if (name === null || value === null) return refused('the query holds an encoding that is not UTF-8', 'Encode its parameters as UTF-8.')
    if (!/^[\w.:[\]/-]+$/.test(name)) return refused(`the query holds a parameter whose name is not plain (${shown(name)})`, 'Leave that parameter out.')
    if (value.includes('\0')) return refused(`the parameter ${name} holds NUL`, 'Leave NUL out: no API takes it.')
    pairs.push([name, value])
  }
  return { kind: 'query', parameters: pairs }
}

/** Null: a `%` without two hex digits, or bytes that are not UTF-8. */
function decode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null // URIError is an answer here
  }
}

/** RFC 3986 pchar stays as it is (`system:node`, `https:web:443`), so that a plain path goes up as it came. */
const encodeSegment = (segment: string): string => encodeURIComponent(segment).replace(/%(?:3A|40|2C|24|26|3D|2B)/g, decodeURIComponent)

/** URL parsers encode a quote in a query; we do so first. */
const encodeQuery = (text: string): string => encodeURIComponent(text).replaceAll("'", '%27')

const shown = (text: string): string => JSON.stringify(text.slice(0, 20)).replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
