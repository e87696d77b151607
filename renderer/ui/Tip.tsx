// A tooltip on hover and focus. It repeats or adds; nothing is only in a tooltip that is not also in the accessible name.
import { Tooltip } from '@base-ui/react/tooltip'
import type { ReactElement, ReactNode } from 'react'
import { Keys } from './Keys.tsx'
import styles from './Tip.module.css'

export interface TipProps {
  readonly text: ReactNode
  readonly keys?: string
  readonly side?: 'top' | 'right' | 'bottom' | 'left'
  readonly children: ReactElement<Record<string, unknown>>
}

export function Tip({ text, keys, side = 'bottom', children }: TipProps) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger render={children} />
      <Tooltip.Portal>
        <Tooltip.Positioner side={side} sideOffset={6} className={styles['positioner']}>
          <Tooltip.Popup className={styles['popup']} role="tooltip">{text}{keys !== undefined && <Keys keys={keys} />}</Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  )
}

export const TipProvider = ({ children }: { readonly children: ReactNode }) => <Tooltip.Provider delay={500}>{children}</Tooltip.Provider>
