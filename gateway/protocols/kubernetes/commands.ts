// From a request to its facts, in two steps: `readRequest` reads line and headers, and says whether the body must be read to decide;
// `factsOf` adds the body. Both are pure. What goes upstream is what they give (`target.forwarded`, `headers.forwarded`, `forwarded`), nothing of the client's own.
import type { KubernetesBody, KubernetesCommandFacts, KubernetesExec, KubernetesVerb } from '../../../shared/kubernetes.ts'
import { isObject, readBody, type ForwardedBody, type ReadBody } from './body.ts'
import { negotiate, type Negotiated } from './negotiation.ts'
import { flag, parameter, parameters, parseTarget, type Target } from './path.ts'
import { refused, type Refused } from './refusal.ts'
import { readHeaders, type ReadHeaders } from './request-headers.ts'
import { requestInfoOf, type RequestInfo } from './request-info.ts'
import { isBuiltInGroup, privilegeOf } from './resources.ts'

/** `object`, `patch`, `options`: read whole before it is judged, up to kubernetesBodyBytesMax. `stream`: of a proxied program; gathered up to the same, and passed as it came. */
export type BodyUse = 'none' | 'object' | 'patch' | 'options' | 'stream'

export interface ReadRequest {
  readonly kind: 'request'
  readonly method: string
  readonly target: Target
  readonly info: RequestInfo
  readonly headers: ReadHeaders
  readonly negotiated: Negotiated
  readonly bodyUse: BodyUse
}

/** `target`: raw, without `/k8s/<connection>`; `headers`: Node's `rawHeaders`. */
export function readRequest(asked: { readonly method: string; readonly target: string; readonly headers: readonly string[] }): ReadRequest | Refused {
  const parsed = parseTarget(asked.target)
  if (parsed.kind === 'refused') return parsed
  const { target } = parsed
  const info = requestInfoOf(asked.method, target)
  if ('reason' in info) return info
  if (!info.isResource && info.verb !== 'get') return refused('only resources can be written to', 'Use GET for this path.', 'MethodNotAllowed')
  const headers = readHeaders(asked.headers, asked.method, info)
  if (headers.kind === 'refused') return headers
  return {
    kind: 'request', method: asked.method, target, info, headers,
    negotiated: negotiate(info, target.path, headers.accept), bodyUse: needsBody(info, headers.hasBody),
  }
}

const uses = { create: 'object', update: 'object', patch: 'patch', delete: 'options', deletecollection: 'options', connect: 'stream' } as const satisfies Partial<Record<KubernetesVerb, BodyUse>>

export function needsBody(info: RequestInfo, hasBody: boolean): BodyUse {
  if (!hasBody) return 'none'
  return Object.hasOwn(uses, info.verb) ? uses[info.verb as keyof typeof uses] : 'none'
}

export interface Facts {
  readonly kind: 'facts'
  readonly facts: KubernetesCommandFacts
  /** Null: no body goes upstream, or (bodyUse `stream`) the client's own. */
  readonly forwarded: ForwardedBody | null
}

/** `body`: all of it where bodyUse says so, else null, or what was read of it; `deletes` as in the facts. */
export function factsOf({ request, body, deletes }: { readonly request: ReadRequest; readonly body: Buffer | ReadBody | null; readonly deletes: readonly number[] }): Facts | Refused {
  const { info, target, bodyUse } = request
  if (bodyUse === 'none' && request.headers.hasBody) return refused(`a body is not taken with ${info.verb}`, 'Leave the body out.')
  const isRead = bodyUse === 'object' || bodyUse === 'patch' || bodyUse === 'options'
  const read = !isRead || body === null ? null : 'kind' in body ? body : body.length > 0 ? readBody(bodyUse, request.headers.contentType, body) : null
  if (read !== null && read.kind === 'refused') return read
  const written = read?.body ?? null
  const objection = dryRunObjection(target) ?? portsObjection(target, info) ?? contradiction(info, written)
  if (objection !== null) return objection
  return { kind: 'facts', facts: compose(info, target, { written, deletes }), forwarded: read?.forwarded ?? null }
}

function compose(info: RequestInfo, target: Target, { written, deletes }: { readonly written: KubernetesBody | null; readonly deletes: readonly number[] }): KubernetesCommandFacts {
  const { verb, group, version, resource, subresource, namespace, scope } = info
  return {
    kind: 'kubernetes', verb, group, version, resource, subresource, namespace, scope, deletes, body: written,
    privilege: privilegeOf({ verb, group, resource, subresource, body: written }),
    name: info.name ?? (verb === 'create' ? nameIn(written) : null),
    labelSelector: parameter(target, 'labelSelector'), fieldSelector: parameter(target, 'fieldSelector'), fieldManager: parameter(target, 'fieldManager'),
    isDryRun: isDryRun(info, target, written),
    exec: verb === 'exec' || verb === 'attach' ? execOf(verb, target) : null,
    ports: verb === 'portforward' ? parameters(target, 'ports').map(Number) : info.proxiedPort === null ? [] : [info.proxiedPort],
    plain: info.isResource ? null : { path: target.path, isDiscovery: isDiscovery(target.path) },
  }
}

function execOf(verb: 'exec' | 'attach', target: Target): KubernetesExec {
  return {
    container: parameter(target, 'container') || null, argv: verb === 'exec' ? parameters(target, 'command') : [],
    tty: flag(target, 'tty'), stdin: flag(target, 'stdin'),
  }
}

const isDiscovery = (path: string): boolean =>
  /^\/(api(\/[^/]+)?|apis(\/[^/]+){0,2}|version|openapi(\/.+)?|(healthz|livez|readyz)(\/.+)?|\.well-known\/openid-configuration|openid\/v1\/jwks|swagger\.json|swagger-2\.0\.0\.(json|pb-v1|pb-v1\.gz))?\/?$/.test(path)

/** Writes that pass the API server's storage, which is where a dry run ends. */
const drySubresources: readonly (string | null)[] = [null, 'status', 'scale', 'finalize', 'approval', 'ephemeralcontainers', 'resize']
const writes: readonly KubernetesVerb[] = ['create', 'update', 'patch', 'delete', 'deletecollection']

/**
 * True only where the API server will surely change nothing. Of a delete with a body it reads no query. Resources of other servers (and so
 * of custom resources, which the path cannot tell from those) may ignore it: their dry runs count as the real thing.
 */
function isDryRun({ verb, group, resource, subresource }: RequestInfo, target: Target, written: KubernetesBody | null): boolean {
  if (!writes.includes(verb) || !isBuiltInGroup(group) || !drySubresources.includes(subresource) || resource === 'bindings') return false
  const asked = written?.kind === 'options' ? (written.value as { readonly dryRun?: unknown }).dryRun : parameters(target, 'dryRun')
  return Array.isArray(asked) && asked.length > 0 && asked.every((value) => value === 'All')
}

function dryRunObjection(target: Target): Refused | null {
  return parameters(target, 'dryRun').every((value) => value === 'All') ? null : refused('dryRun has a value that is not All', 'Give dryRun=All, or leave it out.')
}

function portsObjection(target: Target, { verb }: RequestInfo): Refused | null {
  const isPort = (text: string): boolean => /^[1-9]\d{0,4}$/.test(text) && Number(text) < 65_536
  return verb !== 'portforward' || parameters(target, 'ports').every(isPort) ? null : refused('ports holds what is no port', 'Give each port as a number from 1 to 65535.')
}

interface Metadata { readonly name?: unknown; readonly namespace?: unknown }

function metadataOf(written: KubernetesBody | null): Metadata {
  const metadata = written !== null && isObject(written.value) ? written.value.metadata : undefined
  return isObject(metadata) ? metadata : {}
}

/** Null of `generateName`: the server makes one. */
function nameIn(written: KubernetesBody | null): string | null {
  const { name } = metadataOf(written)
  return typeof name === 'string' && name !== '' ? name : null
}

/** The path decides where it is written; a body that says another place is refused here, not left to the API server. */
function contradiction(info: RequestInfo, written: KubernetesBody | null): Refused | null {
  if (written === null || written.kind === 'options' || written.kind === 'json-patch') return null
  const { name, namespace } = metadataOf(written)
  if (!isTextOrNothing(name) || !isTextOrNothing(namespace)) return refused('the body has a metadata.name or metadata.namespace that is not text', 'Quote it.')
  if (info.name !== null && name && name !== info.name) return refused('the body names another object than the path', 'Make metadata.name the name in the path.')
  const own = info.resource === 'namespaces' ? null : info.namespace
  if (namespace && namespace !== own) return refused('the body names another namespace than the path', 'Make metadata.namespace the namespace in the path.')
  return null
}

const isTextOrNothing = (value: unknown): value is string | null | undefined => value === undefined || value === null || typeof value === 'string'
