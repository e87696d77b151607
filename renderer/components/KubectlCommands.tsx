// What one would type for an object. A command is copied, or put at a terminal's prompt; it never runs by itself.
import { CornerDownRight } from 'lucide-react'
import type { KubernetesRow } from '../../shared/ipc.ts'
import type { KubernetesViewName } from '../../shared/kubernetes-views.ts'
import { commandsFor } from '../lib/kubernetes-rows.ts'
import { Button } from '../ui/Button.tsx'
import { CopyButton } from '../ui/CopyButton.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './KubectlCommands.module.css'

export const KubectlCommands = ({ view, row, onType }: { readonly view: KubernetesViewName; readonly row: KubernetesRow; readonly onType: (command: string) => void }) => (
  <ul className={styles['list']} aria-label="kubectl commands">
    {commandsFor(view, row).map(({ label, command, isChange }) => (
      <li key={label} className={styles['item']}>
        <div className={styles['line']}><h4>{label}</h4>{isChange && <span className={styles['change']}>changes something</span>}</div>
        <pre tabIndex={0}><Untrusted text={command} as="block" /></pre>
        <div className={styles['buttons']}>
          <Button size="small" icon={<CornerDownRight size={12} />} aria-label={`Put at the prompt: ${label}`} onClick={() => onType(command)}>Put at the prompt</Button>
          <CopyButton text={command} what={`command: ${label}`} />
        </div>
      </li>
    ))}
    <li className={styles['note']}>The prompt is a terminal’s. Nothing runs until you press Enter there; what needs approval waits then.</li>
  </ul>
)
