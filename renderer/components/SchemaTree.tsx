// Schemas, relations, columns and indexes of a connection: an ARIA tree, virtualised, with a filter. Enter or a double click opens a
// relation's first rows or writes a column's name into the editor.
import { useVirtualizer } from '@tanstack/react-virtual'
import { RefreshCw } from 'lucide-react'
import { useMemo, useRef, useState, type KeyboardEvent } from 'react'
import type { SchemaRelation } from '../../shared/ipc.ts'
import { failureOf } from '../lib/failure.ts'
import { useSchema } from '../lib/queries.ts'
import { quoted, relationName } from '../lib/sql-names.ts'
import { maskedIn, treeRows, treeStep, type TreeRow } from '../lib/tree-rows.ts'
import { Banner } from '../ui/Banner.tsx'
import { Button, IconButton } from '../ui/Button.tsx'
import { SearchField } from '../ui/Field.tsx'
import styles from './SchemaTree.module.css'
import { SchemaTreeRow } from './SchemaTreeRow.tsx'

export interface SchemaTreeProps {
  readonly connection: string
  /** `schema.table.column` of what is masked for who is signed in. */
  readonly masked: readonly string[] | undefined
  readonly onInsert: (text: string) => void
  readonly onOpen: (schema: string, relation: SchemaRelation) => void
}

const rowHeight = 24

export function SchemaTree({ connection, masked, onInsert, onOpen }: SchemaTreeProps) {
  const schema = useSchema(connection)
  const [filter, setFilter] = useState('')
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set())
  const [active, setActive] = useState<string | null>(null)
  const rows = useMemo(() => treeRows(schema.data ?? { schemas: [] }, toggled, filter), [schema.data, toggled, filter])
  const isMasked = useMemo(() => maskedIn(masked ?? []), [masked])
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 12 })
  const activeAt = Math.max(0, rows.findIndex(({ key }) => key === active))

  const toggle = (key: string) => setToggled((before) => {
    const after = new Set(before)
    if (!after.delete(key)) after.add(key)
    return after
  })
  const act = (row: TreeRow, isInsert: boolean) => {
    if (row.kind === 'schema') toggle(row.key)
    else if (row.kind === 'column') onInsert(quoted(row.column.name))
    else if (row.kind === 'index') onInsert(quoted(row.name))
    else if (isInsert) onInsert(relationName(row.schema, row.relation.name))
    else onOpen(row.schema, row.relation)
  }
  const key = (event: KeyboardEvent) => {
    const row = rows[activeAt]
    if (row === undefined) return
    if (event.key === 'Enter') { event.preventDefault(); return act(row, event.altKey) }
    const step = treeStep(rows, activeAt, event.key)
    if (step === null) return
    event.preventDefault()
    if (step === 'toggle') return toggle(row.key)
    setActive(rows[step.to]!.key)
    virtual.scrollToIndex(step.to)
  }

  return (
    <section className={styles['panel']} aria-label="Schema">
      <div className={styles['head']}>
        <SearchField label="Filter tables and columns" placeholder="Filter…" value={filter} onChange={(event) => setFilter(event.target.value)} className={styles['filter']}
          onKeyDown={(event) => { if (event.key === 'ArrowDown') scroller.current?.focus(); if (event.key === 'Escape') setFilter('') }} />
        <IconButton label="Reload schema" size="small" icon={<RefreshCw size={14} className={schema.isFetching ? styles['turning'] : undefined} />} onClick={() => void schema.refetch()} />
      </div>
      {schema.error !== null && (
        <div className={styles['note']}>
          <Banner tone="danger" action={<Button size="small" onClick={() => void schema.refetch()}>Retry</Button>}>{failureOf(schema.error).message}</Banner>
        </div>
      )}
      {schema.isPending && <div className={styles['note']} role="status">Reading the schema…</div>}
      {schema.data !== undefined && rows.length === 0 && (
        <div className={styles['note']}>{filter === '' ? 'There is nothing here that you may see.' : `Nothing matches “${filter}”.`}</div>
      )}
      <div
        ref={scroller} role="tree" tabIndex={0} aria-label={`Schema of ${connection}`} aria-activedescendant={rows.length > 0 ? `tree-${activeAt}` : undefined}
        className={styles['tree']} onKeyDown={key} onFocus={() => setActive((before) => before ?? rows[0]?.key ?? null)}
      >
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="presentation">
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index]!
            return (
              <SchemaTreeRow
                key={row.key} id={`tree-${item.index}`} row={row} masked={isMasked(row)} top={item.start} height={rowHeight} isActive={active !== null && item.index === activeAt}
                onPick={() => setActive(row.key)} onToggle={() => toggle(row.key)} onAct={(isInsert) => act(row, isInsert)}
              />
            )
          })}
        </div>
      </div>
    </section>
  )
}
