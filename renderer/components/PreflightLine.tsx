// Below the editor, in words for everyone: what would become of the statement at the cursor.
import { Ban, Check, CircleHelp, EyeOff, Hourglass } from 'lucide-react'
import { visibleText } from '../../shared/visible.ts'
import type { Preflight } from '../lib/preflight.ts'
import type { VerdictMark } from '../lib/verdict-words.ts'
import { bareReason } from '../lib/refusal.ts'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './PreflightLine.module.css'

const icons = { allowed: Check, masked: EyeOff, approval: Hourglass, blocked: Ban, unknown: CircleHelp } as const

export function PreflightLine({ preflight, marks, cursor }: { readonly preflight: Preflight; readonly marks: readonly VerdictMark[]; readonly cursor: number }) {
  const at = marks.find(({ range }) => cursor <= range.end) ?? marks.at(-1)
  return (
    <p className={styles['line']} role="note" aria-label="Before it runs" data-kind={at?.kind}>
      {at === undefined ? <span><Untrusted text={quietly(preflight)} /></span> : <Verdict mark={at} />}
    </p>
  )
}

function Verdict({ mark }: { readonly mark: VerdictMark }) {
  const Icon = icons[mark.kind]
  const reason = mark.reason === null || mark.kind === 'blocked' ? null : bareReason(mark.reason)
  return <><Icon size={13} aria-hidden="true" /><b><Untrusted text={mark.short} /></b>{reason !== null && <span className={styles['why']} title={visibleText(reason)}><Untrusted text={reason} /></span>}</>
}

function quietly(preflight: Preflight): string {
  if (preflight.kind === 'asking') return 'Checking…'
  if (preflight.kind === 'failed') return `Cannot tell beforehand: ${preflight.message}`
  return preflight.kind === 'known' && preflight.problem !== null ? `Cannot tell beforehand: ${preflight.problem}` : ''
}
