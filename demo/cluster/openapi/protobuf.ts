// The OpenAPI 2 document as protobuf, the one form that kubectl before 1.27 reads: a table of field numbers for the messages that we
// fill, and a writer. https://github.com/google/gnostic/blob/main/openapiv2/OpenAPIv2.proto
import { stringify } from 'yaml'
import { isObject, listAt, objectAt, textAt, type Json, type JsonObject } from '../objects.ts'

export function protobufOfDocument(document: JsonObject): Buffer {
  const info = objectAt(document, 'info')
  return join(
    text(1, '2.0'), message(2, join(text(1, textAt(info, 'title')), text(2, textAt(info, 'version')))),
    message(8, join(...entries(document['paths']).map(([path, item]) => message(2, named(path, pathItem(item)))))),
    message(9, join(...entries(document['definitions']).map(([name, schema]) => message(1, named(name, schemaMessage(schema)))))),
  )
}

const operationFields = { get: 2, put: 3, post: 4, delete: 5, patch: 8 } as const

function pathItem(item: Json): Buffer {
  return join(...entries(item).map(([verb, value]) => message(operationFields[verb as keyof typeof operationFields], operation(value))))
}

function operation(value: Json): Buffer {
  // Parameter → NonBodyParameter → QueryParameterSubSchema.
  const query = (parameter: Json) => join(text(2, 'query'), text(3, textAt(parameter, 'description')), text(4, textAt(parameter, 'name')), text(6, textAt(parameter, 'type')), flag(20, true))
  const response = message(1, named('200', message(1, join(text(1, 'OK')))))
  return join(
    text(5, textAt(value, 'operationId')), ...listAt(value, 'parameters').map((parameter) => message(8, message(1, message(2, message(3, query(parameter)))))),
    message(9, response), ...extensions(value, 13),
  )
}

function schemaMessage(schema: Json): Buffer {
  const properties = entries(objectAt(schema)['properties'])
  const more = objectAt(schema)['additionalProperties']
  const items = objectAt(schema)['items']
  return join(
    text(1, textAt(schema, '$ref')), text(2, textAt(schema, 'format')), text(4, textAt(schema, 'description')),
    ...listAt(schema, 'required').map((name) => text(19, String(name))),
    ...(isObject(more) ? [message(21, message(1, schemaMessage(more)))] : []),
    ...(textAt(schema, 'type') ? [message(22, text(1, textAt(schema, 'type')))] : []),
    ...(isObject(items) ? [message(23, message(1, schemaMessage(items)))] : []),
    ...(properties.length > 0 ? [message(25, join(...properties.map(([name, value]) => message(1, named(name, schemaMessage(value))))))] : []),
    ...extensions(schema, 31),
  )
}

/** Of `x-…` keys: NamedAny, whose value is YAML. */
function extensions(value: Json, field: number): readonly Buffer[] {
  return entries(value).filter(([key]) => key.startsWith('x-')).map(([key, item]) => message(field, join(text(1, key), message(2, text(2, stringify(item))))))
}

const entries = (value: Json | undefined): readonly (readonly [string, Json])[] =>
  Object.entries(objectAt(value)).filter((entry): entry is [string, Json] => entry[1] !== undefined)

const join = (...parts: readonly Buffer[]): Buffer => Buffer.concat(parts)
const named = (name: string, value: Buffer): Buffer => join(text(1, name), message(2, value))

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return Buffer.from([...bytes, rest])
}

const message = (field: number, bytes: Buffer): Buffer => join(varint(field * 8 + 2), varint(bytes.length), bytes)
const text = (field: number, value: string): Buffer => value === '' ? Buffer.alloc(0) : message(field, Buffer.from(value))
const flag = (field: number, value: boolean): Buffer => join(varint(field * 8), varint(value ? 1 : 0))
