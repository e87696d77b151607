// Fields that the kind does not have: refused, told about, or dropped in silence, as the client asks (fieldValidation).
// https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation
import { isObject, type Json, type JsonObject } from '../objects.ts'
import { groupVersionOf, type Resource } from '../resources.ts'
import type { WriteOptions } from '../routes/write-options.ts'
import { badRequest } from '../status.ts'
import { declarationsOf, declaredNamed, moduleOf, type FieldType } from './declarations.ts'

export interface Checked { readonly value: JsonObject; readonly warnings: readonly string[] }

/** The object without what its kind does not know; of kinds without a schema, as it is. */
export function checkFields(resource: Resource, value: JsonObject, how: WriteOptions['fieldValidation']): Checked {
  const root = declarationsOf(moduleOf(resource.group, resource.version)).get(resource.kind)
  if (!root) return { value, warnings: [] }
  const unknown: string[] = []
  const pruned = prune(value, { kind: 'ref', name: root.name }, { path: '', unknown }) as JsonObject
  const texts = unknown.map((path) => `unknown field "${path}"`)
  if (how === 'Strict' && texts.length > 0) {
    throw badRequest(`${resource.kind} in version "${groupVersionOf(resource)}" cannot be handled as a ${resource.kind}: strict decoding error: ${texts.join(', ')}`)
  }
  return { value: pruned, warnings: how === 'Warn' ? texts : [] }
}

interface Place { readonly path: string; readonly unknown: string[] }

/** Open by nature: what is in them is not ours to know. */
const openTypes = new Set(['FieldsV1', 'RawExtension', 'JSON', 'JSONSchemaProps', 'CustomResourceDefinitionSpec'])

function prune(value: Json, type: FieldType, place: Place): Json {
  switch (type.kind) {
    case 'list': return Array.isArray(value) ? value.map((item, index) => prune(item, type.of, { ...place, path: `${place.path}[${index}]` })) : value
    case 'map': return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, prune(item ?? null, type.of, { ...place, path: `${place.path}.${key}` })])) : value
    case 'ref': return isObject(value) ? pruneObject(value, type.name, place) : value
    default: return value
  }
}

function pruneObject(value: JsonObject, typeName: string, { path, unknown }: Place): Json {
  const declared = declaredNamed(typeName)
  if (!declared?.fields || openTypes.has(declared.shortName)) return value
  const fields = new Map(declared.fields.map((field) => [field.name, field.type]))
  return Object.fromEntries(Object.entries(value).flatMap(([key, item]): [string, Json][] => {
    const type = fields.get(key)
    const here = path === '' ? key : `${path}.${key}`
    if (item === undefined) return []
    if (type) return [[key, prune(item, type, { path: here, unknown })]]
    unknown.push(here)
    return []
  }))
}
