// A refusal in Kubernetes' tongue: a metav1.Status, whose message kubectl prints behind `Error from server (<reason>):`.
// https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/types.go (StatusReason). Never a Retry-After: client-go would ask again by itself.
import type { KubernetesCommandFacts } from '../../../shared/kubernetes.ts'
import type { Refusal, RefusalKind } from '../../pipeline/refusal.ts'

/** Reasons kubectl knows, with the HTTP status the API server sends with each. */
const codes = {
  BadRequest: 400, Unauthorized: 401, Forbidden: 403, NotFound: 404, MethodNotAllowed: 405, NotAcceptable: 406, Conflict: 409,
  RequestEntityTooLarge: 413, UnsupportedMediaType: 415, TooManyRequests: 429, InternalError: 500, ServiceUnavailable: 503, Timeout: 504,
} as const
export type StatusReason = keyof typeof codes

/** What the pure functions here say to a request they cannot read; no reading of it goes on. */
export interface Refused {
  readonly kind: 'refused'
  readonly reason: StatusReason
  readonly message: string
  readonly hint: string
}

export const refused = (message: string, hint: string, reason: StatusReason = 'BadRequest'): Refused => ({ kind: 'refused', reason, message, hint })

const reasons = {
  denied: 'Forbidden', 'needs-approval': 'Forbidden', limit: 'TooManyRequests', invalid: 'BadRequest', unsupported: 'MethodNotAllowed',
  cancelled: 'Timeout', unavailable: 'ServiceUnavailable', unrecorded: 'ServiceUnavailable',
} as const satisfies Record<RefusalKind, StatusReason>

const kinds: Partial<Record<StatusReason, RefusalKind>> = {
  Forbidden: 'denied', TooManyRequests: 'limit', RequestEntityTooLarge: 'limit', MethodNotAllowed: 'unsupported',
  UnsupportedMediaType: 'unsupported', NotAcceptable: 'unsupported', ServiceUnavailable: 'unavailable', InternalError: 'unavailable',
}

/** For the record and the pipeline, which know no HTTP. */
export const refusalOf = ({ reason, message, hint }: Refused): Refusal => ({ kind: kinds[reason] ?? 'invalid', message, hint })

export interface StatusAnswer {
  readonly code: number
  /** Of the body; `application/json`. */
  readonly contentType: string
  /** JSON of a metav1.Status; also what an ERROR event of a watch and a v4/v5 error stream carry. */
  readonly body: Buffer
}

/** What the Status' details name; the facts of a command have it. */
type About = Pick<KubernetesCommandFacts, 'group' | 'resource' | 'name'>

/** The answer to a refused request. `facts` null: it was not read so far. `reason`: where it says more than the kind (401, 413, 504 …). */
export function statusOf(refusal: Refusal, facts: About | null, reason: StatusReason = reasons[refusal.kind]): StatusAnswer {
  return answer(reason, withHint(refusal.message, refusal.hint), facts)
}

export function statusOfRefused(why: Refused, facts: About | null = null): StatusAnswer {
  return answer(why.reason, withHint(why.message, why.hint), facts)
}

/** The Status itself, for where it stands inside something else (an ERROR event of a watch). */
export function statusObject(reason: StatusReason, message: string, facts: About | null): object {
  return {
    kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason,
    ...(facts !== null && facts.resource !== '' && {
      details: { ...(facts.name !== null && { name: facts.name }), ...(facts.group !== '' && { group: facts.group }), kind: facts.resource },
    }),
    code: codes[reason],
  }
}

/** A Warning header (RFC 7234 5.5), which kubectl prints as `Warning: …` whatever the verdict. What cannot stand in a header is left out. */
export function warningHeader(text: string): string {
  const plain = text.replace(/[^\x20-\x7e]+/g, ' ').replace(/[\\"]/g, (character) => `\\${character}`)
  return `299 gatehouse "${plain.slice(0, 500).replace(/\\$/, '')}"`
}

function answer(reason: StatusReason, message: string, facts: About | null): StatusAnswer {
  return { code: codes[reason], contentType: 'application/json', body: Buffer.from(JSON.stringify(statusObject(reason, message, facts))) }
}

/** kubectl prints the message and nothing else of a Status, on one line. */
const withHint = (message: string, hint: string | undefined): string => oneLine(hint === undefined || hint === '' ? message : `${message}. ${hint}`)

const oneLine = (text: string): string => text.replace(/\s*[\r\n]+\s*/g, ' ')
