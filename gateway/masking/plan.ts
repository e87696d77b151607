// The seam of gateway/masking: which treatment each output column of a result gets. Pure. Two witnesses are heard for each column,
// its lineage and the origin the server names; the strictest wins, and where they contradict each other the column is masked.
import type { RuleRef } from '../../shared/verdict.ts'
import type { BaseColumn, Lineage, Traced } from '../sql/lineage/lineage-of.ts'
import type { BoundMask, BoundMasks } from './binding.ts'
import { look, redact, treatmentOf } from './treatment.ts'

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
  /**
   * Every value becomes these bytes, in the column's own type and format; null: becomes NULL. NULL stays NULL in a masked column itself;
   * an expression's is hidden too, for whether `nullif(email, 'x')` is NULL tells of the value.
   */
  | { readonly kind: 'replace'; readonly bytes: Buffer | null; readonly hidesNull: boolean; readonly rule: RuleRef; readonly why: string }
  /**
   * Every non-NULL value `source[from, to)` becomes what `apply` gives, valid in the column's own type and format; null: becomes NULL.
   * `as`: the form, as policies write it. `after`: what is left is looked through by detectors; `treated` in treatment.ts does both.
   */
  | {
    readonly kind: 'transform'; readonly apply: (source: Buffer, from: number, to: number) => Buffer | null
    readonly as: string; readonly after: Extract<Treatment, { kind: 'clear' | 'scan' }>; readonly rule: RuleRef; readonly why: string
  }

export interface ColumnPlan {
  /** What the client gets. */
  readonly client: Treatment
  /** What the recording gets: as if nobody were exempt. */
  readonly record: Treatment
}

export interface RowsPlan {
  readonly columns: readonly ColumnPlan[]
  /** What lineage and the server's description say differently; null: they agree, or there is one witness only. */
  readonly disagreement: string | null
}

export interface PlanInputs {
  readonly bound: BoundMasks
  readonly fields: readonly RowField[]
  /** The statement may read a relation with masked columns, as its parse tree says. */
  readonly isTainted: boolean
  /** Of the statement whose rows these are; null: it was not traced. */
  readonly lineage: Lineage | null
}

export function planColumns({ bound, fields, isTainted, lineage }: PlanInputs): RowsPlan {
  // A field that comes from a tainted relation taints the statement, whatever the parse tree said.
  const isTouching = isTainted || fields.some(({ tableOid }) => bound.taintedOids.has(tableOid))
  const { traces, disagreement } = compare(lineage, fields)
  const columns = fields.map((field, at) => {
    const cause = causeOf(bound, field, { trace: traces[at] ?? null, isTouching })
    return { client: treatmentFor(bound, field, cause, 'client'), record: treatmentFor(bound, field, cause, 'record') }
  })
  return { columns, disagreement }
}

function treatmentFor({ hashKey, detects }: BoundMasks, field: RowField, cause: Cause | null, side: keyof ColumnPlan): Treatment {
  const rule = cause?.mask[side]
  if (cause === null || !rule) return look(field, detects[side])
  const form = cause.isPlain === true ? cause.mask.forms?.[side] : undefined
  return form === undefined ? redact(field, rule, { why: cause.why, hidesNull: cause.isItself !== true }) : treatmentOf(field, { rule, form }, cause.why, { hashKey, detects: detects[side] })
}

interface Compared { readonly traces: readonly (Traced | null)[]; readonly disagreement: string | null }

/** The lineage of each field, as far as the server's description does not contradict it. */
function compare(lineage: Lineage | null, fields: readonly RowField[]): Compared {
  if (lineage === null || lineage.kind === 'unknown') return { traces: [], disagreement: null }
  if (lineage.kind === 'open') return { traces: fields.map(() => lineage.every.value), disagreement: null }
  if (lineage.columns.length !== fields.length) return { traces: [], disagreement: `${fields.length} columns come where ${lineage.columns.length} were expected` }
  const contradictions = fields.map((field, at) => contradictionOf(field, lineage.columns[at]!))
  return {
    traces: lineage.columns.map(({ value }, at) => (contradictions[at] === null ? value : null)),
    disagreement: contradictions.find((one) => one !== null) ?? null,
  }
}

function contradictionOf({ name, tableOid, columnNumber }: RowField, { name: expected, value }: { readonly name: string | null; readonly value: Traced }): string | null {
  if (expected !== null && expected !== name) return 'a column has another name than was expected'
  if (tableOid === 0 || columnNumber === 0 || value.unknown !== null) return null
  const isAmong = value.columns.some(({ oid, number }) => oid === tableOid && number === columnNumber)
  return isAmong ? null : `a column comes from column ${columnNumber} of table ${tableOid}, which was not expected`
}

/**
 * `isItself`: the server says that it is the masked column, and lineage nothing else. `isPlain`: lineage says so too, so its values
 * have the forms of the column's masks; all others are redacted.
 */
interface Cause { readonly mask: BoundMask; readonly why: string; readonly isPlain?: boolean; readonly isItself?: boolean }

const whys = {
  column: 'the column is masked',
  view: 'a column of a view over masked columns',
  row: 'a whole row with masked columns',
  unknown: 'no known origin, in a statement that touches masked columns',
} as const

/** Null: nothing masks the field. */
function causeOf(bound: BoundMasks, field: RowField, { trace, isTouching }: { readonly trace: Traced | null; readonly isTouching: boolean }): Cause | null {
  const { tableOid, columnNumber } = field
  const masked = bound.byOid.get(tableOid)
  const own = masked?.get(columnNumber)
  const carried = trace === null ? null : carriedBy(bound, trace, field)
  const isProven = trace !== null && trace.unknown === null
  if (own !== undefined) return { mask: carried === null ? viewed(bound, tableOid, own) : both(own, carried.mask), why: whys.column, isPlain: isProven && carried === null, isItself: carried === null }
  if (carried !== null) return carried
  // `select t from t`: PostgreSQL says the table, and 0 for the column (a Var of attribute 0).
  if (columnNumber === 0 && masked !== undefined) return { mask: [...masked.values()].reduce(both), why: whys.row }
  const view = bound.derived.get(tableOid)
  if (view !== undefined && !isProven) return { mask: view, why: whys.view }
  if (bound.unknown === null) return null
  const origin = originOf(bound, field)
  return origin === 'unlisted' || (origin === 'none' && isTouching && !isProven) ? { mask: bound.unknown, why: whys.unknown } : null
}

/** A view's column with a mask of its own: an exception from that is none from the masks below. */
function viewed({ derived }: BoundMasks, tableOid: number, own: BoundMask): BoundMask {
  const view = derived.get(tableOid)
  return view === undefined ? own : both(own, view)
}

/** Of the columns that can reach the value, beside the field's own, those that are masked. */
function carriedBy(bound: BoundMasks, { columns }: Traced, { tableOid, columnNumber }: RowField): Cause | null {
  const found = columns.filter(({ oid, number }) => (oid !== tableOid || number !== columnNumber) && bound.byOid.get(oid)?.has(number) === true)
  if (found.length === 0) return null
  return { mask: found.map(({ oid, number }) => bound.byOid.get(oid)!.get(number)!).reduce(both), why: `carries ${namesOf(bound, found)}` }
}

function namesOf({ catalog }: BoundMasks, columns: readonly BaseColumn[]): string {
  const names = columns.slice(0, 3).map(({ oid, number }) => {
    const relation = catalog.byOid.get(oid)
    return `${relation?.schema}.${relation?.name}.${relation?.columns.find((column) => column.number === number)?.name}`
  })
  return [...names, ...(columns.length > names.length ? ['…'] : [])].join(', ')
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
