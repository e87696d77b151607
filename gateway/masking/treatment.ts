// From a rule's hold on a column to what is done with each value, and the doing. The choice is made once a result; a value costs one
// call, and a column without a mask none.
import type { KeyObject } from 'node:crypto'
import { columnFormText, type ColumnForm, type Hold } from './column-form.ts'
import { transformOf } from './forms/transform.ts'
import type { RowField, Treatment } from './plan.ts'
import { redactionOf, scanFormOf } from './redaction.ts'
import { scanValue, type Scanner } from './scanner.ts'

/** What a treatment depends on besides the rule; a BoundMasks has both. */
export interface TreatmentInputs {
  readonly hashKey: KeyObject | null
  /** Detectors look at values on this side. */
  readonly detects: boolean
}

type Shape = Pick<RowField, 'typeOid' | 'format'>

/** Of the column's own values. What only carries them, an expression or a view's column, is redacted: `redact` instead of the form. */
export function treatmentOf(field: Shape, { rule, form }: Hold, why: string, { hashKey, detects }: TreatmentInputs): Treatment {
  const { typeOid, format } = field
  const transform = transformOf(form, { typeOid, format, hashKey })
  if (transform === null) return redact(field, rule, { why, hidesNull: false })
  const redaction = redactionOf(typeOid, format)
  return {
    kind: 'transform', rule, why, as: columnFormText(form), after: showsParts(form) ? look(field, detects) : clear,
    apply(source, from, to) {
      const value = transform(source.subarray(from, to))
      return value === undefined ? redaction : value
    },
  }
}

export function redact({ typeOid, format }: Shape, rule: Hold['rule'], { why, hidesNull }: { readonly why: string; readonly hidesNull: boolean }): Treatment {
  return { kind: 'replace', bytes: redactionOf(typeOid, format), hidesNull, rule, why }
}

/** Something of the value is left, in which detectors may find more. */
function showsParts(form: ColumnForm): boolean {
  return form === 'email' || (typeof form !== 'string' && !('range' in form))
}

const clear = { kind: 'clear' } as const
const scan = { kind: 'scan' } as const

/** For a column no mask is on. */
export function look({ typeOid, format }: Shape, detects: boolean): Extract<Treatment, { kind: 'clear' | 'scan' }> {
  const form = detects ? scanFormOf(typeOid, format) : null
  switch (form?.kind) {
    case 'text': return scan
    case 'whole': return { kind: 'scan', otherwise: form.bytes }
    default: return clear
  }
}

/** The value `source[from, to)` under a treatment. Undefined: it stays as it is; null: it becomes NULL. */
export function treated(treatment: Treatment, scanner: Scanner | null, source: Buffer, from: number, to: number): Buffer | null | undefined {
  switch (treatment.kind) {
    case 'clear': return undefined
    case 'scan': return scanner === null ? undefined : scanValue(scanner, treatment, source, from, to)
    case 'replace': return treatment.bytes
    case 'transform': {
      const value = treatment.apply(source, from, to)
      const found = value === null || treatment.after.kind === 'clear' ? undefined : treated(treatment.after, scanner, value, 0, value.length)
      return found === undefined ? value : found
    }
  }
}

/** Equal treatments of one column give equal bytes for every value. */
export function isSameTreatment(one: Treatment, other: Treatment): boolean {
  if (one.kind === 'replace' && other.kind === 'replace') {
    return one.hidesNull === other.hidesNull && (one.bytes === other.bytes || (one.bytes !== null && other.bytes?.equals(one.bytes) === true))
  }
  if (one.kind === 'transform' && other.kind === 'transform') return one.as === other.as && one.after.kind === other.after.kind
  return one.kind === other.kind
}
