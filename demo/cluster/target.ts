// What a path means: a resource of the API, or one of the plain paths (discovery, OpenAPI, health).
// https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
import { findResource, type Resource } from './resources.ts'

export interface ResourceTarget {
  readonly kind: 'resource'
  readonly resource: Resource
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly subresource: string | undefined
  /** What follows the subresource (of proxy). */
  readonly rest: readonly string[]
  /** The old way to say it: `/api/v1/watch/…`. */
  readonly isWatchPath: boolean
}

export type Target = ResourceTarget | { readonly kind: 'plain'; readonly path: string } | { readonly kind: 'nothing' }

/** `path` without its query; null segments of a path that does not decode are nothing. */
export function targetOf(path: string): Target {
  const segments = decoded(path)
  if (segments === null) return { kind: 'nothing' }
  const isResource = (segments[0] === 'api' && segments.length > 2) || (segments[0] === 'apis' && segments.length > 3)
  if (!isResource) return { kind: 'plain', path: `/${segments.join('/')}` }
  const [group, version, after] = segments[0] === 'api' ? ['', segments[1]!, segments.slice(2)] : [segments[1]!, segments[2]!, segments.slice(3)]
  const isWatchPath = after[0] === 'watch'
  return resourceTarget(group, version, isWatchPath ? after.slice(1) : after, isWatchPath)
}

function resourceTarget(group: string, version: string, segments: readonly string[], isWatchPath: boolean): Target {
  const [first, second, third] = segments
  const ofNamespaceItself = third === undefined || ((third === 'status' || third === 'finalize') && segments.length === 3)
  const isInNamespace = first === 'namespaces' && !ofNamespaceItself
  const [namespace, [plural, name, subresource, ...rest]] = isInNamespace ? [second, segments.slice(2)] : [undefined, segments]
  const resource = plural === undefined ? undefined : findResource(group, version, plural)
  if (!resource || (isInNamespace && !resource.isNamespaced)) return { kind: 'nothing' }
  if (resource.isNamespaced && !isInNamespace && name !== undefined) return { kind: 'nothing' }
  if (subresource !== undefined && !resource.subresources.some((one) => one.name === subresource)) return { kind: 'nothing' }
  return { kind: 'resource', resource, namespace, name, subresource, rest, isWatchPath }
}

function decoded(path: string): readonly string[] | null {
  try {
    return path.split('/').filter((segment) => segment !== '').map(decodeURIComponent)
  } catch (error) {
    if (error instanceof URIError) return null
    throw error
  }
}
