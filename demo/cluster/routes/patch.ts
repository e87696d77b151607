// patch: by the content type, JSON patch, merge patch, strategic merge patch, or server-side apply.
import { json, type Answer, type Call } from '../call.ts'
import { asKept, asServed } from '../events-v1.ts'
import { isObject, textAt, type Json, type JsonObject, type KubeObject } from '../objects.ts'
import { checkFields } from '../openapi/check-fields.ts'
import { serverSideApply, type FieldConflict } from '../patches/apply.ts'
import { applyJsonPatch } from '../patches/json-patch.ts'
import { applyMergePatch } from '../patches/merge-patch.ts'
import { applyStrategicPatch } from '../patches/strategic.ts'
import { groupVersionOf, type Resource } from '../resources.ts'
import { hasMaps } from '../rules/defaults.ts'
import { ApiError, badRequest, conflict, notFound } from '../status.ts'
import type { ResourceTarget } from '../target.ts'
import type { World } from '../world.ts'
import { bodyValue, mediaType } from './body.ts'
import { commitChange, commitNew } from './commit.ts'
import { writeOptionsOf, type WriteOptions } from './write-options.ts'

const patchTypes = ['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml'] as const

export async function applyPatch(world: World, target: ResourceTarget, call: Call): Promise<Answer> {
  const { resource, namespace, name } = target
  const type = patchTypes.find((one) => one === mediaType(call))
  if (!type || (type === 'application/strategic-merge-patch+json' && !hasMaps(resource))) {
    const accepted = patchTypes.filter((one) => hasMaps(resource) || one !== 'application/strategic-merge-patch+json')
    throw new ApiError(415, 'UnsupportedMediaType', `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`)
  }
  const options = writeOptionsOf(call)
  const patch = await bodyValue(call)
  if (patch === undefined) throw badRequest('the patch is empty')
  const before = world.store.get(resource, namespace, name!)
  if (type === 'application/apply-patch+yaml') return apply(world, target, { before, patch, options, call })
  if (!before) throw notFound(resource, name!)
  const patched = patchedBy(type, asServed(resource, before), patch)
  if (!isObject(patched)) throw badRequest('the patched object is no object')
  const { value, warnings } = checkFields(resource, patched, options.fieldValidation)
  const after = commitChange(world, { resource, before, wanted: asKept(resource, value), options, subresource: target.subresource ?? '' })
  return json(asServed(resource, after), { resource, warnings })
}

function patchedBy(type: (typeof patchTypes)[number], object: KubeObject, patch: Json): Json {
  switch (type) {
    case 'application/json-patch+json': return applyJsonPatch(object, patch)
    case 'application/merge-patch+json': return applyMergePatch(object, patch)
    default: return applyStrategicPatch(object, patch)
  }
}

interface Applying { readonly before: KubeObject | undefined; readonly patch: Json; readonly options: WriteOptions; readonly call: Call }

function apply(world: World, { resource, namespace, name, subresource = '' }: ResourceTarget, { before, patch, options, call }: Applying): Answer {
  if (!call.query.get('fieldManager')) throw new ApiError(422, 'Invalid', 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch', { group: 'meta.k8s.io', kind: 'PatchOptions' })
  const { value, warnings } = checkFields(resource, appliedObject(resource, patch, { name: name!, namespace }), options.fieldValidation)
  const result = serverSideApply(before, asKept(resource, value) as KubeObject, { manager: options.fieldManager, force: options.force, hasMaps: hasMaps(resource), now: world.now(), subresource })
  if (result.kind === 'conflicts') throw applyConflict(resource, name!, result.conflicts)
  if (!before) return json(commitNew(world, { resource, namespace, wanted: result.object, options, isApply: true }), { code: 201, resource, warnings })
  return json(asServed(resource, commitChange(world, { resource, before, wanted: result.object, options, subresource, isApply: true })), { resource, warnings })
}

function appliedObject(resource: Resource, patch: Json, { name, namespace }: { readonly name: string; readonly namespace: string | undefined }): JsonObject {
  if (!isObject(patch)) throw badRequest('an applied configuration is an object')
  if (textAt(patch, 'kind') !== resource.kind || textAt(patch, 'apiVersion') !== groupVersionOf(resource)) throw badRequest(`an applied configuration names its kind and apiVersion: ${resource.kind}, ${groupVersionOf(resource)}`)
  if (patch['metadata'] !== undefined && isObject(patch['metadata']) && patch['metadata']['managedFields'] !== undefined) throw badRequest('metadata.managedFields must be nil')
  const metadata = isObject(patch['metadata']) ? patch['metadata'] : {}
  return { ...patch, metadata: { ...metadata, name, ...(namespace === undefined ? {} : { namespace }) } }
}

/** In the words of structured-merge-diff, which people search for. */
function applyConflict(resource: Resource, name: string, conflicts: readonly FieldConflict[]): ApiError {
  const shown = ({ manager, operation }: FieldConflict) => `"${manager}"${operation === 'Update' ? ` using ${groupVersionOf(resource)}` : ''}`
  const managers = [...new Set(conflicts.map(shown))]
  const text = conflicts.length === 1 ? `conflict with ${managers[0]}: ${conflicts[0]!.field}`
    : managers.flatMap((manager) => [`conflicts with ${manager}:`, ...conflicts.filter((one) => shown(one) === manager).map(({ field }) => `- ${field}`)]).join('\n')
  const causes = conflicts.map((one) => ({ reason: 'FieldManagerConflict', message: `conflict with ${shown(one)}`, field: one.field }))
  return conflict(resource, name, `Apply failed with ${conflicts.length} conflict${conflicts.length === 1 ? '' : 's'}: ${text}`, causes)
}
