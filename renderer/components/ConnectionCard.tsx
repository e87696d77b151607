// One connection in the list: the row opens it, psql is one more button.
import { ChevronRight, SquareTerminal } from 'lucide-react'
import type { KeyboardEvent } from 'react'
import type { ConnectionSummary } from '../../shared/connection.ts'
import { Button } from '../ui/Button.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './ConnectionCard.module.css'
import { EnvironmentBadge } from './EnvironmentBadge.tsx'
import { KindIcon, kindNames } from './KindIcon.tsx'

export interface ConnectionCardProps { readonly connection: ConnectionSummary; readonly onOpen: () => void; readonly onPsql: () => void; /** Moves between cards. */ readonly onKeys: (event: KeyboardEvent) => void }

export function ConnectionCard({ connection, onOpen, onPsql, onKeys }: ConnectionCardProps) {
  const labels = Object.entries(connection.labels).filter(([key]) => key !== 'env' && key !== 'environment')
  return (
    <li className={styles['card']}>
      <span className={styles['icon']}><KindIcon kind={connection.kind} size={18} /></span>
      <div className={styles['text']}>
        <div className={styles['line']}>
          <button type="button" data-card className={styles['name']} aria-label={`Open ${connection.name}`} onClick={onOpen} onKeyDown={onKeys}><Untrusted text={connection.name} /></button>
          <EnvironmentBadge labels={connection.labels} />
        </div>
        <p className={styles['sub']}>
          {kindNames[connection.kind]}{connection.database !== undefined && <> · <Untrusted text={connection.database} /></>}
          {labels.map(([key, value]) => <span key={key} className={styles['label']}><Untrusted text={`${key}: ${value}`} /></span>)}
        </p>
      </div>
      <div className={styles['actions']}>
        {connection.kind === 'postgres' && <Button size="small" icon={<SquareTerminal size={14} />} onClick={onPsql} aria-label={`Connect to ${connection.name} with psql`}><span className={styles['long']}>Connect with </span>psql</Button>}
        <ChevronRight size={16} className={styles['chevron']} aria-hidden="true" />
      </div>
    </li>
  )
}
