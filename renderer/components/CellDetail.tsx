// The whole of one cell beside the grid. JSON is indented, nothing is interpreted: no link, no image, no markup.
import { Lock, X } from 'lucide-react'
import { useState } from 'react'
import type { Cell, ResultColumn } from '../../shared/ipc.ts'
import { count, plural } from '../lib/format.ts'
import { indentJson } from '../lib/json-text.ts'
import { maskForm, maskSentence } from '../lib/mask-words.ts'
import { IconButton } from '../ui/Button.tsx'
import { CopyButton } from '../ui/CopyButton.tsx'
import { Segmented } from '../ui/Segmented.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './CellDetail.module.css'

export interface CellDetailProps {
  readonly column: ResultColumn
  readonly row: number
  readonly cell: Cell | undefined
  readonly width: number
  readonly onClose: () => void
}

/** More than this is cut on screen (a megabyte in one element stalls the page); Copy takes it all. */
const shownCharactersMax = 100_000

export function CellDetail({ column, row, cell, width, onClose }: CellDetailProps) {
  const [view, setView] = useState<'indented' | 'raw'>('indented')
  const indented = typeof cell === 'string' ? indentJson(cell) : ''
  const hasViews = typeof cell === 'string' && indented !== cell
  const text = hasViews && view === 'indented' ? indented : (cell ?? '')
  return (
    <aside className={styles['panel']} style={{ width }} aria-label="Cell">
      <header className={styles['header']}>
        <div className={styles['title']}>
          <h3><Untrusted text={column.name} /></h3>
          <p>{column.type} · row {count(row + 1)}{typeof cell === 'string' && ` · ${plural(cell.length, 'character')}`}</p>
        </div>
        <IconButton label="Close cell panel" size="small" icon={<X size={14} />} onClick={onClose} />
      </header>
      {column.mask !== null && <p className={styles['mask']}><Lock size={12} aria-hidden="true" /><span>This value is {maskSentence(column.mask)}: {maskForm(column.mask)}. {column.mask.why}</span></p>}
      <div className={styles['tools']}>
        {typeof cell === 'string' && <CopyButton text={cell} what="cell" />}
        {hasViews && <Segmented label="View" value={view} options={[{ value: 'indented', label: 'Indented' }, { value: 'raw', label: 'Raw' }]} onChange={setView} />}
      </div>
      {cell === undefined ? <p className={styles['none']}>Loading…</p>
        : cell === null ? <p className={styles['none']}><i>NULL</i>{column.mask === null && ' — there is no value here'}</p>
          : cell === '' ? <p className={styles['none']}>An empty text.</p>
            : <pre className={styles['text']} tabIndex={0}><Untrusted text={text.slice(0, shownCharactersMax)} as="block" />{text.length > shownCharactersMax && '\n…'}</pre>}
    </aside>
  )
}
