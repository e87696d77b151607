// Kubernetes' protobuf, as far as kubectl 1.32 and newer sends it (`auth can-i`, `create namespace`, `create token`, `drain`): read to the JSON
// the same object has. A reader only: upstream gets the JSON. Every field stands in the schema, or the whole body is refused.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding , https://protobuf.dev/programming-guides/encoding/
import { protobufSchema } from './protobuf-schema.ts'

export type ProtobufObject = { readonly kind: 'object'; readonly value: unknown } | { readonly kind: 'malformed'; readonly why: string }

interface Field { readonly name: string; readonly type: string; readonly shape: 'one' | 'list' | 'map' }
type Message = ReadonlyMap<number, Field>

class Malformed extends Error {}

/** `k8s\0` and a runtime.Unknown: type, bytes, and two fields that nobody uses. */
export function readProtobuf(bytes: Buffer): ProtobufObject {
  try {
    if (bytes.subarray(0, 4).toString('latin1') !== 'k8s\0') throw new Malformed('does not begin as Kubernetes protobuf does')
    return { kind: 'object', value: readUnknown(bytes.subarray(4)) }
  } catch (error) {
    if (error instanceof Malformed) return { kind: 'malformed', why: error.message }
    throw error
  }
}

const envelope: Message = new Map([
  [1, { name: 'typeMeta', type: 'TypeMeta', shape: 'one' }], [2, { name: 'raw', type: 'opaque', shape: 'one' }],
  [3, { name: 'contentEncoding', type: 'string', shape: 'one' }], [4, { name: 'contentType', type: 'string', shape: 'one' }],
] as const)

function readUnknown(bytes: Buffer): unknown {
  const { typeMeta, raw, contentEncoding, contentType } = readMessage(envelope, bytes) as {
    readonly typeMeta?: { readonly apiVersion?: string; readonly kind?: string }; readonly raw?: Buffer; readonly contentEncoding?: string; readonly contentType?: string
  }
  const { apiVersion = '', kind = '' } = typeMeta ?? {}
  if (raw === undefined || contentEncoding || contentType) throw new Malformed('holds an object in another encoding')
  const message = messageNamed(typeNameOf(apiVersion, kind))
  if (message === undefined) throw new Malformed('is protobuf of a kind that the gateway reads in JSON only')
  return { kind, apiVersion, ...readMessage(message, raw) }
}

/** `rbac.authorization.k8s.io/v1 Role` → `rbac/v1.Role`. Options are the same in every group. */
function typeNameOf(apiVersion: string, kind: string): string {
  if (kind === 'DeleteOptions') return 'meta.DeleteOptions'
  const slash = apiVersion.lastIndexOf('/')
  const group = slash === -1 ? 'core' : apiVersion.slice(0, slash)
  const room = group === 'apps' || group === 'batch' || group === 'policy' || group === 'autoscaling' || group === 'core' ? group : rooms.get(group) ?? '?'
  return `${room}/${apiVersion.slice(slash + 1)}.${kind}`
}

const rooms = new Map(['authentication', 'authorization', 'certificates', 'coordination', 'networking', 'scheduling'].map((room) => [`${room}.k8s.io`, room]))
rooms.set('rbac.authorization.k8s.io', 'rbac')

const lines = new Map([...protobufSchema.matchAll(/^(\S+): (.+)$/gm)].map(([, name, fields]) => [name!, fields!]))
lines.set('TypeMeta', '1 apiVersion string, 2 kind string')
const parsed = new Map<string, Message>()

function messageNamed(name: string): Message | undefined {
  const known = parsed.get(name)
  const line = lines.get(name)
  if (known !== undefined || line === undefined) return known
  const message = new Map([...line.matchAll(/(\d+) (\w+) ([[{]?)([\w./]+)[\]}]?/g)].map(([, number, field, open, type]) =>
    [Number(number), { name: field!, type: type!, shape: open === '[' ? 'list' : open === '{' ? 'map' : 'one' } as const]))
  parsed.set(name, message)
  return message
}

/** Fields of Go structs that are embedded: JSON has theirs beside the others. */
const inline: ReadonlySet<string> = new Set(['localObjectReference', 'handler', 'volumeSource', 'ephemeralContainerCommon', 'ingressRuleValue'])

/** Which manager owns which field: the API server keeps its own account where a write says nothing of it. */
const ownership = 'meta.ManagedFieldsEntry'

function readMessage(message: Message, bytes: Buffer): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  const seen = new Set<number>()
  for (const { number, wire, value } of wireFields(bytes)) {
    const field = message.get(number)
    if (field === undefined) throw new Malformed('is protobuf with a field that the gateway does not know')
    if (field.type === ownership) continue
    if (field.shape === 'list') ((object[field.name] ??= []) as unknown[]).push(readValue(field.type, wire, value))
    else if (field.shape === 'map') addEntry(object, field, bytesOf(wire, value))
    else if (seen.has(number)) throw new Malformed('is protobuf with a field twice')
    else if (inline.has(field.name)) Object.assign(object, readValue(field.type, wire, value))
    else {
      const read = readValue(field.type, wire, value)
      if (!isUnset(field, read)) object[field.name] = read
    }
    seen.add(number)
  }
  return object
}

function addEntry(object: Record<string, unknown>, { name, type }: Field, bytes: Buffer): void {
  const map = (object[name] ??= {}) as Record<string, unknown>
  const entry = readMessage(new Map([[1, { name: 'key', type: 'string', shape: 'one' }], [2, { name: 'value', type, shape: 'one' }]] as const), bytes)
  const key = (entry.key ?? '') as string
  if (key === '__proto__' || Object.hasOwn(map, key)) throw new Malformed('is protobuf with a key twice, or the key __proto__')
  map[key] = entry.value ?? (type === 'string' || type === 'bytes' ? '' : null)
}

function readValue(type: string, wire: number, value: WireValue): unknown {
  switch (type) {
    case 'int': return integer(wire, value)
    case 'bool': return integer(wire, value) !== 0
    case 'string': return text(bytesOf(wire, value))
    case 'bytes': return bytesOf(wire, value).toString('base64')
    case 'opaque': return bytesOf(wire, value)
    case 'Quantity': return readMessage(quantity, bytesOf(wire, value)).string ?? '0'
    case 'IntOrString': return intOrString(readMessage(intOrStringFields, bytesOf(wire, value)))
    case 'meta.Time': return time(bytesOf(wire, value), 0)
    case 'meta.MicroTime': return time(bytesOf(wire, value), 6)
    default: return nested(type, bytesOf(wire, value))
  }
}

const quantity: Message = new Map([[1, { name: 'string', type: 'string', shape: 'one' }]] as const)
const intOrStringFields: Message = new Map([
  [1, { name: 'type', type: 'int', shape: 'one' }], [2, { name: 'int', type: 'int', shape: 'one' }], [3, { name: 'string', type: 'string', shape: 'one' }],
] as const)
const timeFields: Message = new Map([[1, { name: 'seconds', type: 'int', shape: 'one' }], [2, { name: 'nanos', type: 'int', shape: 'one' }]] as const)

const intOrString = ({ type, int, string }: Record<string, unknown>): unknown => (type === 1 ? string ?? '' : int ?? 0)

function nested(type: string, bytes: Buffer): unknown {
  const message = messageNamed(type)
  if (message === undefined) throw new Malformed('is protobuf with a field that the gateway reads in JSON only')
  const object = readMessage(message, bytes)
  // In Go a list of texts with a name of its own.
  return type.endsWith('.ExtraValue') ? object.items ?? [] : object
}

/**
 * Go writes what is not set too, as empty text and the zero time: JSON leaves that out, and approvers shall see what is set. An empty class
 * name is one that was set (no storage class at all); zeros and falses cannot be told, and mean the same in JSON.
 */
const isUnset = ({ name, type }: Field, value: unknown): boolean =>
  value === null || (value === '' && type === 'string' && !name.endsWith('ClassName')) || (value === 0 && name === 'generation')

/** The zero time has no bytes; JSON says null. */
function time(bytes: Buffer, digits: 0 | 6): string | null {
  if (bytes.length === 0) return null
  const { seconds = 0, nanos = 0 } = readMessage(timeFields, bytes) as { readonly seconds?: number; readonly nanos?: number }
  if (seconds < -62_135_596_800 || seconds > 253_402_300_799 || nanos < 0 || nanos > 999_999_999) throw new Malformed('is protobuf with a time that is none')
  const whole = new Date(seconds * 1_000).toISOString().slice(0, 19)
  return digits === 0 ? `${whole}Z` : `${whole}.${String(Math.floor(nanos / 1_000)).padStart(6, '0')}Z`
}

type WireValue = bigint | Buffer
interface WireField { readonly number: number; readonly wire: number; readonly value: WireValue }

function* wireFields(bytes: Buffer): Generator<WireField> {
  let at = 0
  while (at < bytes.length) {
    const tag = varint(bytes, at)
    const number = Number(tag.value >> 3n)
    const wire = Number(tag.value & 7n)
    at = tag.end
    const first = varint(bytes, at)
    if (wire === 0) {
      yield { number, wire, value: first.value }
      at = first.end
    } else if (wire === 2) {
      const end = first.end + Number(first.value)
      if (end > bytes.length) throw new Malformed('is protobuf that is cut off')
      yield { number, wire, value: bytes.subarray(first.end, end) }
      at = end
    } else throw new Malformed('is protobuf with a field that the gateway does not know')
  }
}

function varint(bytes: Buffer, start: number): { readonly value: bigint; readonly end: number } {
  let value = 0n
  for (let at = start; at < start + 10; at++) {
    const byte = bytes[at]
    if (byte === undefined) break
    value |= BigInt(byte & 0x7f) << BigInt(7 * (at - start))
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), end: at + 1 }
  }
  throw new Malformed('is protobuf that is cut off')
}

function bytesOf(wire: number, value: WireValue): Buffer {
  if (wire !== 2 || typeof value === 'bigint') throw new Malformed('is protobuf with a field of another type')
  return value
}

function integer(wire: number, value: WireValue): number {
  if (wire !== 0 || typeof value !== 'bigint') throw new Malformed('is protobuf with a field of another type')
  const number = Number(BigInt.asIntN(64, value))
  if (!Number.isSafeInteger(number)) throw new Malformed('holds a number that cannot be read exactly')
  return number
}

function text(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new Malformed('is protobuf with text that is not UTF-8')
  }
}
