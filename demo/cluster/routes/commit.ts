// The end of every write: what the server keeps to itself stays, defaults come in, rules are asked, managers are noted, and unless it
// is a dry run the store has it. Create, update and every kind of patch meet here.
import { randomUUID } from 'node:crypto'
import { isSame, objectAt, textAt, timestamp, type JsonObject, type KubeObject, type Metadata } from '../objects.ts'
import { randomName } from '../controllers/pods.ts'
import { hasFinalizers } from '../lifecycle.ts'
import { resourceNamed, groupVersionOf, type Resource } from '../resources.ts'
import { firstStatus, hasMaps, hasStatus, withDefaults } from '../rules/defaults.ts'
import { validate } from '../rules/validate.ts'
import { alreadyExists, badRequest, conflict, forbidden, notFound, staleWrite } from '../status.ts'
import { trackUpdate } from '../patches/managers.ts'
import type { Draft } from '../store.ts'
import type { World } from '../world.ts'
import type { WriteOptions } from './write-options.ts'

const namespaces = resourceNamed('namespaces')
/** Kinds without a generation: nothing acts on their spec. */
const ungenerated = new Set(['pods', 'services', 'nodes', 'namespaces', 'endpoints', 'endpointslices', 'events', 'persistentvolumes', 'persistentvolumeclaims'])

export interface Creation { readonly resource: Resource; readonly namespace: string | undefined; readonly wanted: JsonObject; readonly options: WriteOptions; /** Managers are already noted. */ readonly isApply?: boolean }

export function commitNew(world: World, { resource, namespace, wanted, options, isApply = false }: Creation): KubeObject {
  const given = objectAt(wanted, 'metadata')
  const namespaceGiven = textAt(given, 'namespace')
  if (resource.isNamespaced && namespace === undefined) throw badRequest('an empty namespace may not be set during creation')
  if (resource.isNamespaced && namespaceGiven !== '' && namespaceGiven !== namespace) throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`)
  if (textAt(given, 'resourceVersion') !== '') throw badRequest('resourceVersion should not be set on objects to be created')
  const generated = textAt(given, 'generateName')
  const name = textAt(given, 'name') || (generated ? `${generated}${randomName(5)}` : '')
  requireNamespace(world, resource, namespace, name)
  if (name !== '' && world.store.get(resource, namespace, name)) throw alreadyExists(resource, name)

  const status = firstStatus(resource)
  const { status: _status, ...content } = hasStatus(resource) ? wanted : { ...wanted, status: wanted['status'] }
  const object = withDefaults(resource, {
    ...content, ...(hasStatus(resource) ? status ? { status } : {} : wanted['status'] === undefined ? {} : { status: wanted['status'] }),
    metadata: newMetadata(given, { name, namespace: resource.isNamespaced ? namespace : undefined, hasGeneration: !ungenerated.has(resource.plural) && content['spec'] !== undefined }),
  }) as Draft
  const whole = { ...object, apiVersion: groupVersionOf(resource), kind: resource.kind, metadata: { uid: randomUUID(), creationTimestamp: timestamp(world.now()), ...object.metadata } } as KubeObject
  validate(resource, whole)
  const managed = isApply ? whole : trackUpdate(undefined, whole, { manager: options.fieldManager, subresource: '', hasMaps: hasMaps(resource), now: world.now() })
  return options.isDryRun ? managed : world.store.create(resource, managed)
}

function newMetadata(given: JsonObject, { name, namespace, hasGeneration }: { readonly name: string; readonly namespace: string | undefined; readonly hasGeneration: boolean }): Draft['metadata'] {
  const { uid: _uid, creationTimestamp: _made, deletionTimestamp: _gone, deletionGracePeriodSeconds: _grace, generation: _generation, selfLink: _link, resourceVersion: _version, ...rest } = given
  return { ...rest, name, ...(namespace === undefined ? {} : { namespace }), ...(hasGeneration ? { generation: 1 } : {}) }
}

function requireNamespace({ store }: World, resource: Resource, namespace: string | undefined, name: string): void {
  if (!resource.isNamespaced) return
  const found = store.get(namespaces, undefined, namespace!)
  if (!found) throw notFound(namespaces, namespace!)
  if (found.metadata.deletionTimestamp !== undefined) throw forbidden(resource, name, `unable to create new content in namespace ${namespace} because it is being terminated`)
}

export interface Change { readonly resource: Resource; readonly before: KubeObject; readonly wanted: JsonObject; readonly options: WriteOptions; /** `''`: the object itself. */ readonly subresource?: string; readonly isApply?: boolean }

export function commitChange(world: World, { resource, before, wanted, options, subresource = '', isApply = false }: Change): KubeObject {
  const { metadata: live } = before
  const given = objectAt(wanted, 'metadata')
  const version = textAt(given, 'resourceVersion')
  if (textAt(given, 'uid') !== '' && textAt(given, 'uid') !== live.uid) throw conflict(resource, live.name, `Operation cannot be fulfilled on ${resource.plural} "${live.name}": StorageError: invalid object, Precondition failed: UID in precondition: ${textAt(given, 'uid')}, UID in object meta: ${live.uid}`)
  if (version !== '' && version !== live.resourceVersion) throw staleWrite(resource, live.name)
  if (textAt(given, 'name') !== '' && textAt(given, 'name') !== live.name) throw badRequest(`the name of the object (${textAt(given, 'name')}) does not match the name on the URL (${live.name})`)

  const content = contentOf(resource, before, wanted, subresource)
  const after: KubeObject = { ...withDefaults(resource, { ...content, metadata: keptMetadata(live, given, subresource) }), apiVersion: groupVersionOf(resource), kind: resource.kind } as KubeObject
  if (live.generation !== undefined && !isSame(before['spec'], after['spec'])) after.metadata = { ...after.metadata, generation: live.generation + 1 }
  validate(resource, after, before)
  if (isSame(unmanaged(before), unmanaged(after)) && (!isApply || isSame(before.metadata['managedFields'], after.metadata['managedFields']))) return before
  const managed = isApply ? after : trackUpdate(before, after, { manager: options.fieldManager, subresource, hasMaps: hasMaps(resource), now: world.now() })
  if (options.isDryRun) return managed
  const stored = world.store.update(resource, managed)
  const isFinished = stored.metadata.deletionTimestamp !== undefined && !hasFinalizers(stored) && hasFinalizers(before) && resource.plural !== 'pods'
  if (isFinished) world.store.remove(resource, live.namespace, live.name)
  return stored
}

/** The object's own writes leave its status, the status subresource leaves all else. */
function contentOf(resource: Resource, before: KubeObject, wanted: JsonObject, subresource: string): JsonObject {
  if (subresource === '') return hasStatus(resource) ? { ...wanted, status: before['status'] } : wanted
  if (subresource === 'ephemeralcontainers') return { ...before, spec: { ...objectAt(before, 'spec'), ephemeralContainers: objectAt(wanted, 'spec')['ephemeralContainers'] } }
  return { ...before, status: wanted['status'] }
}

function keptMetadata(live: Metadata, given: JsonObject, subresource: string): JsonObject {
  const { uid, name, namespace, creationTimestamp, generation, deletionTimestamp, deletionGracePeriodSeconds, resourceVersion } = live
  const kept = { uid, name, namespace, creationTimestamp, generation, deletionTimestamp, deletionGracePeriodSeconds, resourceVersion }
  return Object.fromEntries(Object.entries({ ...(subresource === '' ? given : live), ...kept }).filter(([, value]) => value !== undefined && value !== null))
}

function unmanaged(object: KubeObject): JsonObject {
  const { managedFields: _managed, ...metadata } = object.metadata
  return { ...object, metadata }
}
