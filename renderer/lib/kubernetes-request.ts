// A Kubernetes request as an approval holds it (gateway/protocols/kubernetes/asked.ts, `wholeText`): its line, of an exec the argv, of
// a request with a body its type and the body. Taken apart to be read at a glance; the exact text stands below it, whole.

export interface ReadRequest {
  readonly method: string
  readonly path: string
  /** `api/v1` as ``, `apis/apps/v1` as `apps`; null where the path names no resource. */
  readonly resource: { readonly group: string; readonly resource: string; readonly subresource: string | null; readonly namespace: string | null; readonly name: string | null } | null
  /** But for `command`, which stands in `argv`. */
  readonly query: readonly (readonly [name: string, value: string])[]
  /** Of exec: as it is written for a shell, one line. */
  readonly argv: string | null
  readonly contentType: string | null
}

/** Null: it is not of that form, and is shown as text only. */
export function readRequest(text: string): ReadRequest | null {
  const at = text.indexOf('\n\n')
  const [head, rest] = at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 2)]
  const line = /^([A-Z]+) (\/\S*)$/.exec(head)
  if (line === null) return null
  const [path = '', search = ''] = line[2]!.split('?', 2)
  // An exec has no body: all that follows is the argv, blank lines of an argument included.
  const argv = rest.startsWith('$ ') ? rest.slice(2) : null
  const type = /^content-type: (.*)$/m.exec(rest.split('\n', 1)[0]!)?.[1] ?? null
  return { method: line[1]!, path, resource: resourceOf(path), query: [...new URLSearchParams(search)].filter(([name]) => name !== 'command'), argv, contentType: type }
}

/** `/api/v1/namespaces/x/pods/y/log`; `namespaces/x` alone is the namespace itself. */
function resourceOf(path: string): ReadRequest['resource'] {
  const match = /^\/(?:api|apis\/([^/]+))\/[^/]+\/(.+)$/.exec(path)
  if (match === null) return null
  const segments = match[2]!.split('/').map(decoded)
  const isInNamespace = segments[0] === 'namespaces' && segments.length > 2 && !['status', 'finalize'].includes(segments[2]!)
  const [resource = '', name = null, ...more] = isInNamespace ? segments.slice(2) : segments
  return { group: match[1] ?? '', resource, name, subresource: more.length === 0 ? null : more.join('/'), namespace: isInNamespace ? segments[1]! : null }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch (reason) {
    if (reason instanceof URIError) return segment
    throw reason
  }
}
