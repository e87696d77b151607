// What is in the cluster, beside the terminal: lists that stay current, one object as it is, its logs, and the kubectl commands for
// it. It reads; nothing here changes a cluster: a command is put at a prompt, and a person presses Enter.
import { useState } from 'react'
import type { KubernetesRow } from '../../shared/ipc.ts'
import { kubernetesViewNames, kubernetesViews, type KubernetesView, type KubernetesViewName } from '../../shared/kubernetes-views.ts'
import { useNarrow } from '../lib/use-narrow.ts'
import { useWatch } from '../lib/use-watch.ts'
import { useLayout } from '../stores/layout.ts'
import { Splitter } from '../ui/Splitter.tsx'
import { ResourceDetail } from './ResourceDetail.tsx'
import { ResourceTable } from './ResourceTable.tsx'
import styles from './ResourceView.module.css'

const sections = [...new Set(kubernetesViewNames.map((name) => kubernetesViews[name].section))]

export interface ResourceViewProps {
  readonly connection: string
  readonly namespace: string | null
  readonly onNamespace: (namespace: string) => void
  /** Puts a command at a prompt. */
  readonly onType: (command: string) => void
}

export function ResourceView({ connection, namespace, onNamespace, onType }: ResourceViewProps) {
  const [view, setView] = useState<KubernetesViewName>('pods')
  const [picked, setPicked] = useState<KubernetesRow | null>(null)
  const of: KubernetesView = kubernetesViews[view]
  const within = of.isNamespaced ? namespace : null
  const list = useWatch(connection, view, within)
  const isNarrow = useNarrow()
  const detailWidth = useLayout((layout) => layout.resourceWidth)
  const go = (next: KubernetesViewName) => { setView(next); setPicked(null) }
  return (
    <div className={styles['view']}>
      {isNarrow ? <ViewSelect view={view} onPick={go} /> : <ViewList view={view} onPick={go} />}
      <ResourceTable
        key={`${view} ${within ?? ''}`} label={of.label} list={list} picked={picked?.key ?? null} hasNamespaces={of.isNamespaced && within === null}
        onPick={setPicked} {...(view === 'namespaces' && { onOpen: (row: KubernetesRow) => { onNamespace(row.name); go('pods') } })}
      />
      {picked !== null && (
        <>
          {!isNarrow && <Splitter label="Width of the detail" axis="x" value={detailWidth} min={280} max={900} perPixel={-1} onChange={(to) => useLayout.setState({ resourceWidth: to })} />}
          <ResourceDetail key={picked.key} connection={connection} view={view} row={picked} isGone={list.table !== null && !list.table.rows.some(({ key }) => key === picked.key)} width={isNarrow ? null : detailWidth} onType={onType} onClose={() => setPicked(null)} />
        </>
      )}
    </div>
  )
}

interface ViewProps { readonly view: KubernetesViewName; readonly onPick: (view: KubernetesViewName) => void }

const ViewList = ({ view, onPick }: ViewProps) => (
  <nav className={styles['nav']} aria-label="Kinds of resources">
    {sections.map((section) => (
      <section key={section} aria-label={section}>
        <h2>{section}</h2>
        <ul>{kubernetesViewNames.filter((name) => kubernetesViews[name].section === section).map((name) => <li key={name}><button type="button" aria-current={name === view ? 'true' : undefined} onClick={() => onPick(name)}>{kubernetesViews[name].label}</button></li>)}</ul>
      </section>
    ))}
  </nav>
)

const ViewSelect = ({ view, onPick }: ViewProps) => (
  <label className={styles['select']}>
    <span className="visually-hidden">Kind of resources</span>
    {/* The options are the names. */}
    <select value={view} onChange={(event) => onPick(event.target.value as KubernetesViewName)}>
      {sections.map((section) => <optgroup key={section} label={section}>{kubernetesViewNames.filter((name) => kubernetesViews[name].section === section).map((name) => <option key={name} value={name}>{kubernetesViews[name].label}</option>)}</optgroup>)}
    </select>
  </label>
)
