// What would become of a Kubernetes request, for `policy test` and `policy explain`: the line read as the gateway reads a request, and
// judged by policy alone. Nothing is sent, and no cluster is reached: what masking would refuse depends on the object.
import type { ConnectionSummary } from '../shared/connection.ts'
import type { KubernetesCommandFacts } from '../shared/kubernetes.ts'
import type { Principal } from '../shared/principal.ts'
import type { Verdict } from '../shared/verdict.ts'
import { evaluate } from '../gateway/policy/evaluate.ts'
import type { PolicySnapshot } from '../gateway/policy/snapshot.ts'
import { factsOfRun } from '../gateway/protocols/kubernetes/run-text.ts'

export type RequestTrial = { readonly kind: 'decided'; readonly verdict: Verdict; readonly facts: KubernetesCommandFacts } | { readonly kind: 'undecided'; readonly why: string }

export function tryRequest(snapshot: PolicySnapshot, { principal, connection, run, now }: { readonly principal: Principal; readonly connection: ConnectionSummary; readonly run: string; readonly now: number }): RequestTrial {
  const read = factsOfRun(run)
  if (read.kind === 'problem') return { kind: 'undecided', why: read.message }
  return { kind: 'decided', facts: read.facts, verdict: evaluate(snapshot, principal, connection, read.facts, now) }
}

/** Of tests with `masked:`: fields are masked in answers, of which there is none here. */
export const maskedUnknown = { unknown: 'fields of objects are masked in answers, and nothing is sent here' } as const
