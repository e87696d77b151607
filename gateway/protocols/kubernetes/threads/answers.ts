// What a thread may answer to what it was asked; anything else is odd, and the thread is not asked again.
import type { KubernetesBody } from '../../../../shared/kubernetes.ts'
import type { Answers, Work } from './messages.ts'

type Said = { readonly [key in string]?: unknown }

const said = (message: unknown): Said => (typeof message === 'object' ? message ?? {} : {}) as Said

export const isReady = (message: unknown): boolean => said(message).kind === 'ready'

/** Null: no answer to this. `bytes`: of the document that was given. */
export function answerTo({ kind }: Work, message: unknown, bytes: number): Answers[Work['kind']] | null {
  switch (kind) {
    case 'mask': return toMask(said(message), bytes)
    case 'read': return toRead(said(message))
    case 'judge': return toJudge(said(message))
  }
}

function toMask({ kind, why, document, client, record }: Said, bytes: number): Answers['mask'] | null {
  if (kind === 'unreadable' && typeof why === 'string') return { kind, why }
  if (kind !== 'masked' || !(document instanceof Uint8Array) || document.byteLength !== bytes) return null
  if (client !== 'document' && !(client instanceof Uint8Array)) return null
  return record === 'document' || record === 'client' || record instanceof Uint8Array ? { kind, document, client, record } : null
}

const bodies: readonly unknown[] = ['object', 'merge', 'apply', 'json-patch', 'options'] satisfies readonly KubernetesBody['kind'][]

function toRead(answer: Said): Answers['read'] | null {
  const { kind, reason, message, hint, body, contentType, document } = answer
  if (kind === 'refused') return typeof reason === 'string' && typeof message === 'string' && typeof hint === 'string' ? answer as unknown as Answers['read'] : null
  if (kind !== 'body' || !bodies.includes(body) || typeof contentType !== 'string' || !(document instanceof Uint8Array)) return null
  return { kind, body: body as KubernetesBody['kind'], contentType, document }
}

function toJudge({ kind, objection, probes, recorded }: Said): Answers['judge'] | null {
  if (kind !== 'judged' || typeof probes !== 'number' || typeof recorded !== 'string') return null
  if (objection === null) return { kind, objection, probes, recorded }
  const { message, hint } = said(objection)
  return typeof message === 'string' && typeof hint === 'string' ? { kind, objection: { message, hint }, probes, recorded } : null
}
