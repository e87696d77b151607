// The protobuf schema as a kubectl binary carries it: gzipped FileDescriptorProtos, found by their header. For the test of
// protobuf-schema.ts, and to write it anew for a newer kubectl: `schemaOf(binary, roots)` gives its lines.
// https://github.com/protocolbuffers/protobuf/blob/main/src/google/protobuf/descriptor.proto
import { readFileSync } from 'node:fs'
import { constants, gunzipSync } from 'node:zlib'

type Wire = readonly (readonly [number: number, value: number | Buffer])[]
interface Field { readonly name: string; readonly number: number; readonly isList: boolean; readonly type: number; readonly of: string }
interface Message { readonly fields: readonly Field[]; readonly entries: ReadonlyMap<string, Wire> }

const gzip = Buffer.of(0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0x02, 0xff)
const descriptorBytesMax = 512 * 1024
const scalars: Readonly<Record<number, string>> = { 1: 'double', 3: 'int', 5: 'int', 8: 'bool', 9: 'string', 12: 'bytes' }
/** Read by code of their own. */
const special: ReadonlySet<string> = new Set(['Quantity', 'IntOrString', 'meta.Time', 'meta.MicroTime', 'meta.ManagedFieldsEntry'])

/** `name` → `1 field type, …` of every message that the roots (`core/v1.Pod`) reach. */
export function schemaOf(binary: string, roots: readonly string[]): ReadonlyMap<string, string> {
  const messages = messagesIn(binary)
  const found = new Map<string, string>()
  const visit = (name: string): string => {
    const message = messages.get(name)
    if (special.has(name) || found.has(name) || message === undefined) return name
    found.set(name, '')
    found.set(name, message.fields.map((field) => `${field.number} ${field.name} ${typeOf(field, message, visit)}`).join(', '))
    return name
  }
  roots.forEach(visit)
  return found
}

function typeOf(field: Field, { entries }: Message, visit: (name: string) => string): string {
  const entry = entries.get(field.of)
  if (entry === undefined) return field.isList ? `[${scalars[field.type] ?? visit(field.of)}]` : scalars[field.type] ?? visit(field.of)
  const value = many(entry, 2).map((bytes) => fieldOf(bytes)).find(({ number }) => number === 2)!
  return `{${scalars[value.type] ?? visit(value.of)}}`
}

function messagesIn(binary: string): ReadonlyMap<string, Message> {
  const bytes = readFileSync(binary)
  const messages = new Map<string, Message>()
  for (let at = bytes.indexOf(gzip); at !== -1; at = bytes.indexOf(gzip, at + 1)) {
    const file = descriptorAt(bytes, at)
    if (file === null || !text(file, 1).startsWith('k8s.io/')) continue
    for (const bytesOfMessage of many(file, 4)) {
      const message = wire(bytesOfMessage)
      const name = short(`${text(file, 2)}.${text(message, 1)}`)
      const entries = many(message, 3).map((nested) => wire(nested)).map((nested) => [`${name}.${text(nested, 1)}`, nested] as const)
      messages.set(name, { fields: many(message, 2).map((field) => fieldOf(field)), entries: new Map(entries) })
    }
  }
  return messages
}

/** Null: something else that begins as gzip does. */
function descriptorAt(bytes: Buffer, at: number): Wire | null {
  try {
    return wire(gunzipSync(bytes.subarray(at, at + descriptorBytesMax), { finishFlush: constants.Z_SYNC_FLUSH }))
  } catch {
    return null
  }
}

function fieldOf(bytes: Buffer): Field {
  const field = wire(bytes)
  const number = (wanted: number): number => Number(field.find(([key]) => key === wanted)?.[1] ?? 0)
  return { name: text(field, 1), number: number(3), isList: number(4) === 3, type: number(5), of: short(text(field, 6)) }
}

const short = (full: string): string => full.replace(/^\./, '')
  .replace('k8s.io.apimachinery.pkg.apis.meta.v1.', 'meta.').replace(/^k8s\.io\.apimachinery\.pkg\.(?:api\.resource|util\.intstr|runtime)\./, '')
  .replace(/^k8s\.io\.api\.(\w+)\.(\w+)\./, '$1/$2.')

const many = (message: Wire, number: number): readonly Buffer[] => message.flatMap(([key, value]) => (key === number && typeof value !== 'number' ? [value] : []))
const text = (message: Wire, number: number): string => many(message, number)[0]?.toString() ?? ''

function wire(bytes: Buffer): Wire {
  const fields: (readonly [number, number | Buffer])[] = []
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]
      if (byte === undefined) throw new RangeError('cut off')
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const value = varint()
    if (tag % 8 === 2) at += value
    else if (tag % 8 !== 0) throw new RangeError('not a descriptor')
    fields.push([Math.floor(tag / 8), tag % 8 === 2 ? bytes.subarray(at - value, at) : value])
  }
  return fields
}
