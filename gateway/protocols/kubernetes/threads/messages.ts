// What the gateway and a thread that works on Kubernetes documents say to each other; one answer for each task, in order.
import type { KeyObject } from 'node:crypto'
import type { MaskRules, ObjectTarget } from '../../../masking/objects/object-masks.ts'

/** By number: a thread is told rules before its first document under them. */
export type ToThread =
  | { readonly kind: 'rules'; readonly id: number; readonly masks: MaskRules['masks']; readonly hashKey: KeyObject | null }
  | { readonly kind: 'forget'; readonly id: number }
  /** `pieces` of one document. */
  | { readonly kind: 'mask'; readonly rules: number; readonly target: ObjectTarget; readonly pieces: readonly Uint8Array[] }

export type Task = Exclude<ToThread, { readonly kind: 'rules' | 'forget' }>

/** `document`: as it came, in one piece. Where nothing changed nothing is sent twice. */
export interface MaskedDocument {
  readonly kind: 'masked'
  readonly document: Uint8Array
  readonly client: Uint8Array | 'document'
  readonly record: Uint8Array | 'document' | 'client'
}

export interface UnreadableDocument { readonly kind: 'unreadable'; readonly why: string }

export type FromThread = { readonly kind: 'ready' } | MaskedDocument | UnreadableDocument
