// The namespace, chosen among those that one may list, or typed where one may not.
import { Popover } from '@base-ui/react/popover'
import { Command } from 'cmdk'
import { Check, ChevronsUpDown } from 'lucide-react'
import { useState } from 'react'
import { isKubernetesName } from '../../shared/kubernetes-views.ts'
import { visibleText } from '../../shared/visible.ts'
import { useNamespaces } from '../lib/use-watch.ts'
import { Tip } from '../ui/Tip.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import type { NamespaceChoice } from './ClusterBar.tsx'
import styles from './NamespacePicker.module.css'

export function NamespacePicker({ connection, choice }: { readonly connection: string; readonly choice: NamespaceChoice }) {
  const [isOpen, setOpen] = useState(false)
  const { value, isUnknown = false, canBeAll, disabledReason } = choice
  const shown = isUnknown ? 'unknown' : (value ?? 'all namespaces')
  const trigger = (
    <button type="button" className={styles['trigger']} aria-label={`Namespace: ${visibleText(shown)}`} aria-disabled={disabledReason !== null || undefined}>
      <span className={styles['label']}>namespace</span><b><Untrusted text={shown} /></b><ChevronsUpDown size={12} aria-hidden="true" />
    </button>
  )
  if (disabledReason !== null) return <Tip text={disabledReason}>{trigger}</Tip>
  const pick = (namespace: string | null) => { setOpen(false); choice.onPick(namespace) }
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger render={trigger} />
      <Popover.Portal>
        <Popover.Positioner side="bottom" align="start" sideOffset={4} className={styles['positioner']}>
          <Popover.Popup className={styles['popup']} aria-label="Namespaces"><Choices connection={connection} value={isUnknown ? undefined : value} canBeAll={canBeAll} onPick={pick} /></Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}

interface ChoicesProps { readonly connection: string; readonly value: string | null | undefined; readonly canBeAll: boolean; readonly onPick: (namespace: string | null) => void }

const all = 'all namespaces'

function Choices({ connection, value, canBeAll, onPick }: ChoicesProps) {
  const { names, failure, isLoading } = useNamespaces(connection)
  const [text, setText] = useState('')
  const typed = text.trim()
  // Not before they are here: a beginning of a name, typed quickly, is not the name.
  const isNew = !isLoading && isKubernetesName(typed) && !names.includes(typed)
  return (
    <Command label="Namespaces" loop className={styles['command']}>
      <Command.Input placeholder="Find, or type a name" value={text} onValueChange={setText} className={styles['input']} autoFocus />
      <Command.List className={styles['list']}>
        {failure !== null && <p className={styles['note']}>They cannot be listed: <Untrusted text={failure.message} /></p>}
        {isLoading && <p className={styles['note']} role="status">Asking the gateway…</p>}
        {!isNew && <Command.Empty className={styles['note']}>No namespace by that name.</Command.Empty>}
        {canBeAll && <Item name={all} isPicked={value === null} onSelect={() => onPick(null)} />}
        {names.map((name) => <Item key={name} name={name} isPicked={name === value} onSelect={() => onPick(name)} />)}
        {isNew && <Command.Item value={`use ${typed}`} className={styles['item']} onSelect={() => onPick(typed)}><span className={styles['check']} /><span>Use <b>{typed}</b></span></Command.Item>}
      </Command.List>
    </Command>
  )
}

const Item = ({ name, isPicked, onSelect }: { readonly name: string; readonly isPicked: boolean; readonly onSelect: () => void }) => (
  <Command.Item value={name} className={styles['item']} onSelect={onSelect}><span className={styles['check']}>{isPicked && <Check size={12} aria-label="chosen" />}</span><span><Untrusted text={name} /></span></Command.Item>
)
