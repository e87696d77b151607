// The policies in force: an immutable snapshot, swapped whole. evaluate(…) and masksFor(…) read only this.
import type { DetectorRef } from '../../shared/policy/detector.ts'
import type { FieldTarget } from '../../shared/policy/mask.ts'
import type { MaskForm } from '../../shared/policy/mask-form.ts'
import type { Policy } from '../../shared/policy/rule.ts'

export interface PolicySnapshot {
  /** Hex SHA-256 over the files' names and bytes. */
  readonly hash: string
  readonly policies: readonly Policy[]
}

/** Holds the one current snapshot; a bad reload keeps the last good one and says so. */
export interface PolicyHolder {
  readonly current: PolicySnapshot
  onChange(listener: (snapshot: PolicySnapshot) => void): () => void
}

/** One mask rule as it stands for one principal on one connection. */
export interface ColumnMaskRule {
  readonly policy: string
  readonly rule: string
  /** `schema.table.column`, each part a glob. */
  readonly column: string
  /** Into the column's documents: only these members are masked. */
  readonly path?: string
  readonly as: MaskForm
  /** `except` lets this principal see the value; the recording stays masked all the same. */
  readonly isExempt: boolean
}
/** Fields of Kubernetes objects; what it is about stands in FieldTarget. */
export interface FieldMaskRule extends Omit<FieldTarget, 'kind'> {
  readonly policy: string
  readonly rule: string
  readonly as: MaskForm
  readonly isExempt: boolean
}
export interface DetectRule {
  readonly policy: string
  readonly rule: string
  readonly detectors: readonly DetectorRef[]
  readonly as: 'redact'
  readonly isExempt: boolean
}
export interface MaskSet {
  readonly columns: readonly ColumnMaskRule[]
  /** Of connections of kind kubernetes. */
  readonly fields: readonly FieldMaskRule[]
  readonly detect: readonly DetectRule[]
}
