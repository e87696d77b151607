// A grant's class for Kubernetes: whether a request is in it, how much it opens, how it reads. Pure.
import type { GrantClass } from '../../shared/approval.ts'
import type { KubernetesCommandFacts } from '../../shared/kubernetes.ts'
import { massDeletesOverDefault, massDeletesWithinMsDefault } from '../../shared/limits.ts'
import { isMassDelete, isQuiet } from '../../shared/policy/kubernetes-facts.ts'
import { isAt } from '../../shared/policy/kubernetes-place.ts'

const manyDeletes = { over: massDeletesOverDefault, withinMs: massDeletesWithinMsDefault }

/** What needs no rule of its own needs no grant. */
export const isInKubernetesClass = (granted: GrantClass, facts: KubernetesCommandFacts): boolean =>
  isQuiet(facts) || (isOfKind(granted, facts) && (granted.on === null || granted.on.some((glob) => isAt(glob, facts))))

/** A privilege, a path that is no resource, one delete of many: nobody agreed to those who did not read the word. */
function isOfKind({ kinds }: GrantClass, facts: KubernetesCommandFacts): boolean {
  const { verb, privilege, plain } = facts
  if (privilege !== null) return kinds.includes(privilege)
  if (plain !== null) return kinds.includes(verb)
  if (kinds.includes('*')) return true
  return kinds.includes(verb) && (verb === 'deletecollection' || kinds.includes('mass-delete') || !isMassDelete(facts, manyDeletes))
}

const reading: ReadonlySet<string> = new Set(['get', 'list', 'watch'])
const writing: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete'])

export function kubernetesRiskOf({ kinds }: GrantClass): 'low' | 'medium' | 'high' {
  if (kinds.every((kind) => reading.has(kind))) return 'low'
  return kinds.every((kind) => reading.has(kind) || writing.has(kind)) ? 'medium' : 'high'
}
