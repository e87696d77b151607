// Where a grant holds, as its `on` writes it: `shop/pods`, `shop-*/pods/exec`, `*/configmaps`; `-/nodes` for what is in no namespace; a lone
// `*` for anything. The namespace comes first, since people mean that first.
import type { KubernetesCommandFacts } from '../kubernetes.ts'
import { compileGlob } from './glob.ts'
import { resourceGlobProblem } from './kubernetes-words.ts'

/** No namespace is called that. */
export const noNamespace = '-'

export interface Place { readonly namespace: string; readonly resource: string }

/** Of what `placeProblem` lets pass. */
export function placeOf(glob: string): Place {
  const slash = glob.indexOf('/')
  return glob === '*' || slash === -1 ? { namespace: '*', resource: '*' } : { namespace: glob.slice(0, slash), resource: glob.slice(slash + 1) }
}

export function placeProblem(glob: string): string | null {
  const { namespace, resource } = placeOf(glob)
  if (glob !== '*' && (!glob.includes('/') || namespace === '')) return 'expected namespace/resource such as shop/pods or shop/pods/exec, -/nodes for what is in no namespace, or "*"'
  return resource.startsWith('/') ? 'a path that is no resource is in no place; leave on out' : resourceGlobProblem(resource)
}

/** The request is surely there. */
export function isAt(glob: string, facts: KubernetesCommandFacts): boolean {
  if (glob === '*') return true
  if (facts.plain !== null || placeProblem(glob) !== null) return false
  const { namespace, resource } = placeOf(glob)
  const what = facts.subresource === null ? facts.resource : `${facts.resource}/${facts.subresource}`
  return isInNamespace(namespace, facts) && compileGlob(resource, '/')(what)
}

/** A namespace is itself in none, and in its own. */
function isInNamespace(glob: string, { namespace, scope, resource, group }: KubernetesCommandFacts): boolean {
  if (glob === noNamespace && (scope === 'cluster' || (resource === 'namespaces' && group === ''))) return true
  if (namespace !== null) return compileGlob(glob, null)(namespace)
  return scope !== 'cluster' && glob === '*'
}
