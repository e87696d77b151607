// What policy makes of a Kubernetes request before any rule is asked: what needs no rule, what it amounts to besides its verb.
import type { KubernetesCommandFacts, KubernetesVerb } from '../kubernetes.ts'

/** Needs no rule beyond any rule: what every client reads before it can do anything, and asking what one may do oneself. */
export function isQuiet({ verb, plain, group, resource, subresource }: KubernetesCommandFacts): boolean {
  if (plain !== null) return plain.isDiscovery && verb === 'get'
  return verb === 'create' && subresource === null && Object.hasOwn(selfReviews, group) && selfReviews[group]!.includes(resource)
}

/** They change nothing, and tell of nobody else. Not tokenreviews and subjectaccessreviews, which do. */
const selfReviews: Readonly<Record<string, readonly string[]>> = {
  'authorization.k8s.io': ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
  'authentication.k8s.io': ['selfsubjectreviews'],
}

/** Verbs that a request may amount to besides its own: to a deny of deleting, deleting many is deleting, and so is eviction. */
export function alsoVerbs(facts: Pick<KubernetesCommandFacts, 'verb' | 'body' | 'resource' | 'subresource'>): readonly KubernetesVerb[] {
  const { verb, body, resource, subresource } = facts
  switch (verb) {
    case 'deletecollection': return ['delete']
    case 'create': return isDelete(facts) ? ['delete'] : []
    // What is applied and is not there yet is created.
    case 'patch': return subresource === null && (body === null || body.kind === 'apply') ? ['create'] : []
    case 'update': return subresource === null && createdByUpdate.has(resource) ? ['create'] : []
    default: return []
  }
}

/** One object or more of them is gone after it. */
export const isDelete = ({ verb, resource, subresource }: Pick<KubernetesCommandFacts, 'verb' | 'resource' | 'subresource'>): boolean =>
  verb === 'delete' || verb === 'deletecollection' || (verb === 'create' && resource === 'pods' && subresource === 'eviction')

/** Of which an update makes what is not there yet (AllowCreateOnUpdate of the API server). */
const createdByUpdate: ReadonlySet<string> = new Set([
  'endpoints', 'events', 'limitranges', 'services', 'leases', 'leasecandidates', 'roles', 'rolebindings', 'clusterroles', 'clusterrolebindings',
])

/** What deletes many at once, and a delete with which more than `over` fall into the window. An age that is no number counts. */
export function isMassDelete(facts: KubernetesCommandFacts, { over, withinMs }: { readonly over: number; readonly withinMs: number }): boolean {
  if (facts.verb === 'deletecollection') return true
  return isDelete(facts) && facts.deletes.filter((age) => !(age > withinMs)).length + 1 > over
}
