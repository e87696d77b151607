// What there is to ask for: /api, /apis, each group and version, and both aggregated forms that kubectl asks for since 1.27.
// https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery
import type { Json, JsonObject } from './objects.ts'
import { wishesOf } from './negotiation.ts'
import { groups, groupVersionOf, resources, type Resource } from './resources.ts'

/** JSON of an aggregated form and its content type, or the plain documents. */
export interface Discovery { readonly value: JsonObject; readonly contentType: string }

export function discoveryOf(path: string, accept: string): Discovery | null {
  if (path === '/api' || path === '/apis') {
    const version = aggregatedVersion(accept)
    if (version) return { value: aggregated(path === '/api', version), contentType: `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList` }
    return plain(path === '/api' ? { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] } : groupList())
  }
  const [, root, group, version, more] = path.split('/')
  if (more !== undefined) return null
  if (root === 'api' && version === undefined) return group === 'v1' ? plain(resourceList('', 'v1')) : null
  if (root !== 'apis' || group === undefined) return null
  const known = groups().find(({ name }) => name !== '' && name === group)
  if (!known) return null
  if (version === undefined) return plain({ kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(known) })
  return known.versions.includes(version) ? plain(resourceList(group, version)) : null
}

const plain = (value: JsonObject): Discovery => ({ value, contentType: 'application/json' })

/** The client's first wish that is met counts; only JSON. */
function aggregatedVersion(accept: string): 'v2' | 'v2beta1' | null {
  for (const { type, parameters } of wishesOf(accept)) {
    if (type !== 'application/json' && type !== '*/*') continue
    if (parameters['as'] === undefined) return null
    const version = parameters['v']
    if (parameters['as'] === 'APIGroupDiscoveryList' && parameters['g'] === 'apidiscovery.k8s.io' && (version === 'v2' || version === 'v2beta1')) return version
  }
  return null
}

function groupEntry({ name, versions }: { readonly name: string; readonly versions: readonly string[] }): JsonObject {
  const entries = versions.map((version): Json => ({ groupVersion: `${name}/${version}`, version }))
  return { name, versions: entries, preferredVersion: entries[0] }
}

function groupList(): JsonObject {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups().filter(({ name }) => name !== '').map((group): Json => groupEntry(group)) }
}

const served = (group: string, version: string) => resources.filter((resource) => resource.group === group && resource.version === version)

function resourceList(group: string, version: string): JsonObject {
  const entries = served(group, version).flatMap((resource): Json[] => [
    {
      name: resource.plural, singularName: resource.singular, namespaced: resource.isNamespaced, kind: resource.kind, verbs: [...resource.verbs],
      ...(resource.shortNames.length > 0 ? { shortNames: [...resource.shortNames] } : {}), ...(resource.categories.length > 0 ? { categories: [...resource.categories] } : {}),
    },
    ...resource.subresources.map((sub): Json => ({
      name: `${resource.plural}/${sub.name}`, singularName: '', namespaced: resource.isNamespaced, kind: sub.kind, verbs: [...sub.verbs],
      ...(sub.version ? { group: sub.group ?? '', version: sub.version } : {}),
    })),
  ])
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: groupVersionOf({ group, version }), resources: entries }
}

function aggregated(isCore: boolean, version: 'v2' | 'v2beta1'): JsonObject {
  const items = groups().filter(({ name }) => (name === '') === isCore).map((group): Json => ({
    metadata: { name: group.name, creationTimestamp: null },
    versions: group.versions.map((one): Json => ({ version: one, freshness: 'Current', resources: served(group.name, one).map(aggregatedResource) })),
  }))
  return { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items }
}

function aggregatedResource(resource: Resource): Json {
  const kindOf = ({ group, version, kind }: { readonly group?: string; readonly version?: string; readonly kind: string }): JsonObject =>
    ({ group: group ?? '', version: version ?? 'v1', kind })
  return {
    resource: resource.plural, responseKind: kindOf(resource), scope: resource.isNamespaced ? 'Namespaced' : 'Cluster', singularResource: resource.singular,
    verbs: [...resource.verbs],
    ...(resource.shortNames.length > 0 ? { shortNames: [...resource.shortNames] } : {}), ...(resource.categories.length > 0 ? { categories: [...resource.categories] } : {}),
    ...(resource.subresources.length > 0 ? {
      subresources: resource.subresources.map((sub): Json => ({ subresource: sub.name, responseKind: kindOf({ ...sub, group: sub.group ?? (sub.version ? '' : resource.group), version: sub.version ?? resource.version }), verbs: [...sub.verbs] })),
    } : {}),
  }
}
