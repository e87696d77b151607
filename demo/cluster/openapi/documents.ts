// /openapi/v2 and /openapi/v3: schemas, and of each path which operations it takes with which parameters (kubectl looks there whether
// dry runs and field validation are understood). Made on the first request, then kept.
import { createHash } from 'node:crypto'
import { headerOf, type Answer, type Call } from '../call.ts'
import { wishesOf } from '../negotiation.ts'
import type { Json, JsonObject } from '../objects.ts'
import { groups, groupVersionOf, resources, type Resource } from '../resources.ts'
import { ApiError } from '../status.ts'
import { serverVersion } from '../version.ts'
import { protobufOfDocument } from './protobuf.ts'
import { schemaNameOf, schemasOf, servedIn, type Dialect } from './schemas.ts'

export function openApiOf(path: string, call: Call): Answer | null {
  if (path === '/openapi/v2') return v2(call)
  if (path === '/openapi/v3') return { kind: 'bytes', code: 200, contentType: 'application/json', bytes: kept('index', () => bytesOf(index())) }
  const [, group, version] = /^\/openapi\/v3\/api(?:s\/([^/]+))?\/([^/]+)$/.exec(path) ?? []
  if (version === undefined) return null
  const served = servedIn(group ?? '', version)
  if (served.length === 0) return null
  requireJson(call)
  return { kind: 'bytes', code: 200, contentType: 'application/json', bytes: kept(path, () => bytesOf(document(served, 'v3'))) }
}

const documents = new Map<string, Buffer>()

function kept(name: string, make: () => Buffer): Buffer {
  const known = documents.get(name) ?? make()
  documents.set(name, known)
  return known
}

const bytesOf = (value: JsonObject): Buffer => Buffer.from(JSON.stringify(value))

/** What is answered is not what is asked: an @ is no part of a media type, and Go's parser says so. */
const protobufAnswered = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'
const protobufTypes = ['application/com.github.proto-openapi.spec.v2@v1.0+protobuf', protobufAnswered]

/** The one document that is offered as protobuf: kubectl of before 1.27 reads no other. */
function v2(call: Call): Answer {
  const accept = headerOf(call, 'accept')
  const wishes = wishesOf(accept === '' ? '*/*' : accept).map(({ type }) => type)
  const chosen = wishes.find((type) => protobufTypes.includes(type) || type === 'application/json' || type === '*/*')
  if (chosen === undefined) throw notAcceptable()
  const whole = () => document(resources, 'v2')
  return protobufTypes.includes(chosen)
    ? { kind: 'bytes', code: 200, contentType: protobufAnswered, bytes: kept('v2 protobuf', () => protobufOfDocument(whole())) }
    : { kind: 'bytes', code: 200, contentType: 'application/json', bytes: kept('v2', () => bytesOf(whole())) }
}

function requireJson(call: Call): void {
  const accept = headerOf(call, 'accept')
  if (accept !== '' && !wishesOf(accept).some(({ type }) => type === 'application/json' || type === '*/*')) throw notAcceptable()
}

const notAcceptable = () => new ApiError(406, 'NotAcceptable', 'only the following media types are accepted: application/json')

function index(): JsonObject {
  const paths = groups().flatMap(({ name, versions }) => versions.map((version): readonly [string, Json] => {
    const path = name === '' ? `api/${version}` : `apis/${name}/${version}`
    const hash = createHash('sha256').update(`${serverVersion.gitVersion}/${path}`).digest('hex').slice(0, 32).toUpperCase()
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }]
  }))
  return { paths: Object.fromEntries(paths) }
}

function document(served: readonly Resource[], dialect: Dialect): JsonObject {
  const info = { title: 'Kubernetes', version: serverVersion.gitVersion }
  const paths = Object.fromEntries(served.flatMap((resource) => pathsOf(resource, dialect)))
  const schemas = schemasOf(served, dialect)
  return dialect === 'v2' ? { swagger: '2.0', info, paths, definitions: schemas } : { openapi: '3.0.0', info, paths, components: { schemas } }
}

type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete'

function pathsOf(resource: Resource, dialect: Dialect): readonly (readonly [string, Json])[] {
  const root = `${resource.group === '' ? '/api' : '/apis'}/${groupVersionOf(resource)}`
  const base = `${root}${resource.isNamespaced ? '/namespaces/{namespace}' : ''}/${resource.plural}`
  const operations = (...list: readonly (readonly [Verb, string])[]): JsonObject => Object.fromEntries(list.map(([verb, action]) => [verb, operation(resource, { verb, action, dialect })]))
  if (resource.isReview) return [[base, operations(['post', 'post'])]]
  return [
    [base, operations(['get', 'list'], ['post', 'post'], ['delete', 'deletecollection'])],
    [`${base}/{name}`, operations(['get', 'get'], ['put', 'put'], ['patch', 'patch'], ['delete', 'delete'])],
    ...(resource.isNamespaced ? [[`${root}/${resource.plural}`, operations(['get', 'list'])] as const] : []),
  ]
}

const writeParameters = ['dryRun', 'fieldManager', 'fieldValidation'] as const

function operation(resource: Resource, { verb, action, dialect }: { readonly verb: Verb; readonly action: string; readonly dialect: Dialect }): JsonObject {
  const { group, version, kind } = resource
  const names: readonly string[] = verb === 'get' ? [] : verb === 'delete' ? ['dryRun'] : verb === 'patch' ? [...writeParameters, 'force'] : writeParameters
  const parameters = names.map((name): Json => {
    const type = name === 'force' ? 'boolean' : 'string'
    return { name, in: 'query', description: `As in Kubernetes: ${name}.`, ...(dialect === 'v2' ? { type, uniqueItems: true } : { schema: { type, uniqueItems: true } }) }
  })
  const reference = { $ref: `${dialect === 'v2' ? '#/definitions/' : '#/components/schemas/'}${schemaNameOf(resource)}${action === 'list' ? 'List' : ''}` }
  const ok = dialect === 'v2' ? { description: 'OK', schema: reference } : { description: 'OK', content: { 'application/json': { schema: reference } } }
  return {
    operationId: `${action}${kind}${group}${version}`, ...(parameters.length > 0 ? { parameters } : {}), responses: { '200': ok },
    'x-kubernetes-action': action, 'x-kubernetes-group-version-kind': { group, version, kind },
  }
}
