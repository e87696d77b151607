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

const verbs: Readonly<Record<string, string>> = { GET: 'get', HEAD: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }
const upgrades: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward'])

/** One line for lists: `delete pods/web-0 in shop`, `exec pods/web-0 in shop: sh -c …`. What is not read is given back as it is. */
export function requestWords(recorded: string): string {
  const [line = ''] = recorded.split('\n', 1)
  const read = readRequest(line)
  if (read === null || read.resource === null) return recorded
  const { resource, name, subresource, namespace } = read.resource
  const isUpgrade = subresource !== null && upgrades.has(subresource)
  const verb = isUpgrade ? subresource : read.method === 'DELETE' && name === null ? 'delete all' : (verbs[read.method] ?? read.method)
  const what = [resource, ...(name === null ? [] : [name]), ...(subresource === null || isUpgrade ? [] : [subresource])].join('/')
  const argv = new URLSearchParams(line.split('?', 2)[1] ?? '').getAll('command')
  return `${verb} ${what}${namespace === null ? '' : ` in ${namespace}`}${argv.length === 0 ? '' : `: ${argv.map(quoted).join(' ')}`}`
}

/** As a shell would take it, so that one argument with spaces is not shown as two. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`)
