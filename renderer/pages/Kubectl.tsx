// The page of a cluster: where one is and as who, what waits for approval, then its resources and one's terminals as tabs. It composes;
// what runs is in stores/terminals.ts.
import { Search } from 'lucide-react'
import { useEffect } from 'react'
import type { ConnectionSummary } from '../../shared/connection.ts'
import { ClusterBar, type NamespaceChoice } from '../components/ClusterBar.tsx'
import { ClusterTabs, clusterPanelId } from '../components/ClusterTabs.tsx'
import { HeldStrip } from '../components/HeldStrip.tsx'
import { ResourceView } from '../components/ResourceView.tsx'
import { TerminalPane } from '../components/TerminalPane.tsx'
import { call } from '../lib/current-desktop.ts'
import { failureOf } from '../lib/failure.ts'
import { useNews } from '../stores/news.ts'
import { clusterTabs, resourcesTab, terminals, terminalTabElementId, useClusterTabs, useTerminals, type TerminalTab } from '../stores/terminals.ts'
import { IconButton } from '../ui/Button.tsx'
import styles from './Kubectl.module.css'

export function Kubectl({ connection }: { readonly connection: ConnectionSummary }) {
  const { name } = connection
  const set = useClusterTabs(name)
  const tab = set.tabs.find(({ id }) => id === set.active) ?? null
  const add = () => void terminals.add(name)
  // The terminal is what one comes for: the first visit opens one.
  useEffect(() => {
    const set = clusterTabs(name)
    // Where its code cannot be loaded, the rest of the page still works.
    if (set.tabs.length === 0 && set.active === '') terminals.add(name).catch(() => terminals.activate(name, resourcesTab))
  }, [name])

  return (
    <div className={styles['page']}>
      <ClusterBar connection={connection} namespace={tab === null ? namespaceOfResources(name, set.namespace) : namespaceOfTerminal(tab)} terminal={tab?.status.kind === 'open' ? tab.info : null} />
      <HeldStrip connection={name} />
      <div className={styles['bar']}>
        <ClusterTabs connection={name} set={set} onAdd={add} />
        {tab !== null && <IconButton label="Find in the terminal" keys="Ctrl+Shift+F" size="small" icon={<Search size={14} />} onClick={() => useTerminals.setState({ finding: tab.id })} />}
      </div>
      <div id={clusterPanelId} role="tabpanel" aria-labelledby={terminalTabElementId(set.active)} className={styles['panel']}>
        {set.active === '' && <p role="status" className={styles['wait']}>Loading the terminal…</p>}
        {set.active === resourcesTab
          ? <ResourceView connection={name} namespace={set.namespace} onNamespace={(namespace) => terminals.setNamespace(name, namespace)} onType={(command) => void terminals.type(name, command)} />
          : tab !== null && <TerminalPane key={tab.id} tab={tab} />}
      </div>
    </div>
  )
}

const namespaceOfResources = (connection: string, namespace: string | null): NamespaceChoice =>
  ({ value: namespace, canBeAll: true, disabledReason: null, onPick: (to) => terminals.setNamespace(connection, to) })

function namespaceOfTerminal({ terminal, info, status, connection }: TerminalTab): NamespaceChoice {
  const pick = (to: string | null) => {
    if (to === null) return
    terminals.setNamespace(connection, to)
    call('terminals.namespace', { terminal, namespace: to }).catch((reason: unknown) => useNews.setState(({ items }) => ({ items: [...items, { id: Date.now(), approval: '', tone: 'bad', title: 'The namespace was not changed', text: failureOf(reason).message }] })))
  }
  return { value: info?.namespace ?? clusterTabs(connection).namespace ?? 'default', isUnknown: info !== null && info.namespace === null, canBeAll: false, onPick: pick, disabledReason: status.kind === 'open' ? null : 'This terminal has no session' }
}
