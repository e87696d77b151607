// Why a cell is masked: rule, policy, how and why, at the cell under the pointer or the focus.
import { Lock } from 'lucide-react'
import { createPortal } from 'react-dom'
import type { ResultColumn } from '../../shared/ipc.ts'
import { maskForm } from '../lib/mask-words.ts'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './MaskTip.module.css'

export interface MaskTipPlace { readonly column: number; readonly anchor: DOMRect }

const width = 300
const gap = 6

export function MaskTip({ place, column }: { readonly place: MaskTipPlace; readonly column: ResultColumn }) {
  const { mask } = column
  if (mask === null) return null
  const left = Math.max(8, Math.min(place.anchor.left, window.innerWidth - width - 8))
  const isBelow = place.anchor.bottom + 140 < window.innerHeight
  const vertical = isBelow ? { top: place.anchor.bottom + gap } : { bottom: window.innerHeight - place.anchor.top + gap }
  return createPortal(
    <div role="tooltip" className={styles['tip']} style={{ left, width, ...vertical }}>
      <p className={styles['title']}><Lock size={12} aria-hidden="true" /><Untrusted text={column.name} /> is masked</p>
      <dl>
        <dt>Rule</dt><dd><Untrusted text={mask.rule} /></dd>
        <dt>Policy</dt><dd><Untrusted text={mask.policy} /></dd>
        <dt>Shown as</dt><dd><Untrusted text={maskForm(mask)} /></dd>
      </dl>
      {mask.why !== '' && <p className={styles['why']}><Untrusted text={mask.why} /></p>}
    </div>,
    document.body,
  )
}
