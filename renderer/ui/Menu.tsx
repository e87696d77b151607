// A drop-down menu from a table of items.
import { Menu as Base } from '@base-ui/react/menu'
import type { ReactElement, ReactNode } from 'react'
import { Keys } from './Keys.tsx'
import styles from './Menu.module.css'
import { classes } from './classes.ts'

export type MenuEntry =
  | { readonly kind: 'item'; readonly label: string; readonly icon?: ReactNode; readonly keys?: string; readonly isDanger?: boolean; readonly onSelect: () => void }
  | { readonly kind: 'separator' }
  | { readonly kind: 'note'; readonly content: ReactNode }

export interface MenuProps {
  readonly trigger: ReactElement<Record<string, unknown>>
  readonly entries: readonly MenuEntry[]
  readonly side?: 'top' | 'bottom'
  readonly align?: 'start' | 'end'
}

export function Menu({ trigger, entries, side = 'bottom', align = 'start' }: MenuProps) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner side={side} align={align} sideOffset={4} className={styles['positioner']}>
          {/* Entries are a fixed list: their place is their key. */}
          <Base.Popup className={styles['popup']}>{entries.map((entry, at) => <Entry key={at} entry={entry} />)}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}

function Entry({ entry }: { readonly entry: MenuEntry }) {
  if (entry.kind === 'separator') return <Base.Separator className={styles['separator']} />
  if (entry.kind === 'note') return <div className={styles['note']}>{entry.content}</div>
  return (
    <Base.Item className={classes(styles['item'], entry.isDanger === true && styles['danger'])} onClick={entry.onSelect}>
      {entry.icon}<span className={styles['label']}>{entry.label}</span>{entry.keys !== undefined && <Keys keys={entry.keys} />}
    </Base.Item>
  )
}
