// Nothing to show: why, and what to do about it.
import type { ReactNode } from 'react'
import styles from './Empty.module.css'

export interface EmptyProps { readonly icon?: ReactNode; readonly title: string; readonly children?: ReactNode; readonly action?: ReactNode }

export const Empty = ({ icon, title, children, action }: EmptyProps) => (
  <div className={styles['empty']}>
    {icon !== undefined && <div className={styles['icon']} aria-hidden="true">{icon}</div>}
    <h2>{title}</h2>
    {children !== undefined && <div className={styles['text']}>{children}</div>}
    {action}
  </div>
)
