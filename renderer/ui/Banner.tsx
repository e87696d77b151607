// A line that must be read: what happened and what to do. `alert` interrupts a screen reader, `status` waits.
import { CircleAlert, Info, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import styles from './Banner.module.css'
import { classes } from './classes.ts'

const icons = { danger: CircleAlert, warn: TriangleAlert, info: Info } as const

export interface BannerProps { readonly tone: keyof typeof icons; readonly children: ReactNode; readonly action?: ReactNode; readonly isFlat?: boolean }

export function Banner({ tone, children, action, isFlat = false }: BannerProps) {
  const Icon = icons[tone]
  return (
    <div className={classes(styles['banner'], styles[tone], isFlat && styles['flat'])} role={tone === 'danger' ? 'alert' : 'status'}>
      <Icon size={16} aria-hidden="true" /><div className={styles['text']}>{children}</div>{action}
    </div>
  )
}
