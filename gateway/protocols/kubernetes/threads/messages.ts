// What the gateway and a thread that works on Kubernetes documents say to each other; one answer for each task, in order.
import type { KeyObject } from 'node:crypto'
import type { KubernetesBody } from '../../../../shared/kubernetes.ts'
import type { MaskRules, ObjectTarget } from '../../../masking/objects/object-masks.ts'
import type { Objection, WriteManner } from '../../../masking/objects/write-objection.ts'
import type { Refused } from '../refusal.ts'

/** By number: a thread is told rules before its first document under them. */
export type ToThread =
  | { readonly kind: 'rules'; readonly id: number; readonly masks: MaskRules['masks']; readonly hashKey: KeyObject | null }
  | { readonly kind: 'forget'; readonly id: number }
  | Task

/** `pieces` of one document. */
export type Task = { readonly rules: number; readonly pieces: readonly Uint8Array[] } & Work

/** `mask`: an answer. `read`: a body as its client wrote it. `judge`: a body that was read, as JSON. */
export type Work =
  | { readonly kind: 'mask'; readonly target: ObjectTarget }
  | { readonly kind: 'read'; readonly verb: 'object' | 'patch' | 'options'; readonly contentType: string | null }
  | { readonly kind: 'judge'; readonly target: ObjectTarget; readonly body: KubernetesBody['kind']; readonly how: WriteManner }

/** `document`: as it came, in one piece. Where nothing changed nothing is sent twice. */
export interface MaskedDocument {
  readonly kind: 'masked'
  readonly document: Uint8Array
  readonly client: Uint8Array | 'document'
  readonly record: Uint8Array | 'document' | 'client'
}

export interface UnreadableDocument { readonly kind: 'unreadable'; readonly why: string }

/** `document`: the value that was read, written anew as JSON: it is what goes upstream. */
export interface BodyDocument { readonly kind: 'body'; readonly body: KubernetesBody['kind']; readonly contentType: string; readonly document: Uint8Array }

/** What masks say of a body. */
export interface JudgedDocument { readonly kind: 'judged'; readonly objection: Objection | null; readonly probes: number; /** JSON, as a recording may hold it; cleaned. */ readonly recorded: string }

export interface Answers {
  readonly mask: MaskedDocument | UnreadableDocument
  readonly read: BodyDocument | Refused
  readonly judge: JudgedDocument
}

export type FromThread = { readonly kind: 'ready' } | Answers[Work['kind']]
