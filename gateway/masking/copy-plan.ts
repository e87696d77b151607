// Which cells of COPY … TO STDOUT are masked. COPY describes no columns, so lineage is the only witness here: where it is not known
// how many columns there are, there is no plan. Pure.
import type { Lineage, Traced } from '../sql/lineage/lineage-of.ts'
import type { BoundMask, BoundMasks } from './binding.ts'
import type { CellMask } from './copy-cells.ts'
import { redactionOf } from './redaction.ts'

export interface CopyPlan {
  /** One for each column; null: nothing is masked. */
  readonly client: readonly CellMask[] | null
  /** What the recording gets: as if nobody were exempt. */
  readonly record: readonly CellMask[] | null
}

export const nothingMasked: CopyPlan = { client: null, record: null }

export function planCopy(bound: BoundMasks, lineage: Lineage | null): CopyPlan | null {
  if (lineage?.kind !== 'columns') return null
  const cells = lineage.columns.map(({ value }) => ({ mask: maskOf(bound, value), cell: { text: redactedText(bound, value) } }))
  return { client: columnsOf(cells.map(({ mask, cell }) => (mask?.client ? cell : 'clear'))), record: columnsOf(cells.map(({ mask, cell }) => (mask ? cell : 'clear'))) }
}

function columnsOf(cells: readonly CellMask[]): readonly CellMask[] | null {
  return cells.every((cell) => cell === 'clear') ? null : cells
}

/** The strictest of all that can be in the value. */
function maskOf(bound: BoundMasks, { columns, unknown }: Traced): BoundMask | null {
  const masks = columns.flatMap(({ oid, number }) => bound.byOid.get(oid)?.get(number) ?? [])
  const all = unknown === null || bound.unknown === null ? masks : [...masks, bound.unknown]
  return all.find(({ client }) => client !== null) ?? all[0] ?? null
}

/** The redacted form that all types of the columns in it share; null, NULL, where there is none or they differ. */
function redactedText({ catalog }: BoundMasks, { columns, unknown }: Traced): string | null {
  if (unknown !== null) return null
  const texts = new Set(columns.map(({ oid, number }) => {
    const type = catalog.byOid.get(oid)?.columns.find((column) => column.number === number)?.typeOid
    return (type === undefined ? null : redactionOf(type, 0))?.toString() ?? null
  }))
  return texts.size === 1 ? [...texts][0]! : null
}
