// What a Kubernetes request is, in words: verb, resource, namespace and name, and never a value. An exec's command is a value.
import { kubernetesPrivileges, type KubernetesCommandFacts } from '../../shared/kubernetes.ts'
import type { KubernetesConcern } from './kubernetes-body.ts'
import { printable } from './reason.ts'

export interface KubernetesHit { readonly facts: KubernetesCommandFacts; readonly concern: KubernetesConcern }

export const kubernetesDenied = (hit: KubernetesHit): string => `${kubernetesHeld(hit)} is not allowed`

export function kubernetesHeld({ facts, concern: { word, field } }: KubernetesHit): string {
  const isOther = word !== facts.verb && word !== facts.privilege
  return `${requestText(facts)}${isOther ? ` (as ${word})` : ''}${field === null ? '' : ` (field ${printable(field)})`}`
}

export function kubernetesUncovered(facts: KubernetesCommandFacts): string {
  const { privilege, plain } = facts
  const hint = privilege !== null ? `, which ${kubernetesPrivileges[privilege]}; "*" does not cover that, a rule has to name ${privilege}`
    : plain !== null ? ', which is no resource; "*" does not cover that, a rule has to name the path' : ''
  return `no rule allows ${requestText(facts)}${hint}`
}

/** `delete pods/web-1 in namespace shop`, `mint-token (create serviceaccounts/token of deployer in namespace shop)`. */
export function requestText({ verb, privilege, ...rest }: KubernetesCommandFacts): string {
  const request = `${verb} ${targetText({ verb, privilege, ...rest })}`
  return privilege === null ? request : `${privilege} (${request})`
}

/** `pods/web-1 in namespace shop`, `pods/exec of web-1 in namespace shop`, `secrets in all namespaces`, `/metrics`. */
export function targetText({ resource, subresource, group, namespace, scope, name, plain }: KubernetesCommandFacts): string {
  if (plain !== null) return printable(plain.path)
  const what = `${printable(resource)}${group === '' ? '' : `.${printable(group)}`}`
  const named = subresource === null ? `${what}${name === null ? '' : `/${printable(name)}`}` : `${what}/${printable(subresource)}${name === null ? '' : ` of ${printable(name)}`}`
  const isItself = resource === 'namespaces' && group === ''
  const where = scope === 'all' ? ' in all namespaces' : namespace === null || isItself ? '' : ` in namespace ${printable(namespace)}`
  return `${named}${where}`
}
