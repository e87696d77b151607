// One list of a cluster: virtualised rows, found by typing, moved through by the arrow keys, opened by Enter.
import { useVirtualizer } from '@tanstack/react-virtual'
import { useId, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import type { KubernetesRow, KubernetesTable } from '../../shared/ipc.ts'
import { visibleText } from '../../shared/visible.ts'
import { failureTitle } from '../lib/failure.ts'
import { count, plural } from '../lib/format.ts'
import { ageText, found, toneOf } from '../lib/kubernetes-rows.ts'
import { useNow } from '../lib/use-now.ts'
import type { useWatch } from '../lib/use-watch.ts'
import { Banner } from '../ui/Banner.tsx'
import { Button } from '../ui/Button.tsx'
import { Empty } from '../ui/Empty.tsx'
import { SearchField } from '../ui/Field.tsx'
import { Spinner } from '../ui/Spinner.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './ResourceTable.module.css'

export interface ResourceTableProps {
  readonly label: string
  readonly list: ReturnType<typeof useWatch>
  readonly picked: string | null
  readonly hasNamespaces: boolean
  readonly onPick: (row: KubernetesRow) => void
  /** Enter or a double click on a row that is picked. */
  readonly onOpen?: (row: KubernetesRow) => void
}

const rowHeight = 28

interface Column { readonly name: string; readonly at: number; readonly isAge: boolean; readonly width: string }

/** The words of a message need room; names and the like need what they have. */
function columnsOf({ columns, rows }: KubernetesTable): readonly Column[] {
  return columns.flatMap(({ name, priority, isAge }, at) => {
    if (priority > 0) return []
    const longest = Math.min(48, Math.max(name.length, ...rows.slice(0, 60).map(({ cells }) => (cells[at] ?? '').length)))
    return [{ name, at, isAge, width: at === 0 || name === 'Message' ? `minmax(${Math.min(longest, 18)}ch, ${longest + 8}fr)` : `minmax(${Math.min(longest + 2, 10)}ch, ${longest + 2}ch)` }]
  })
}

export function ResourceTable({ label, list, picked, hasNamespaces, onPick, onOpen }: ResourceTableProps) {
  const { table, failure, retry } = list
  const [text, setText] = useState('')
  const [active, setActive] = useState<string | null>(picked)
  const id = useId()
  const now = useNow()
  const scroller = useRef<HTMLDivElement>(null)
  const rows = useMemo(() => found(table?.rows ?? [], text), [table, text])
  const columns = useMemo(() => (table === null ? [] : columnsOf(table)), [table])
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 12 })
  const activeAt = Math.max(0, rows.findIndex(({ key }) => key === active))
  const template = [...(hasNamespaces ? ['minmax(10ch, 14ch)'] : []), ...columns.map(({ width }) => width)].join(' ')
  const go = (at: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, at))]
    if (row === undefined) return
    setActive(row.key)
    virtual.scrollToIndex(rows.indexOf(row))
  }
  const key = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 280) / rowHeight) - 2)
    const to = { ArrowDown: activeAt + 1, ArrowUp: activeAt - 1, PageDown: activeAt + page, PageUp: activeAt - page, Home: 0, End: rows.length - 1 }[event.key]
    const row = rows[activeAt]
    if (to !== undefined) { event.preventDefault(); return go(to) }
    if (event.key === 'Enter' && row !== undefined) { event.preventDefault(); return onOpen !== undefined && row.key === picked ? onOpen(row) : onPick(row) }
  }
  return (
    <section className={styles['panel']} aria-label={label}>
      <div className={styles['head']}>
        <SearchField label={`Find in ${label}`} placeholder={`Find in ${label.toLowerCase()}…`} value={text} onChange={(event) => setText(event.target.value)} className={styles['filter']}
          onKeyDown={(event) => { if (event.key === 'ArrowDown') scroller.current?.focus(); if (event.key === 'Escape') setText('') }} />
        <span role="status" className={styles['count']}>{table === null ? (failure === null ? <><Spinner size={10} /> Listing…</> : '') : text === '' ? plural(table.rows.length, 'entry', 'entries') : `${count(rows.length)} of ${count(table.rows.length)}`}</span>
      </div>
      {failure !== null && (
        <div className={styles['note']}><Banner tone={table === null ? 'danger' : 'warn'} action={<Button size="small" onClick={retry}>Try again</Button>}><b>{failure.code === 'forbidden' ? 'You may not list these' : table === null ? failureTitle(failure) : 'What is shown may be old'}</b>: <Untrusted text={failure.message} /></Banner></div>
      )}
      {table?.isCut === true && <div className={styles['note']}><Banner tone="info">There are more than are shown. Choose a namespace, or use kubectl with a selector.</Banner></div>}
      {table !== null && rows.length === 0 && (text === '' ? <Empty title={`No ${label.toLowerCase()} here`}><p>There are none in this namespace that you may see.</p></Empty> : <Empty title="Nothing matches" action={<Button onClick={() => setText('')}>Clear the search</Button>} />)}
      {table !== null && rows.length > 0 && (
        <div
          ref={scroller} role="grid" tabIndex={0} aria-label={label} aria-rowcount={rows.length + 1} aria-colcount={columns.length + (hasNamespaces ? 1 : 0)} aria-activedescendant={`${id}-${activeAt}`}
          className={styles['scroller']} onKeyDown={key}
        >
          <div className={styles['heading']} role="row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
            {hasNamespaces && <span role="columnheader">Namespace</span>}
            {columns.map(({ name }) => <span key={name} role="columnheader"><Untrusted text={name} /></span>)}
          </div>
          <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="presentation">
            {virtual.getVirtualItems().map((item) => {
              const row = rows[item.index]!
              return (
                // Keys are the grid's: it holds the focus.
                // oxlint-disable-next-line jsx-a11y/click-events-have-key-events jsx-a11y/interactive-supports-focus
                <div
                  key={row.key} id={`${id}-${item.index}`} role="row" aria-rowindex={item.index + 2} aria-selected={row.key === picked} className={styles['row']} data-active={item.index === activeAt || undefined}
                  style={{ gridTemplateColumns: template, top: item.start, height: rowHeight }} onClick={() => { setActive(row.key); onPick(row) }} onDoubleClick={() => onOpen?.(row)}
                >
                  {hasNamespaces && <span role="gridcell"><Untrusted text={row.namespace ?? ''} /></span>}
                  {columns.map((column) => <Cell key={column.name} column={column} row={row} now={now} />)}
                </div>
              )
            })}
          </div>
        </div>
      )}
    </section>
  )
}

function Cell({ column, row, now }: { readonly column: Column; readonly row: KubernetesRow; readonly now: number }) {
  const cell = column.isAge && row.createdAt !== null && column.name === 'Age' ? ageText(row.createdAt, now) : (row.cells[column.at] ?? '')
  const tone = toneOf(column.name, cell, row.cells)
  return <span role="gridcell" data-tone={tone ?? undefined} title={cell.length > 24 ? visibleText(cell) : undefined}>{tone !== null && tone !== 'quiet' && <i aria-hidden="true" />}<Untrusted text={cell} /></span>
}
