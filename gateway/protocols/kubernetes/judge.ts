// One request's decision, from its facts: verdict → what masking refuses → whom to ask. No I/O.
import type { KubernetesBody, KubernetesCommandFacts } from '../../../shared/kubernetes.ts'
import type { ObjectMasks } from '../../masking/objects/object-masks.ts'
import type { Objection } from '../../masking/objects/write-objection.ts'
import { cleanText } from '../../masking/scanner.ts'
import type { Judgement } from '../../pipeline/judgement.ts'
import type { Refusal } from '../../pipeline/refusal.ts'
import type { Session } from '../../pipeline/session.ts'
import { evaluate } from '../../policy/evaluate.ts'
import { targetOf, type KubernetesAccess } from './access.ts'
import { cleanRequest, withoutSelectors } from './recorded-text.ts'
import { judgedApart } from './written.ts'

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
  const target = targetOf(facts)
  const clean = (text: string) => (recordScanner === null ? text : cleanText(recordScanner, text))
  const judged = evaluate(snapshot, principal, connection, facts, now)
  // Reasons name what the path names, and go into the record, lists and notifications.
  const verdict = { ...judged, reason: clean(judged.reason) }
  return {
    resolved: facts, access, verdict, live,
    // What masking refuses, nobody can approve.
    refusal: denied(verdict) ?? objectionOfMasks(access, facts, clean) ?? held(verdict),
    isTainted: facts.body !== null && masks.touches(target),
    recordedText: (text) => {
      const shown = masks.hidesSelector(target, facts) ? withoutSelectors(text) : text
      return recordScanner === null ? shown : cleanRequest(recordScanner, shown)
    },
    recordedParameters: (parameters) => (facts.body === null ? parameters.map((value) => value && clean(value)) : [cleanedBody(access, facts, facts.body, clean)]),
  }
}

const denied = ({ effect, reason }: Judgement['verdict']): Refusal | null => (effect === 'deny' ? { kind: 'denied', message: reason } : null)
const held = ({ effect, reason }: Judgement['verdict']): Refusal | null => (effect === 'approve' ? { kind: 'needs-approval', message: reason } : null)

/** Ways by which a masked value would leave, or be taken for the value it hides. */
function objectionOfMasks({ masks }: KubernetesAccess, facts: KubernetesCommandFacts, clean: (text: string) => string): Refusal | null {
  const target = targetOf(facts)
  const objection = (facts.body === null ? null : objectionToBody(masks, facts, facts.body)) ?? masks.objectionToSelector(target, facts)
  return objection && { kind: 'denied', message: clean(`denied by masking: ${objection.message}`), hint: objection.hint }
}

/** What only this execution tells: how many guesses at masked values it makes, of which a principal has so many an hour. */
export function objectionToGuesses({ context, lease, connection }: Session, { access, resolved }: RequestDecision): Refusal | null {
  const guesses = resolved.body === null ? 0 : (judgedApart(access.masks, resolved.body)?.probes ?? access.masks.probesIn(targetOf(resolved), resolved.body))
  return guesses === 0 ? null : context.probes.take(lease.principal.id, connection.name, guesses)
}

/** As JSON, for the record: what would be masked when it is read is masked where it is written. */
export function recordedBody({ masks }: KubernetesAccess, facts: KubernetesCommandFacts, body: KubernetesBody): string {
  return judgedApart(masks, body)?.recorded ?? JSON.stringify(masks.bodyForRecord(targetOf(facts), body))
}

/** A thread has cleaned it already. */
function cleanedBody(access: KubernetesAccess, facts: KubernetesCommandFacts, body: KubernetesBody, clean: (text: string) => string): string {
  return judgedApart(access.masks, body)?.recorded ?? clean(recordedBody(access, facts, body))
}

function objectionToBody(masks: ObjectMasks, facts: KubernetesCommandFacts, body: KubernetesBody): Objection | null {
  const judged = judgedApart(masks, body)
  return judged === null ? masks.objectionToWrite(targetOf(facts), body, facts) : judged.objection
}
