// The seam of gateway/masking: which treatment each output column of a result gets. Pure.
// In this issue a column without a known origin, in a statement that touches masked columns, is masked whole; lineage comes next.
import type { RuleRef } from '../../shared/verdict.ts'
import type { BoundMask, BoundMasks } from './binding.ts'
import { redactionOf, scanFormOf } from './redaction.ts'

/** A field of a RowDescription. */
export interface RowField {
  readonly name: string
  /** 0: an expression, or a column whose origin the server does not say. */
  readonly tableOid: number
  readonly columnNumber: number
  readonly typeOid: number
  /** 0 text, 1 binary. */
  readonly format: number
}

export type Treatment =
  | { readonly kind: 'clear' }
  /**
   * Look for detector findings in the value. `otherwise`, where it is given (null: NULL): the value has lengths inside (binary
   * arrays and rows), so with a finding the whole of it becomes this; `scanValue` in scanner.ts does both.
   */
  | { readonly kind: 'scan'; readonly otherwise?: Buffer | null }
  /** Every non-NULL value becomes these bytes, in the column's own type and format; null: becomes NULL. NULL stays NULL. */
  | { readonly kind: 'replace'; readonly bytes: Buffer | null; readonly rule: RuleRef; readonly why: string }

export interface ColumnPlan {
  /** What the client gets. */
  readonly client: Treatment
  /** What the recording gets: as if nobody were exempt. */
  readonly record: Treatment
}

export interface PlanInputs {
  readonly bound: BoundMasks
  readonly fields: readonly RowField[]
  /** The statement may read a relation with masked columns, as its parse tree says. */
  readonly isTainted: boolean
}

export function planColumns({ bound, fields, isTainted }: PlanInputs): readonly ColumnPlan[] {
  // The second witness: a field that comes from a tainted relation taints the statement, whatever the parse tree said.
  const isTouching = isTainted || fields.some(({ tableOid }) => bound.taintedOids.has(tableOid))
  return fields.map((field) => {
    const cause = causeOf(bound, field, isTouching)
    return {
      client: cause?.mask.client ? replace(field, cause.mask.client, cause.why) : look(field, bound.detects.client),
      record: cause ? replace(field, cause.mask.record, cause.why) : look(field, bound.detects.record),
    }
  })
}

interface Cause { readonly mask: BoundMask; readonly why: string }

const whys = {
  column: 'the column is masked',
  view: 'a column of a view over masked columns',
  row: 'a whole row with masked columns',
  unknown: 'no known origin, in a statement that touches masked columns',
} as const

/** Null: nothing masks the field. */
function causeOf(bound: BoundMasks, field: RowField, isTouching: boolean): Cause | null {
  const { tableOid, columnNumber } = field
  const masked = bound.byOid.get(tableOid)
  const mask = masked?.get(columnNumber)
  const view = bound.derived.get(tableOid)
  // A view's column with a mask of its own: an exception from that is none from the mask below.
  if (mask !== undefined) return { mask: view === undefined ? mask : both(mask, view), why: whys.column }
  if (view !== undefined) return { mask: view, why: whys.view }
  // `select t from t`: PostgreSQL says the table, and 0 for the column (a Var of attribute 0).
  if (columnNumber === 0 && masked !== undefined) return { mask: [...masked.values()].reduce(both), why: whys.row }
  if (bound.unknown === null) return null
  const origin = originOf(bound, field)
  return origin === 'unlisted' || (origin === 'none' && isTouching) ? { mask: bound.unknown, why: whys.unknown } : null
}

function both(first: BoundMask, second: BoundMask): BoundMask {
  return { record: first.record, client: first.client ?? second.client }
}

/** PostgreSQL gives oids of its own below this (FirstNormalObjectId, access/transam.h). */
const firstNormalOid = 16_384

/**
 * `known`: a column the catalog lists and no mask is on, a system column (ctid, xmin: negative numbers), a sequence's.
 * `unlisted`: the server names a table or column that the catalog does not have, though the statement resolved: it is new, perhaps
 * a partition or a column that a mask is meant for. `none`: an expression, or a whole row.
 */
function originOf(bound: BoundMasks, { tableOid, columnNumber }: RowField): 'known' | 'unlisted' | 'none' {
  if (tableOid === 0 || columnNumber === 0) return 'none'
  const relation = bound.catalog.byOid.get(tableOid)
  if (relation === undefined) return tableOid >= firstNormalOid ? 'unlisted' : 'none'
  if (columnNumber < 0 || relation.kind === 'sequence') return 'known'
  return relation.columns.some(({ number }) => number === columnNumber) ? 'known' : 'unlisted'
}

function replace({ typeOid, format }: RowField, rule: RuleRef, why: string): Treatment {
  return { kind: 'replace', bytes: redactionOf(typeOid, format), rule, why }
}

const clear: Treatment = { kind: 'clear' }
const scan: Treatment = { kind: 'scan' }

function look({ typeOid, format }: RowField, detects: boolean): Treatment {
  const form = detects ? scanFormOf(typeOid, format) : null
  switch (form?.kind) {
    case 'text': return scan
    case 'whole': return { kind: 'scan', otherwise: form.bytes }
    default: return clear
  }
}
