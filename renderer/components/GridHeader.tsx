// The sticky header of a result grid: name, type, a lock on masked columns, a handle to resize.
import type { VirtualItem } from '@tanstack/react-virtual'
import { Lock } from 'lucide-react'
import { useRef, type PointerEvent } from 'react'
import type { ResultColumn } from '../../shared/ipc.ts'
import { isNumeric } from '../lib/column-width.ts'
import { maskSentence } from '../lib/mask-words.ts'
import { visibleText } from '../../shared/visible.ts'
import { Untrusted } from '../ui/Untrusted.tsx'
import { classes } from '../ui/classes.ts'
import styles from './ResultGrid.module.css'

export interface GridHeaderProps {
  readonly columns: readonly ResultColumn[]
  readonly shown: readonly VirtualItem[]
  readonly gutter: number
  readonly height: number
  readonly width: number
  readonly active: number
  readonly widthOf: (column: number) => number
  readonly onResize: (column: number, to: number) => void
  readonly onFit: (column: number) => void
}

export function GridHeader({ columns, shown, gutter, height, width, active, widthOf, onResize, onFit }: GridHeaderProps) {
  return (
    <div role="row" aria-rowindex={1} className={styles['header']} style={{ height, width }}>
      <div role="columnheader" aria-colindex={1} aria-label="Row" className={classes(styles['corner'], styles['gutter'])} style={{ width: gutter }} />
      {shown.map((item) => {
        const column = columns[item.index]
        if (column === undefined) return null
        const label = `${visibleText(column.name)}, ${column.type}${column.mask === null ? '' : `, ${maskSentence(column.mask)}`}`
        return (
          <div
            key={item.index} role="columnheader" aria-colindex={item.index + 2} aria-label={label} data-masked={column.mask === null ? undefined : item.index}
            className={classes(styles['heading'], isNumeric(column.type) && styles['number'], column.mask !== null && styles['maskedHeading'], item.index === active && styles['activeHeading'])}
            style={{ left: gutter + item.start, width: item.size }}
          >
            {column.mask !== null && <Lock size={11} className={styles['lock']} aria-hidden="true" />}
            <span className={styles['columnName']}><Untrusted text={column.name} /></span>
            <span className={styles['type']}>{column.type}</span>
            <ResizeHandle width={widthOf(item.index)} onResize={(to) => onResize(item.index, to)} onFit={() => onFit(item.index)} />
          </div>
        )
      })}
    </div>
  )
}

/** Dragged by the pointer; the keyboard resizes the active column with Alt and the arrows. */
function ResizeHandle({ width, onResize, onFit }: { readonly width: number; readonly onResize: (to: number) => void; readonly onFit: () => void }) {
  const drag = useRef<{ readonly x: number; readonly width: number } | null>(null)
  const down = (event: PointerEvent<HTMLSpanElement>) => {
    event.preventDefault()
    event.currentTarget.setPointerCapture(event.pointerId)
    drag.current = { x: event.clientX, width }
  }
  const move = (event: PointerEvent) => {
    if (drag.current !== null) onResize(drag.current.width + event.clientX - drag.current.x)
  }
  return <span className={styles['handle']} aria-hidden="true" onPointerDown={down} onPointerMove={move} onPointerUp={() => { drag.current = null }} onDoubleClick={onFit} />
}
