// The editor's tabs: a tab list moved by the arrow keys, Delete closes, a double click or F2 renames.
import { Plus, X } from 'lucide-react'
import { useState, type KeyboardEvent } from 'react'
import { visibleText } from '../../shared/visible.ts'
import { tabs as actions, type TabSet } from '../stores/tabs.ts'
import { useRuns } from '../stores/runs.ts'
import { IconButton } from '../ui/Button.tsx'
import { Spinner } from '../ui/Spinner.tsx'
import styles from './EditorTabs.module.css'

export interface EditorTabsProps { readonly scope: string; readonly set: TabSet; readonly onClose: (id: string) => void }

export const editorPanelId = 'editor-panel'
export const tabElementId = (id: string): string => `editor-tab-${id}`

export function EditorTabs({ scope, set, onClose }: EditorTabsProps) {
  const [renaming, setRenaming] = useState<string | null>(null)
  const runs = useRuns((store) => store.byTab)
  const key = (event: KeyboardEvent, id: string) => {
    const at = set.tabs.findIndex((tab) => tab.id === id)
    if (event.key === 'Delete') return onClose(id)
    if (event.key === 'F2') return setRenaming(id)
    const to = event.key === 'ArrowRight' ? at + 1 : event.key === 'ArrowLeft' ? at - 1 : at
    const next = set.tabs[(to + set.tabs.length) % set.tabs.length]
    if (to === at || next === undefined) return
    actions.activate(scope, next.id)
    requestAnimationFrame(() => document.getElementById(tabElementId(next.id))?.focus())
  }
  return (
    <div className={styles['bar']}>
      <div role="tablist" aria-label="Editors" className={styles['tabs']}>
        {set.tabs.map((tab) => (
          <div key={tab.id} className={styles['tab']} data-active={tab.id === set.active || undefined} role="presentation">
            {renaming === tab.id
              ? <TitleInput title={tab.title} onDone={(title) => { setRenaming(null); if (title !== '') actions.rename(scope, tab.id, title) }} />
              : (
                <button
                  type="button" role="tab" id={tabElementId(tab.id)} aria-selected={tab.id === set.active} aria-controls={editorPanelId} tabIndex={tab.id === set.active ? 0 : -1} className={styles['title']}
                  onClick={() => actions.activate(scope, tab.id)} onDoubleClick={() => setRenaming(tab.id)} onKeyDown={(event) => key(event, tab.id)}
                  onAuxClick={(event) => { if (event.button === 1) onClose(tab.id) }}
                >
                  {runs[tab.id]?.view?.isActive === true && <Spinner size={10} />}{visibleText(tab.title)}
                </button>
              )}
            <button type="button" className={styles['close']} aria-label={`Close ${visibleText(tab.title)}`} tabIndex={-1} onClick={() => onClose(tab.id)}><X size={12} /></button>
          </div>
        ))}
      </div>
      <IconButton label="New tab" size="small" icon={<Plus size={14} />} onClick={() => actions.add(scope)} />
    </div>
  )
}

function TitleInput({ title, onDone }: { readonly title: string; readonly onDone: (title: string) => void }) {
  const [text, setText] = useState(title)
  return (
    <input
      className={styles['input']} aria-label="Tab title" value={text} maxLength={60} onChange={(event) => setText(event.target.value)} onFocus={(event) => event.target.select()}
      onBlur={() => onDone(text.trim())} onKeyDown={(event) => { if (event.key === 'Enter') onDone(text.trim()); if (event.key === 'Escape') onDone(title) }}
      // The input replaces the title the user just asked to edit.
      // oxlint-disable-next-line jsx-a11y/no-autofocus
      autoFocus
    />
  )
}
