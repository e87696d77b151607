// Tabs of a cluster: its resources, then the terminals. A tab list moved by the arrow keys; Delete closes a terminal, ↓ goes into it.
import { Boxes, Plus, SquareTerminal, X } from 'lucide-react'
import type { KeyboardEvent } from 'react'
import { resourcesTab, terminals, terminalTabElementId, type ClusterTabs as Tabs, type TerminalTab } from '../stores/terminals.ts'
import { IconButton } from '../ui/Button.tsx'
import { Spinner } from '../ui/Spinner.tsx'
import styles from './EditorTabs.module.css'
import own from './ClusterTabs.module.css'

export const clusterPanelId = 'cluster-panel'

export interface ClusterTabsProps { readonly connection: string; readonly set: Tabs; readonly onAdd: () => void }

export function ClusterTabs({ connection, set, onAdd }: ClusterTabsProps) {
  const ids = [resourcesTab, ...set.tabs.map(({ id }) => id)]
  const go = (id: string) => {
    terminals.activate(connection, id)
    requestAnimationFrame(() => document.getElementById(terminalTabElementId(id))?.focus())
  }
  const key = (event: KeyboardEvent, id: string) => {
    const at = ids.indexOf(id)
    if (event.key === 'Delete' && id !== resourcesTab) return terminals.close(id)
    if (event.key === 'ArrowDown') { event.preventDefault(); return enter(set.tabs.find((tab) => tab.id === id)) }
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step !== undefined) go(ids[(at + step + ids.length) % ids.length]!)
  }
  const tabProps = (id: string) => ({
    type: 'button', role: 'tab', id: terminalTabElementId(id), 'aria-selected': id === set.active, 'aria-controls': clusterPanelId, tabIndex: id === set.active ? 0 : -1,
    className: styles['title'], onClick: () => terminals.activate(connection, id), onKeyDown: (event: KeyboardEvent) => key(event, id),
  } as const)
  return (
    <div className={styles['bar']}>
      <div role="tablist" aria-label="Resources and terminals" className={styles['tabs']}>
        <div className={styles['tab']} data-active={set.active === resourcesTab || undefined} role="presentation"><button {...tabProps(resourcesTab)} className={`${styles['title']} ${own['pinned']}`}><Boxes size={14} aria-hidden="true" />Resources</button></div>
        {set.tabs.map((tab) => (
          <div key={tab.id} className={styles['tab']} data-active={tab.id === set.active || undefined} role="presentation">
            <button {...tabProps(tab.id)} onAuxClick={(event) => { if (event.button === 1) terminals.close(tab.id) }}><Sign tab={tab} />{nameOf(tab)}{tab.hasNews && tab.id !== set.active && <span className={own['news']}><span className="visually-hidden">, has new output</span></span>}</button>
            <button type="button" className={styles['close']} aria-label={`Close ${nameOf(tab)}`} tabIndex={-1} onClick={() => terminals.close(tab.id)}><X size={12} /></button>
          </div>
        ))}
      </div>
      <IconButton label="New terminal" size="small" icon={<Plus size={14} />} onClick={onAdd} />
    </div>
  )
}

const nameOf = ({ number }: TerminalTab): string => `Terminal ${number}`

function Sign({ tab }: { readonly tab: TerminalTab }) {
  if (tab.status.kind === 'opening' || tab.status.kind === 'new') return <Spinner size={10} />
  return <SquareTerminal size={14} aria-hidden="true" className={tab.status.kind === 'open' ? undefined : own['ended']} />
}

/** Into the terminal, or the resources' table. */
function enter(tab: TerminalTab | undefined): void {
  if (tab !== undefined) tab.screen.focus()
  else document.getElementById(clusterPanelId)?.querySelector<HTMLElement>('[role=grid], button, input')?.focus()
}
