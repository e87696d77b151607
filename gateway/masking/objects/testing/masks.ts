// Mask sets and targets of tests, with what they do not say left out.
import type { DetectRule, FieldMaskRule, MaskSet } from '../../../policy/snapshot.ts'
import { type MaskedJson, type ObjectMasks, objectMasksFor } from '../object-masks.ts'
import type { ObjectTarget } from '../identity.ts'

export const field = (rule: Partial<FieldMaskRule> & Pick<FieldMaskRule, 'resources' | 'fields'>): FieldMaskRule => ({
  policy: 'p', rule: 'r', groups: null, namespaces: null, names: null, exceptTypes: [], as: 'redact', isExempt: false, ...rule,
})
export const detect = (...detectors: string[]): DetectRule => ({ policy: 'p', rule: 'd', detectors, as: 'redact', isExempt: false })

export const maskSet = (fields: readonly FieldMaskRule[] = [], found: readonly DetectRule[] = []): MaskSet => ({ columns: [], fields, detect: found })
export const masksOf = (fields: readonly FieldMaskRule[] = [], found: readonly DetectRule[] = []): ObjectMasks => objectMasksFor(maskSet(fields, found))

export const target = (resource: string, rest: Partial<ObjectTarget> = {}): ObjectTarget => ({ group: '', subresource: null, namespace: 'shop', name: null, ...rest, resource })
export const secrets = target('secrets')

export const base64 = (text: string): string => Buffer.from(text).toString('base64')
export const maskedBase64 = base64('[masked]')

export function texts(masked: MaskedJson): { readonly client: string; readonly record: string } {
  if (masked.kind === 'unreadable') throw new Error(masked.why)
  return { client: masked.client.toString('utf8'), record: masked.record.toString('utf8') }
}

/** What the client gets of a value. */
export function shown(masks: ObjectMasks, about: ObjectTarget, value: unknown): unknown {
  return JSON.parse(texts(masks.maskJson(about, Buffer.from(JSON.stringify(value)))).client) as unknown
}

export function recorded(masks: ObjectMasks, about: ObjectTarget, value: unknown): unknown {
  return JSON.parse(texts(masks.maskJson(about, Buffer.from(JSON.stringify(value)))).record) as unknown
}
