// What the API server's RequestInfo says of a request: group, version, namespace, resource, name, verb; from method and target alone.
// https://github.com/kubernetes/apiserver/blob/master/pkg/endpoints/request/requestinfo.go ; where it guesses, this refuses.
import type { KubernetesVerb } from '../../../shared/kubernetes.ts'
import { exactName } from './field-selector.ts'
import { flag, parameter, parameters, type Target } from './path.ts'
import { refused, type Refused } from './refusal.ts'
import { isBuiltInGroup, scopeOf } from './resources.ts'

export interface RequestInfo {
  /** False: discovery, health and the like; then there is a verb and nothing else. */
  readonly isResource: boolean
  readonly verb: KubernetesVerb
  readonly group: string
  readonly version: string
  /** Null: none in the path. */
  readonly namespace: string | null
  readonly scope: 'namespace' | 'all' | 'cluster'
  readonly resource: string
  readonly subresource: string | null
  /** As the path has it, or `metadata.name=` of a list; of `https:web:443/proxy` it is web. */
  readonly name: string | null
  /** The one port that a proxied name says, by number. */
  readonly proxiedPort: number | null
}

const methods = { GET: 'get', HEAD: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' } as const

export function requestInfoOf(method: string, target: Target): RequestInfo | Refused {
  if (!Object.hasOwn(methods, method)) return refused(`the method ${method.slice(0, 20)} is not taken`, 'Use GET, HEAD, POST, PUT, PATCH or DELETE.', 'MethodNotAllowed')
  const verb = methods[method as keyof typeof methods]
  const [prefix, ...rest] = target.segments
  const [group, ...after] = prefix === 'api' ? ['', ...rest] : rest
  if ((prefix !== 'api' && prefix !== 'apis') || after.length < 2) return plain(verb)
  const [version, ...parts] = after as [string, ...string[]]
  const split = splitParts(verb, parts)
  if ('kind' in split) return split
  const info = infoOf(group!, version, split, target)
  const objection = objectionTo(info, split, target)
  return objection ?? info
}

const plain = (verb: KubernetesVerb): RequestInfo => ({
  isResource: false, verb, group: '', version: '', namespace: null, scope: 'cluster', resource: '', subresource: null, name: null, proxiedPort: null,
})

interface Split {
  readonly verb: (typeof methods)[keyof typeof methods] | 'watch' | 'proxy'
  readonly namespace: string | null
  /** resource, name, subresource, and whatever stands behind. */
  readonly parts: readonly string[]
}

/** The old prefixes `/api/v1/watch/…` and `/api/v1/proxy/…`, and `namespaces/x/` where it is no resource. */
function splitParts(verb: Split['verb'], all: readonly string[]): Split | Refused {
  const [first] = all
  if (first !== 'watch' && first !== 'proxy') return { verb, ...inNamespace(all) }
  if (all.length < 2) return refused(`the path ends with ${first}, which names no resource`, 'Send the path of a resource, with ?watch=true to watch it.')
  if (first === 'watch' && verb !== 'get') return refused('only GET can watch', 'Leave /watch out of the path, or use GET.', 'MethodNotAllowed')
  return { verb: first, ...inNamespace(all.slice(1)) }
}

function inNamespace(parts: readonly string[]): { readonly namespace: string | null; readonly parts: readonly string[] } {
  const [first, namespace, third] = parts
  if (first !== 'namespaces' || namespace === undefined) return { namespace: null, parts }
  const isOfNamespaceItself = third === undefined || third === 'status' || third === 'finalize'
  return { namespace, parts: isOfNamespaceItself ? parts : parts.slice(2) }
}

function infoOf(group: string, version: string, { verb, namespace, parts }: Split, target: Target): RequestInfo {
  const [resource, name] = parts as [string, string | undefined]
  const subresource = verb === 'proxy' ? 'proxy' : parts[2] ?? null
  const actual = actualVerb(verb, { group, resource, subresource, hasName: name !== undefined }, target)
  const proxied = subresource === 'proxy' && name !== undefined ? schemeNamePort(name) : null
  const isListed = actual === 'list' || actual === 'watch'
  return {
    isResource: true, verb: actual, group, version, namespace, resource, subresource,
    name: proxied?.name ?? name ?? (isListed ? exactName(parameter(target, 'fieldSelector')) : null),
    proxiedPort: proxied?.port ?? null,
    scope: scopeFor({ group, resource, namespace, hasName: name !== undefined, verb: actual }),
  }
}

interface Named { readonly group: string; readonly resource: string; readonly subresource: string | null; readonly hasName: boolean }

function actualVerb(verb: Split['verb'], { group, resource, subresource, hasName }: Named, target: Target): KubernetesVerb {
  if (verb === 'proxy' || (subresource === 'proxy' && hasName)) return 'connect'
  if (group === '' && resource === 'pods' && hasName && isStreamed(subresource)) return subresource
  if (!hasName && verb === 'get') return flag(target, 'watch') ? 'watch' : 'list'
  return !hasName && verb === 'delete' ? 'deletecollection' : verb
}

const isStreamed = (subresource: string | null): subresource is 'exec' | 'attach' | 'portforward' =>
  subresource === 'exec' || subresource === 'attach' || subresource === 'portforward'

/** `https:web:443`, `web:443`, `web`. The policy's names are those of objects. Null where it is neither. */
function schemeNamePort(text: string): { readonly name: string; readonly port: number | null } | null {
  const parts = text.split(':')
  if (parts.length > 3 || (parts.length === 3 && !['', 'http', 'https'].includes(parts[0]!))) return null
  const [name, port] = parts.length === 3 ? parts.slice(1) : parts
  return { name: name!, port: port !== undefined && /^\d{1,5}$/.test(port) ? Number(port) : null }
}

function scopeFor(asked: { readonly group: string; readonly resource: string; readonly namespace: string | null; readonly hasName: boolean; readonly verb: KubernetesVerb }): RequestInfo['scope'] {
  if (asked.namespace !== null) return 'namespace'
  const known = scopeOf(asked.group, asked.resource)
  if (known !== 'unknown') return known === 'cluster' ? 'cluster' : 'all'
  return asked.hasName || asked.verb === 'create' ? 'cluster' : 'all'
}

/** What RequestInfo lets pass, and the API server answers with 404 or not at all; or an aggregated one in its own way. */
function objectionTo(info: RequestInfo, { parts }: Split, target: Target): Refused | null {
  const plainPath = 'Send the path as kubectl does: group, version, namespace, resource, name.'
  const isProxied = info.verb === 'connect'
  for (const word of [info.group, info.version, info.resource, info.subresource ?? 'x']) {
    if (word !== '' && !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(word)) return refused('the path holds a group, version or resource that is none', plainPath)
  }
  if (info.namespace !== null && !/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(info.namespace)) return refused('the path holds a namespace that is none', plainPath)
  if (info.namespace !== null && info.resource !== 'namespaces' && scopeOf(info.group, info.resource) === 'cluster') {
    return refused(`${info.resource} are in no namespace`, `Leave namespaces/${info.namespace} out of the path.`, 'NotFound')
  }
  if (info.namespace !== null && info.resource === 'namespaces' && info.name !== info.namespace) return refused('a namespace is in no namespace', plainPath, 'NotFound')
  if (!isProxied && target.hasTrailingSlash) return refused('the path ends with a slash', 'Leave it out.')
  if (!isProxied && parts.length > 3 && isBuiltInGroup(info.group)) return refused(`nothing stands behind ${info.resource}/${info.subresource}`, plainPath, 'NotFound')
  if (isProxied && parts.length < 2) return refused('the path proxies to nothing', 'Name the pod, service or node.')
  if (isProxied && info.name !== null && (info.name === '' || info.name.includes(':'))) return refused('the path proxies to a name that is none', 'Name it as name, name:port or scheme:name:port.')
  return repeated(info, target)
}

/** Parameters that are lists to the API server; of any other it takes the first, and others may take the last. */
const lists: readonly string[] = ['command', 'ports', 'dryRun']

function repeated(info: RequestInfo, target: Target): Refused | null {
  if (info.verb === 'connect') return null
  const twice = target.query.find(([name]) => !lists.includes(name) && parameters(target, name).length > 1)
  return twice === undefined ? null : refused(`the parameter ${twice[0]} is given more than once`, 'Give it once.')
}
