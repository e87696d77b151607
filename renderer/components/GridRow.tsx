// One row of a result grid. What a cell shows depends on what is true of it: not here yet, masked, NULL, or a value. A masked cell can
// look like nothing else, whatever its text is.
import type { VirtualItem } from '@tanstack/react-virtual'
import { Lock } from 'lucide-react'
import { memo } from 'react'
import type { Cell, ResultColumn } from '../../shared/ipc.ts'
import { isNumeric } from '../lib/column-width.ts'
import { cellId } from '../lib/grid-keys.ts'
import { maskSentence } from '../lib/mask-words.ts'
import type { Row } from '../lib/page-cache.ts'
import { visibleText } from '../../shared/visible.ts'
import { Untrusted } from '../ui/Untrusted.tsx'
import { classes } from '../ui/classes.ts'
import styles from './ResultGrid.module.css'

export interface GridRowProps {
  readonly result: string
  readonly index: number
  readonly cells: Row | undefined
  readonly columns: readonly ResultColumn[]
  readonly shown: readonly VirtualItem[]
  readonly gutter: number
  readonly width: number
  readonly top: number
  readonly height: number
  readonly activeColumn: number | null
  readonly onPick: (column: number) => void
  readonly onOpen: () => void
}

/** A cell's text in the grid; the whole of it is in the detail panel. */
const shownCharactersMax = 240

export const GridRow = memo(function GridRow({ result, index, cells, columns, shown, gutter, width, top, height, activeColumn, onPick, onOpen }: GridRowProps) {
  return (
    <div role="row" aria-rowindex={index + 2} aria-selected={activeColumn !== null} className={classes(styles['row'], activeColumn !== null && styles['activeRow'])} style={{ transform: `translateY(${top}px)`, height, width }}>
      <div role="rowheader" aria-colindex={1} className={styles['gutter']} style={{ width: gutter }}>{index + 1}</div>
      {shown.map((item) => {
        const column = columns[item.index]
        if (column === undefined) return null
        const cell = cells?.[item.index]
        const isActive = item.index === activeColumn
        return (
          // Keys are handled by the grid, which holds the focus.
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events jsx-a11y/interactive-supports-focus
          <div
            key={item.index} id={cellId(result, { row: index, column: item.index })} role="gridcell" aria-colindex={item.index + 2} aria-selected={isActive} aria-label={cellLabel(cell, column)}
            data-masked={column.mask === null ? undefined : item.index}
            className={classes(styles['cell'], isNumeric(column.type) && column.mask === null && styles['number'], isActive && styles['activeCell'])}
            style={{ left: gutter + item.start, width: item.size }}
            onMouseDown={() => onPick(item.index)} onDoubleClick={onOpen}
          >
            <CellValue cell={cell} column={column} />
          </div>
        )
      })}
    </div>
  )
})

function cellLabel(cell: Cell | undefined, column: ResultColumn): string | undefined {
  if (cell === undefined) return 'loading'
  if (column.mask !== null) return `${cell === null ? 'no value shown' : visibleText(clip(cell))}, ${maskSentence(column.mask)}`
  return cell === null ? 'NULL' : visibleText(clip(cell))
}

const clip = (cell: string): string => (cell.length > shownCharactersMax ? `${cell.slice(0, shownCharactersMax)}…` : cell)

function CellValue({ cell, column }: { readonly cell: Cell | undefined; readonly column: ResultColumn }) {
  if (cell === undefined) return <span className={styles['skeleton']} />
  if (column.mask !== null) return <span className={styles['masked']}><Lock size={10} aria-hidden="true" /><span className={styles['maskedText']}>{cell === null || cell === '' ? 'masked' : <Untrusted text={clip(cell)} />}</span></span>
  if (cell === null) return <span className={styles['null']}>NULL</span>
  return <Untrusted text={clip(cell)} />
}
