// Where the keyboard takes the active cell of a result. Pure.

export interface CellPlace { readonly row: number; readonly column: number }
export interface GridSize { readonly rows: number; readonly columns: number; /** Rows in view. */ readonly page: number }

const clamp = (value: number, last: number): number => Math.min(Math.max(0, value), Math.max(0, last))

export function moveCell(from: CellPlace, key: string, isMod: boolean, size: GridSize): CellPlace | null {
  const lastRow = size.rows - 1
  const lastColumn = size.columns - 1
  const row = (by: number): CellPlace => ({ ...from, row: clamp(from.row + by, lastRow) })
  const column = (by: number): CellPlace => ({ ...from, column: clamp(from.column + by, lastColumn) })
  switch (key) {
    case 'ArrowUp': return isMod ? { ...from, row: 0 } : row(-1)
    case 'ArrowDown': return isMod ? { ...from, row: clamp(lastRow, lastRow) } : row(1)
    case 'ArrowLeft': return isMod ? { ...from, column: 0 } : column(-1)
    case 'ArrowRight': return isMod ? { ...from, column: clamp(lastColumn, lastColumn) } : column(1)
    case 'PageUp': return row(-size.page)
    case 'PageDown': return row(size.page)
    case 'Home': return isMod ? { row: 0, column: 0 } : { ...from, column: 0 }
    case 'End': return isMod ? { row: clamp(lastRow, lastRow), column: clamp(lastColumn, lastColumn) } : { ...from, column: clamp(lastColumn, lastColumn) }
    default: return null
  }
}

/** The DOM id of a cell, for aria-activedescendant. */
export const cellId = (result: string, place: CellPlace): string => `cell-${result}-${place.row}-${place.column}`
