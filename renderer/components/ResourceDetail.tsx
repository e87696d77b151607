// One object: what it is, as YAML as the gateway sends it (masked there), the logs of a pod, and what kubectl would do with it.
import { useQuery } from '@tanstack/react-query'
import { RefreshCw, X } from 'lucide-react'
import { useState } from 'react'
import type { KubernetesRow } from '../../shared/ipc.ts'
import { kubernetesViews, type KubernetesViewName } from '../../shared/kubernetes-views.ts'
import { call } from '../lib/current-desktop.ts'
import { failureOf, failureTitle } from '../lib/failure.ts'
import { Banner } from '../ui/Banner.tsx'
import { IconButton } from '../ui/Button.tsx'
import { CopyButton } from '../ui/CopyButton.tsx'
import { Segmented } from '../ui/Segmented.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import { KubectlCommands } from './KubectlCommands.tsx'
import { LogView } from './LogView.tsx'
import styles from './ResourceDetail.module.css'
import { YamlText } from './YamlText.tsx'

export interface ResourceDetailProps {
  readonly connection: string
  readonly view: KubernetesViewName
  readonly row: KubernetesRow
  /** It was deleted while one looks. */
  readonly isGone: boolean
  /** Null: all there is. */
  readonly width: number | null
  readonly onType: (command: string) => void
  readonly onClose: () => void
}

type Part = 'yaml' | 'logs' | 'commands'

export function ResourceDetail({ connection, view, row, isGone, width, onType, onClose }: ResourceDetailProps) {
  const [part, setPart] = useState<Part>('yaml')
  const { name, namespace } = row
  const object = useQuery({ queryKey: ['kubernetes.get', connection, view, namespace, name], queryFn: () => call('kubernetes.get', { connection, view, namespace, name }), staleTime: 2_000, gcTime: 30_000 })
  const containers = object.data?.containers ?? []
  const parts = [{ value: 'yaml', label: 'YAML' }, ...(view === 'pods' ? [{ value: 'logs', label: 'Logs' } as const] : []), { value: 'commands', label: 'kubectl' }] as const
  return (
    // Escape bubbles here from whatever in it has the focus.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <aside className={styles['panel']} style={width === null ? undefined : { width }} data-drawer={width === null || undefined} aria-label="Detail" onKeyDown={(event) => { if (event.key === 'Escape') { event.stopPropagation(); onClose() } }}>
      <header className={styles['header']}>
        <div className={styles['title']}>
          <h3><Untrusted text={name} /></h3>
          <p>{kubernetesViews[view].kubectl}{namespace !== null && <> in <Untrusted text={namespace} /></>}</p>
        </div>
        <IconButton label="Close detail" size="small" icon={<X size={14} />} onClick={onClose} />
      </header>
      <div className={styles['tools']}>
        <Segmented<Part> label="Part" value={part} options={parts} onChange={setPart} />
        {part === 'yaml' && <span className={styles['end']}>{object.data !== undefined && <CopyButton text={object.data.yaml} what="YAML" />}<IconButton label="Read again" size="small" icon={<RefreshCw size={14} />} onClick={() => void object.refetch()} /></span>}
      </div>
      {isGone && <div className={styles['note']}><Banner tone="warn">It is not in the list any more.</Banner></div>}
      {part === 'commands' && <KubectlCommands view={view} row={row} onType={onType} />}
      {part === 'logs' && namespace !== null && <LogView connection={connection} namespace={namespace} pod={name} containers={containers} />}
      {part === 'yaml' && (object.error !== null
        ? <div className={styles['note']}><Banner tone="danger"><b>{failureOf(object.error).code === 'forbidden' ? 'You may not read it' : failureTitle(failureOf(object.error))}</b>: <Untrusted text={failureOf(object.error).message} /></Banner></div>
        : object.data === undefined ? <p className={styles['none']} role="status">Asking the gateway…</p> : <YamlText text={object.data.yaml} />)}
    </aside>
  )
}
