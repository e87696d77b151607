// A modal dialog: titled, closed by Escape, by its cross and by a click outside; focus returns to where it was.
import { Dialog as Base } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import styles from './Dialog.module.css'
import { classes } from './classes.ts'

export interface DialogProps {
  readonly title: string
  readonly description?: ReactNode
  readonly isOpen: boolean
  readonly onClose: () => void
  readonly width?: 'medium' | 'wide'
  readonly children: ReactNode
}

export function Dialog({ title, description, isOpen, onClose, width = 'medium', children }: DialogProps) {
  return (
    <Base.Root open={isOpen} onOpenChange={(open) => { if (!open) onClose() }}>
      <Base.Portal>
        <Base.Backdrop className={styles['backdrop']} />
        <Base.Popup className={classes(styles['popup'], styles[width])}>
          <header className={styles['header']}>
            <div>
              <Base.Title className={styles['title']}>{title}</Base.Title>
              {description !== undefined && <Base.Description className={styles['description']}>{description}</Base.Description>}
            </div>
            <Base.Close className={styles['close']} aria-label="Close"><X size={16} /></Base.Close>
          </header>
          <div className={styles['body']}>{children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
