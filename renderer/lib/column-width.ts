// How wide a result column begins: by its name, its type and the first rows, within limits. Pure.
import type { ResultColumn } from '../../shared/ipc.ts'
import type { Row } from './page-cache.ts'

export const widthMin = 56
/** Where a column begins at least: the first rows say little of the millionth. */
const widthStartMin = 92
const widthStartMax = 340
export const widthMax = 1200
/** A character of the grid's mono font at 12 px, and of the header's sans. */
const characterPx = 7.3
const padding = 26
const sampleRows = 60

const numeric = new Set(['int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'oid', 'money'])

export const isNumeric = (type: string): boolean => numeric.has(type)

export function columnWidths(columns: readonly ResultColumn[], rows: readonly (Row | undefined)[]): readonly number[] {
  return columns.map((column, at) => {
    const header = column.name.length * 7 + column.type.length * 6 + 34 + (column.mask === null ? 0 : 18)
    const cells = rows.slice(0, sampleRows).map((row) => cellLength(row?.[at]))
    const body = Math.max(0, ...cells) * characterPx + padding + (column.mask === null ? 0 : 30)
    return Math.round(Math.min(widthStartMax, Math.max(widthStartMin, header, body)))
  })
}

const cellLength = (cell: string | null | undefined): number => (cell === null ? 4 : (cell?.length ?? 0))
