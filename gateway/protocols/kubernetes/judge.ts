// One request's decision, from its facts: verdict → what masking refuses → whom to ask. No I/O.
import type { KubernetesBody, KubernetesCommandFacts } from '../../../shared/kubernetes.ts'
import { maskedText } from '../../masking/redaction.ts'
import { cleanText } from '../../masking/scanner.ts'
import type { Judgement } from '../../pipeline/judgement.ts'
import type { Refusal } from '../../pipeline/refusal.ts'
import { evaluate } from '../../policy/evaluate.ts'
import { targetOf, type KubernetesAccess } from './access.ts'

export interface RequestDecision extends Judgement {
  readonly resolved: KubernetesCommandFacts
  readonly access: KubernetesAccess
  /** Which object it is about, as the cluster has it now: another one of the same name is another. Null: not asked, or there is none. */
  readonly live: string | null
}

export interface Circumstances {
  readonly now: number
  readonly live: string | null
}

export function decideRequest(access: KubernetesAccess, facts: KubernetesCommandFacts, { now, live }: Circumstances): RequestDecision {
  const { snapshot, principal, connection, masks, recordScanner } = access
  const verdict = evaluate(snapshot, principal, connection, facts, now)
  const target = targetOf(facts)
  const clean = (text: string) => (recordScanner === null ? text : cleanText(recordScanner, text))
  return {
    resolved: facts, access, verdict, live,
    // What masking refuses, nobody can approve.
    refusal: denied(verdict) ?? writtenBack(access, facts) ?? held(verdict),
    isTainted: facts.body !== null && masks.touches(target),
    recordedText: clean,
    recordedParameters: (parameters) => (facts.body === null ? parameters.map((value) => value && clean(value)) : [clean(recordedBody(access, facts, facts.body))]),
  }
}

const denied = ({ effect, reason }: Judgement['verdict']): Refusal | null => (effect === 'deny' ? { kind: 'denied', message: reason } : null)
const held = ({ effect, reason }: Judgement['verdict']): Refusal | null => (effect === 'approve' ? { kind: 'needs-approval', message: reason } : null)

function writtenBack({ masks }: KubernetesAccess, facts: KubernetesCommandFacts): Refusal | null {
  const objection = facts.body === null ? null : (masks as unknown as { objectionToWrite?: (...of: unknown[]) => { message: string; hint: string } | null }).objectionToWrite?.(targetOf(facts), facts.body) ?? null
  return objection && { kind: 'denied', ...objection }
}

/** As JSON, for the record: what would be masked when it is read is masked where it is written. */
export function recordedBody({ masks }: KubernetesAccess, facts: KubernetesCommandFacts, { kind, value }: KubernetesBody): string {
  const target = targetOf(facts)
  // An operation's value stands apart from the place it goes to.
  if (kind === 'json-patch' && masks.touches(target)) return JSON.stringify(value, (key, one: unknown) => (key === 'value' ? maskedText : one))
  return JSON.stringify(masks.forRecord(target, value))
}
