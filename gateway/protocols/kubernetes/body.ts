// What a request writes, read once. The value that was judged is written anew as JSON, and that is what goes upstream: so no reader behind
// us can find in the client's bytes what we did not (a second key, another encoding, an odd escape). Protobuf is read where kubectl needs it; CBOR never.
import { kubernetesBodyBytesMax } from '../../limits-kubernetes.ts'
import type { KubernetesBody } from '../../../shared/kubernetes.ts'
import { readProtobuf } from './codec/protobuf.ts'
import { mediaType } from './negotiation.ts'
import { refused, type Refused } from './refusal.ts'
import { parseStrictJson, textOf, unreadable, type Parsed } from './strict-json.ts'
import { parseStrictYaml } from './strict-yaml.ts'

export interface ForwardedBody {
  /** Of the bytes below, whatever the client called its own. */
  readonly contentType: string
  readonly bytes: Buffer
}

export interface ReadBody {
  readonly kind: 'body'
  readonly body: KubernetesBody
  readonly forwarded: ForwardedBody
}

interface Form {
  readonly kind: KubernetesBody['kind']
  readonly parse: (bytes: Buffer) => Parsed
  /** What it is called upstream, as JSON. */
  readonly contentType: string
}

const json = (bytes: Buffer): Parsed => ofText(bytes, parseStrictJson)
const yaml = (bytes: Buffer): Parsed => ofText(bytes, parseStrictYaml)

function ofText(bytes: Buffer, parse: (text: string) => Parsed): Parsed {
  const text = textOf(bytes)
  return text === null ? unreadable('is not UTF-8 (or begins with a byte order mark)', 'Send it as UTF-8.') : parse(text)
}

function protobuf(bytes: Buffer): Parsed {
  const read = readProtobuf(bytes)
  return read.kind === 'object' ? { kind: 'value', value: read.value } : unreadable(read.why, 'Send it as JSON.')
}

const whole: Readonly<Record<string, Form>> = {
  'application/json': { kind: 'object', parse: json, contentType: 'application/json' },
  'application/vnd.kubernetes.protobuf': { kind: 'object', parse: protobuf, contentType: 'application/json' },
  'application/yaml': { kind: 'object', parse: yaml, contentType: 'application/json' },
}

const patches: Readonly<Record<string, Form>> = {
  'application/json-patch+json': { kind: 'json-patch', parse: json, contentType: 'application/json-patch+json' },
  'application/merge-patch+json': { kind: 'merge', parse: json, contentType: 'application/merge-patch+json' },
  'application/strategic-merge-patch+json': { kind: 'merge', parse: json, contentType: 'application/strategic-merge-patch+json' },
  // JSON is YAML.
  'application/apply-patch+yaml': { kind: 'apply', parse: yaml, contentType: 'application/apply-patch+yaml' },
}

/** `bytes` has at least one byte. `contentType` null: not sent, which the API server takes for JSON. */
export function readBody(verb: 'object' | 'patch' | 'options', contentType: string | null, bytes: Buffer): ReadBody | Refused {
  if (bytes.length > kubernetesBodyBytesMax) return tooLarge
  const form = formOf(verb, contentType)
  if ('reason' in form) return form
  const parsed = form.parse(bytes)
  if (parsed.kind === 'unreadable') return refused(`the body ${parsed.why}`, parsed.next)
  const kind = verb === 'options' ? 'options' : form.kind
  const objection = shapeObjection(kind, parsed.value)
  if (objection !== null) return objection
  return { kind: 'body', body: { kind, value: parsed.value }, forwarded: { contentType: form.contentType, bytes: Buffer.from(JSON.stringify(parsed.value)) } }
}

/** Also for whoever reads the body from the socket, before it has all of it. */
export const tooLarge: Refused = refused(`the body is larger than ${kubernetesBodyBytesMax} bytes`, 'Send less: API servers take no more either.', 'RequestEntityTooLarge')

function formOf(verb: 'object' | 'patch' | 'options', contentType: string | null): Form | Refused {
  const { type, parameters } = mediaType(contentType ?? 'application/json')
  const known = verb === 'patch' ? patches : whole
  const form = Object.hasOwn(known, type) ? known[type] : undefined
  const charset = (parameters.get('charset') ?? 'utf-8').toLowerCase()
  if (form !== undefined && charset === 'utf-8' && [...parameters.keys()].every((name) => name === 'charset')) return form
  return refused(`the gateway does not read a body of this content type${verb === 'patch' ? ' as a patch' : ''}`, `Send ${Object.keys(known).filter((name) => !name.includes('protobuf')).join(' or ')}.`, 'UnsupportedMediaType')
}

function shapeObjection(kind: KubernetesBody['kind'], value: unknown): Refused | null {
  if (kind === 'json-patch') return operationsObjection(value)
  if (!isObject(value)) return refused('the body is not an object', 'Send one Kubernetes object.')
  const foldedKey = foldedObjection(value, topKeys) ?? (isObject(value.metadata) ? foldedObjection(value.metadata, metadataKeys) : null)
  if (foldedKey !== null) return refused(`the body has a key that is ${foldedKey} but for its letters' case`, `Write ${foldedKey}.`)
  if (typeof value.kind === 'string' && value.kind.endsWith('List') && Array.isArray(value.items)) {
    return refused('the body is a list of objects', 'Send one object a request.')
  }
  return null
}

/**
 * Go's own encoding/json takes `Metadata` for `metadata` (and ſ for s, K for k); the API server's reader does not, some aggregated server's may.
 * Looked at where this gateway reads by name; further down a key that differs by case is another key (ConfigMaps have such data).
 */
const topKeys = ['apiVersion', 'kind', 'metadata', 'spec', 'status', 'data', 'stringData', 'binaryData', 'type', 'items', 'dryRun', 'propagationPolicy', 'preconditions'] as const
const metadataKeys = ['name', 'generateName', 'namespace', 'labels', 'annotations', 'finalizers', 'ownerReferences'] as const

function foldedObjection(value: Readonly<Record<string, unknown>>, names: readonly string[]): string | null {
  for (const key of Object.keys(value)) {
    const same = names.find((name) => fold(name) === fold(key) && name !== key)
    if (same !== undefined) return same
  }
  return null
}

const fold = (key: string): string => key.replaceAll('\u017F', 's').replaceAll('\u212A', 'k').toLowerCase()

const operations: readonly unknown[] = ['add', 'remove', 'replace', 'move', 'copy', 'test']
const operationKeys: readonly string[] = ['op', 'path', 'from', 'value']

function operationsObjection(value: unknown): Refused | null {
  const isOperation = (one: unknown): boolean => isObject(one) && operations.includes(one.op) && isPointer(one.path)
    && (one.from === undefined ? one.op !== 'move' && one.op !== 'copy' : isPointer(one.from))
    && Object.keys(one).every((key) => operationKeys.includes(key))
  if (Array.isArray(value) && value.every(isOperation)) return null
  return refused('the body is not a JSON patch', 'Send a list of operations with op and path (RFC 6902).')
}

/** RFC 6901: `~` stands before 0 or 1 only. */
const isPointer = (value: unknown): value is string => typeof value === 'string' && (value === '' || value.startsWith('/')) && !/~(?![01])/.test(value)

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value)
