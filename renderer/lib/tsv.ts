// Cells for the clipboard: tab-separated, one line a row. Tabs and line ends inside a cell become spaces so that a sheet stays
// square; NULL is empty. A leading = + - @ gets no treatment: what is copied is what the database said.
import type { Cell } from '../../shared/ipc.ts'

export const tsvCell = (cell: Cell): string => (cell ?? '').replaceAll(/[\t\r\n]+/g, ' ')

export const tsvRow = (row: readonly Cell[]): string => row.map(tsvCell).join('\t')
