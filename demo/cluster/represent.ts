// An answer's object in the shape that was negotiated: whole, as a table, or its metadata alone. Status stays as it is.
import type { Shape } from './call.ts'
import { at, isObject, listAt, objectAt, type JsonObject, type KubeObject } from './objects.ts'
import type { Resource } from './resources.ts'
import { badRequest } from './status.ts'
import { metadataOf, tableOf, type IncludeObject } from './table/table.ts'

export interface Representation { readonly shape: Shape; readonly version: string; readonly include: IncludeObject }

export function includeOf(query: URLSearchParams): IncludeObject {
  const wish = query.get('includeObject') ?? 'Metadata'
  if (wish === 'None' || wish === 'Metadata' || wish === 'Object') return wish
  throw badRequest(`unrecognized includeObject value: "${wish}"`)
}

export function represent(value: JsonObject, resource: Resource | undefined, { shape, version, include }: Representation): JsonObject {
  if (!resource || shape === 'object' || at(value, 'kind') === 'Status') return value
  const isList = Array.isArray(value['items'])
  const objects = (isList ? listAt(value, 'items') : [value]).filter(isObject) as KubeObject[]
  const metadata = isList ? objectAt(value, 'metadata') : { resourceVersion: objectAt(value, 'metadata')['resourceVersion'] }
  if (shape === 'table') return tableOf(resource, objects.map((object) => ({ ...object, apiVersion: object.apiVersion ?? versionOf(resource), kind: object.kind ?? resource.kind })), { include, version, metadata })
  if (!isList) return metadataOf(value as KubeObject, version)
  return { kind: 'PartialObjectMetadataList', apiVersion: `meta.k8s.io/${version}`, metadata, items: objects.map((object) => metadataOf(object, version)) }
}

const versionOf = ({ group, version }: Resource) => group ? `${group}/${version}` : version
