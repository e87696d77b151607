// One row of the schema tree.
import { ChevronRight, Columns3, Database, Eye, EyeOff, Globe, Grid2x2, KeyRound, Layers, ListTree, Rows3, Spline } from 'lucide-react'
import type { ReactNode } from 'react'
import type { SchemaRelation } from '../../shared/ipc.ts'
import { about, plural } from '../lib/format.ts'
import type { TreeRow } from '../lib/tree-rows.ts'
import { visibleText } from '../../shared/visible.ts'
import { Untrusted } from '../ui/Untrusted.tsx'
import { classes } from '../ui/classes.ts'
import styles from './SchemaTree.module.css'

export interface SchemaTreeRowProps {
  readonly id: string
  readonly row: TreeRow
  /** Columns of it that come masked; 0: none. */
  readonly masked: number
  readonly top: number
  readonly height: number
  readonly isActive: boolean
  readonly onPick: () => void
  readonly onToggle: () => void
  readonly onAct: (isInsert: boolean) => void
}

const relationIcons: Readonly<Record<SchemaRelation['kind'], ReactNode>> = {
  'table': <Grid2x2 size={14} />, 'view': <Eye size={14} />, 'materialized view': <Layers size={14} />, 'partitioned table': <Rows3 size={14} />, 'foreign table': <Globe size={14} />,
}

const nameOf = (row: TreeRow): string =>
  row.kind === 'relation' ? row.relation.name : row.kind === 'column' ? row.column.name : row.name

/** What a screen reader hears besides the name. */
function labelOf(row: TreeRow, masked: number): string {
  const name = visibleText(nameOf(row))
  if (row.kind === 'schema') return `${name}, schema, ${row.count}`
  if (row.kind === 'index') return `${name}, index`
  if (row.kind === 'relation') return `${name}, ${row.relation.kind}${masked === 0 ? '' : `, ${plural(masked, 'masked column')}`}`
  const { column } = row
  return [name, column.type, column.isPrimaryKey && 'primary key', column.references !== null && `references ${column.references}`, masked > 0 && 'masked for you'].filter(Boolean).join(', ')
}

export function SchemaTreeRow({ id, row, masked, top, height, isActive, onPick, onToggle, onAct }: SchemaTreeRowProps) {
  const isBranch = row.kind === 'schema' || row.kind === 'relation'
  return (
    // Keys are handled by the tree, which holds the focus.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events jsx-a11y/interactive-supports-focus
    <div
      id={id} role="treeitem" aria-level={row.level} aria-label={labelOf(row, masked)} aria-selected={isActive} {...(isBranch ? { 'aria-expanded': row.isOpen } : {})}
      className={classes(styles['row'], styles[row.kind], isActive && styles['active'])} style={{ top, height, paddingLeft: 8 + (row.level - 1) * 16 }}
      onClick={() => { onPick(); if (row.kind === 'schema') onToggle() }} onDoubleClick={(event) => { if (row.kind !== 'schema') onAct(event.altKey) }}
    >
      {isBranch
        ? <span className={styles['twist']} data-open={row.isOpen || undefined} onClick={(event) => { event.stopPropagation(); onPick(); onToggle() }} onDoubleClick={(event) => event.stopPropagation()} aria-hidden="true"><ChevronRight size={14} /></span>
        : <span className={styles['twist']} />}
      <Icon row={row} />
      <span className={styles['name']}><Untrusted text={nameOf(row)} /></span>
      {masked > 0 && <span className={styles['masked']} title={row.kind === 'column' ? 'masked for you' : `${plural(masked, 'column')} masked for you`}><EyeOff size={12} aria-hidden="true" /></span>}
      <Aside row={row} />
    </div>
  )
}

function Icon({ row }: { readonly row: TreeRow }) {
  if (row.kind === 'schema') return <Database size={14} />
  if (row.kind === 'relation') return relationIcons[row.relation.kind]
  if (row.kind === 'index') return <ListTree size={14} />
  if (row.column.isPrimaryKey) return <KeyRound size={14} className={styles['primary']} />
  return row.column.references === null ? <Columns3 size={14} /> : <Spline size={14} className={styles['foreign']} />
}

function Aside({ row }: { readonly row: TreeRow }) {
  if (row.kind === 'schema') return <span className={styles['aside']}>{row.count}</span>
  if (row.kind === 'index') return null
  if (row.kind === 'relation') return row.relation.rowEstimate === null ? null : <span className={styles['aside']} title="Estimated rows">~{about(row.relation.rowEstimate)}</span>
  const { column } = row
  return (
    <span className={styles['aside']} title={column.references === null ? undefined : `references ${column.references}`}>
      {column.type}{column.isNullable ? '' : <span className={styles['required']} title="not null">*</span>}
    </span>
  )
}
