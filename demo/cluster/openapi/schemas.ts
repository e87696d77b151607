// Schemas of OpenAPI made of the declarations: with Kubernetes' extensions for kinds and for lists that are maps.
// https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-interface-definition
import type { Json, JsonObject } from '../objects.ts'
import { resources, type Resource } from '../resources.ts'
import { listRules } from '../rules/merge-keys.ts'
import { declarationsOf, declaredNamed, moduleOf, type Declared, type Field, type FieldType } from './declarations.ts'

export type Dialect = 'v2' | 'v3'

const intOrString = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString'
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'
const referencePrefix = { v2: '#/definitions/', v3: '#/components/schemas/' } as const

export function schemaNameOf({ group, version, kind }: Pick<Resource, 'group' | 'version' | 'kind'>): string {
  const known = declarationsOf(moduleOf(group, version)).get(kind)
  return known?.name ?? `${(group || 'core').split('.').toReversed().join('.')}.${version}.${kind}`
}

/** Those names and all they lead to. */
export function schemasOf(chosen: readonly Resource[], dialect: Dialect): Record<string, JsonObject> {
  const schemas: Record<string, JsonObject> = {}
  const waiting = [...chosen.flatMap((resource) => [schemaNameOf(resource), `${schemaNameOf(resource)}List`]), `${meta}.DeleteOptions`, `${meta}.Status`]
  schemas[intOrString] = { description: 'A number, or a text such as 25%.', format: 'int-or-string', ...(dialect === 'v2' ? { type: 'string' } : { oneOf: [{ type: 'integer' }, { type: 'string' }] }) }
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (schemas[name]) continue
    const declared = declaredNamed(name)
    schemas[name] = declared ? schemaOf(declared, dialect) : customSchema(name)
    for (const field of declared?.fields ?? []) waiting.push(...referencesOf(field.type))
  }
  for (const resource of chosen) markKind(schemas, resource)
  return schemas
}

function markKind(schemas: Record<string, JsonObject>, resource: Resource): void {
  const { group, version, kind } = resource
  const name = schemaNameOf(resource)
  for (const [schema, of] of [[name, kind], [`${name}List`, `${kind}List`]] as const) schemas[schema] = { ...schemas[schema], 'x-kubernetes-group-version-kind': [{ group, version, kind: of }] }
}

/** The shop's own kind, and what the package does not have: open objects. */
function customSchema(name: string): JsonObject {
  const text = (description: string): JsonObject => ({ type: 'string', description })
  const isPromotion = name.endsWith('.Promotion')
  return {
    type: 'object', description: isPromotion ? 'Promotion is a discount of the shop for a while.' : name.split('.').at(-1)!,
    properties: {
      apiVersion: text('The versioned schema of this object.'), kind: text('What this object is.'), metadata: { type: 'object', description: 'Standard object metadata.', 'x-kubernetes-preserve-unknown-fields': true },
      ...(isPromotion ? { spec: { type: 'object', description: 'What is reduced, and until when.', properties: { discount: text('How much less, as in 15%.'), until: text('The last day.'), code: text('What customers type.') } } } : {}),
    },
    ...(isPromotion ? {} : { 'x-kubernetes-preserve-unknown-fields': true }),
  }
}

function referencesOf(type: FieldType): readonly string[] {
  if (type.kind === 'list' || type.kind === 'map') return referencesOf(type.of)
  return type.kind === 'ref' ? [type.name] : []
}

function schemaOf({ shortName, description, fields }: Declared, dialect: Dialect): JsonObject {
  if (fields === null) return { description, type: 'string', ...(shortName.endsWith('Time') ? { format: 'date-time' } : {}) }
  const required = fields.filter(({ isRequired }) => isRequired).map(({ name }) => name)
  return {
    description, type: 'object', ...(fields.length > 0 ? { properties: Object.fromEntries(fields.map((field) => [field.name, fieldSchema(shortName, field, dialect)])) } : {}),
    ...(required.length > 0 ? { required } : {}),
  }
}

function fieldSchema(type: string, { name, description, type: fieldType }: Field, dialect: Dialect): JsonObject {
  const schema = typeSchema(fieldType, dialect)
  // In OpenAPI 3 nothing may stand beside a $ref, so that it is wrapped.
  const wrapped = dialect === 'v3' && schema['$ref'] !== undefined ? { allOf: [schema] } : schema
  return { description, ...wrapped, ...listExtensions(type, name) }
}

function listExtensions(type: string, field: string): JsonObject {
  const rule = listRules.find((one) => one.field === field && one.types.includes(type))
  if (!rule) return {}
  if (rule.key === null) return { 'x-kubernetes-patch-strategy': 'merge', 'x-kubernetes-list-type': 'set' }
  return {
    'x-kubernetes-patch-merge-key': rule.key, 'x-kubernetes-patch-strategy': rule.retainsKeys ? 'merge,retainKeys' : 'merge',
    'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [...rule.mapKeys ?? [rule.key]],
  }
}

function typeSchema(type: FieldType, dialect: Dialect): JsonObject {
  switch (type.kind) {
    case 'string': case 'boolean': return { type: type.kind }
    case 'number': return { type: 'integer', format: 'int32' }
    case 'int-or-string': return { $ref: `${referencePrefix[dialect]}${intOrString}` }
    case 'any': return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
    case 'ref': return { $ref: `${referencePrefix[dialect]}${type.name}` }
    case 'list': return { type: 'array', items: inner(type.of, dialect) }
    case 'map': return { type: 'object', additionalProperties: inner(type.of, dialect) }
  }
}

function inner(type: FieldType, dialect: Dialect): Json {
  const schema = typeSchema(type, dialect)
  return dialect === 'v3' && schema['$ref'] !== undefined ? { allOf: [schema] } : schema
}

export const servedIn = (group: string, version: string): readonly Resource[] => resources.filter((one) => one.group === group && one.version === version)
