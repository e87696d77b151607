// The result grid: virtualised both ways, rows by pages through a bounded cache, one active cell moved by the keyboard. The element that
// scrolls has the height of the scroll map's track; the rows are drawn in a layer that sticks to its viewport.
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useEffectEvent, useMemo, useState, type KeyboardEvent, type MouseEvent } from 'react'
import type { ResultColumn } from '../../shared/ipc.ts'
import { columnWidths, widthMax, widthMin } from '../lib/column-width.ts'
import { failureOf } from '../lib/failure.ts'
import { cellId, moveCell, type CellPlace } from '../lib/grid-keys.ts'
import { isMod } from '../lib/platform.ts'
import { tsvCell, tsvRow } from '../lib/tsv.ts'
import { useGridScroll } from '../lib/use-grid-scroll.ts'
import { usePageCache } from '../lib/use-page-cache.ts'
import { useLayout } from '../stores/layout.ts'
import { Banner } from '../ui/Banner.tsx'
import { Button } from '../ui/Button.tsx'
import { Splitter } from '../ui/Splitter.tsx'
import { CellDetail } from './CellDetail.tsx'
import { GridHeader } from './GridHeader.tsx'
import { GridRow } from './GridRow.tsx'
import { MaskTip, type MaskTipPlace } from './MaskTip.tsx'
import styles from './ResultGrid.module.css'

export interface ResultGridProps {
  readonly result: string
  readonly columns: readonly ResultColumn[]
  readonly rows: number
  readonly label: string
}

const rowHeight = 26
const headerHeight = 30

export function ResultGrid({ result, columns, rows, label }: ResultGridProps) {
  const cache = usePageCache(result, rows)
  const scroll = useGridScroll({ rows, rowHeight, header: headerHeight })
  const { scroller } = scroll
  const [active, setActive] = useState<CellPlace>({ row: 0, column: 0 })
  const [isDetailOpen, setDetailOpen] = useState(false)
  const [copied, setCopied] = useState('')
  const [tip, setTip] = useState<MaskTipPlace | null>(null)
  const [resized, setResized] = useState<Readonly<Record<number, number>>>({})
  const detailWidth = useLayout((layout) => layout.detailWidth)

  const inView = Math.max(1, Math.ceil(scroll.map.viewport / rowHeight))
  const first = Math.floor(scroll.content / rowHeight)
  const last = Math.min(rows - 1, first + inView)
  useEffect(() => cache.want(first, Math.max(first, last)))

  const hasSample = cache.row(0) !== undefined
  const estimated = useMemo(
    () => columnWidths(columns, Array.from({ length: Math.min(rows, 60) }, (_, at) => cache.row(at))),
    // Once the first rows are here the widths stay: columns must not jump while rows stream in.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [columns.length, hasSample],
  )
  const gutter = Math.max(44, String(rows).length * 8 + 20)
  const widthOf = (at: number) => resized[at] ?? estimated[at] ?? 120
  const across = useVirtualizer({ horizontal: true, count: columns.length, getScrollElement: () => scroller.current, estimateSize: widthOf, overscan: 3 })
  useEffect(() => across.measure(), [resized, estimated, across])
  const shown = across.getVirtualItems()
  const width = gutter + across.getTotalSize()

  const go = (place: CellPlace) => {
    setActive(place)
    setTip(null)
    scroll.reveal(place.row)
    revealColumn(scroller.current, shown.length === 0 ? null : offsetOf(place.column, widthOf), gutter)
  }
  const resize = (column: number, to: number) => setResized((before) => ({ ...before, [column]: Math.min(widthMax, Math.max(widthMin, to)) }))
  const copy = async (text: string, what: string) => {
    await navigator.clipboard.writeText(text).then(() => setCopied(`Copied ${what}`), () => setCopied('The clipboard is not allowed here'))
  }
  const onKey = (event: KeyboardEvent) => {
    const row = cache.row(active.row)
    if (isMod(event) && event.key.toLowerCase() === 'c' && row !== undefined) {
      event.preventDefault()
      return void (event.shiftKey ? copy(tsvRow(row), 'row') : copy(tsvCell(row[active.column] ?? null), 'cell'))
    }
    if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); return setDetailOpen((open) => !open || event.key === 'Enter') }
    if (event.key === 'Escape' && isDetailOpen) { event.stopPropagation(); return setDetailOpen(false) }
    if (event.altKey && (event.key === 'ArrowLeft' || event.key === 'ArrowRight')) { event.preventDefault(); return resize(active.column, widthOf(active.column) + (event.key === 'ArrowLeft' ? -16 : 16)) }
    const to = moveCell(active, event.key, isMod(event), { rows, columns: columns.length, page: Math.max(1, inView - 1) })
    if (to !== null) { event.preventDefault(); go(to) }
  }
  const onPoint = (event: MouseEvent) => {
    const target = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-masked]') : null
    setTip(target === null ? null : { column: Number(target.dataset['masked']), anchor: target.getBoundingClientRect() })
  }
  const onFocus = () => {
    const element = document.getElementById(cellId(result, active))
    if (columns[active.column]?.mask !== null && element !== null && scroller.current?.matches(':focus-visible') === true) setTip({ column: active.column, anchor: element.getBoundingClientRect() })
  }
  useEffect(onFocus, [active, columns, result, scroller])

  // A panel that opens makes the grid narrower: the active cell stays in view.
  const keepInView = useEffectEvent(() => revealColumn(scroller.current, offsetOf(active.column, widthOf), gutter))
  useEffect(() => { if (isDetailOpen) keepInView() }, [isDetailOpen])

  const activeCell = cache.row(active.row)?.[active.column]
  const visibleRows = Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at)
  return (
    <div className={styles['frame']}>
      <div
        ref={scroller} role="grid" tabIndex={0} aria-label={label} aria-rowcount={rows + 1} aria-colcount={columns.length + 1} aria-activedescendant={cellId(result, active)}
        className={styles['scroller']} onScroll={() => { setTip(null); scroll.onScroll() }} onKeyDown={onKey} onMouseOver={onPoint} onMouseLeave={() => setTip(null)} onFocus={onFocus} onBlur={() => setTip(null)}
      >
        <div style={{ height: headerHeight + scroll.map.track, width, minWidth: '100%' }} role="presentation">
          <div className={styles['layer']} style={{ height: scroll.height }} role="presentation">
            <GridHeader columns={columns} shown={shown} gutter={gutter} height={headerHeight} width={width} active={active.column} onResize={resize} onFit={(at) => resize(at, estimated[at] ?? 120)} widthOf={widthOf} />
            {visibleRows.map((row) => (
              <GridRow
                key={row} result={result} index={row} cells={cache.row(row)} columns={columns} shown={shown} gutter={gutter} width={width}
                top={headerHeight + row * rowHeight - scroll.content} height={rowHeight} activeColumn={row === active.row ? active.column : null}
                onPick={(column) => go({ row, column })} onOpen={() => setDetailOpen(true)}
              />
            ))}
          </div>
        </div>
      </div>
      {rows === 0 && <p className={styles['none']}>No rows.</p>}
      {cache.failure !== null && (
        <div className={styles['failure']}><Banner tone="danger" action={<Button size="small" onClick={() => cache.retry()}>Retry</Button>}>{failureOf(cache.failure).message}</Banner></div>
      )}
      {isDetailOpen && rows > 0 && (
        <>
          <Splitter label="Width of the cell panel" axis="x" value={detailWidth} min={220} max={720} perPixel={-1} onChange={(to) => useLayout.setState({ detailWidth: to })} />
          <CellDetail
            column={columns[active.column]!} row={active.row} cell={activeCell} width={detailWidth}
            onClose={() => { setDetailOpen(false); scroller.current?.focus() }}
          />
        </>
      )}
      {tip !== null && columns[tip.column]?.mask && <MaskTip place={tip} column={columns[tip.column]!} />}
      <span role="status" className="visually-hidden">{copied}</span>
    </div>
  )
}

function offsetOf(column: number, widthOf: (at: number) => number): { readonly start: number; readonly end: number } {
  let start = 0
  for (let at = 0; at < column; at++) start += widthOf(at)
  return { start, end: start + widthOf(column) }
}

/** The row numbers cover the left of the viewport. */
function revealColumn(scroller: HTMLElement | null, place: { readonly start: number; readonly end: number } | null, gutter: number): void {
  if (scroller === null || place === null) return
  const room = scroller.clientWidth - gutter
  if (place.start < scroller.scrollLeft) scroller.scrollLeft = place.start
  else if (place.end > scroller.scrollLeft + room) scroller.scrollLeft = Math.min(place.start, place.end - room)
}
