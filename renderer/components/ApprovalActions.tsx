// What one may do with an approval, always in the same place; what one may not do says why.
import { useMutation } from '@tanstack/react-query'
import { Check, ChevronsDown, ClipboardCheck, Undo2, X } from 'lucide-react'
import { useState } from 'react'
import type { ApprovalWhole } from '../../shared/approval.ts'
import { call } from '../lib/current-desktop.ts'
import { failureOf } from '../lib/failure.ts'
import { usePageKeys } from '../lib/use-page-keys.ts'
import { takeWhole } from '../stores/approvals.ts'
import { Banner } from '../ui/Banner.tsx'
import { Button } from '../ui/Button.tsx'
import { Keys } from '../ui/Keys.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './ApprovalActions.module.css'
import { BreakGlassDialog } from './BreakGlassDialog.tsx'
import { DecideDialog } from './DecideDialog.tsx'
import { ReviewDialog } from './ReviewDialog.tsx'
import { ShortenDialog } from './ShortenDialog.tsx'

type Opened = 'approve' | 'deny' | 'shorten' | 'break-glass' | 'review'

export function ApprovalActions({ approval }: { readonly approval: ApprovalWhole }) {
  const [opened, setOpened] = useState<Opened | null>(null)
  const close = () => setOpened(null)
  const { permitted } = approval
  const cannotApprove = permitted.decide ?? (approval.sealed === null ? null : `What cannot be read cannot be approved: ${approval.sealed}`)
  const withdraw = useMutation({ mutationFn: () => call('approvals.withdraw', { id: approval.id, reason: null }), onSuccess: takeWhole })
  const keys: Readonly<Record<string, readonly [Opened, boolean]>> = { a: ['approve', cannotApprove === null], d: ['deny', permitted.deny === null], s: ['shorten', permitted.decide === null] }
  usePageKeys((event) => {
    const found = keys[event.key]
    if (found === undefined || permitted.isRequester) return
    event.preventDefault()
    if (found[1]) setOpened(found[0])
  })
  return (
    <footer className={styles['bar']} aria-label="Decision">
      {withdraw.error !== null && <Banner tone="danger"><Untrusted text={failureOf(withdraw.error).message} /></Banner>}
      {permitted.isRequester
        ? (
          <>
            <Button icon={<Undo2 size={14} />} disabledReason={permitted.withdraw} onClick={() => withdraw.mutate()}>Withdraw</Button>
            {permitted.breakGlass === null && <Button look="danger" onClick={() => setOpened('break-glass')}>Break glass…</Button>}
          </>
        )
        : (
          <>
            <Button look="primary" size="large" icon={<Check size={16} />} disabledReason={cannotApprove} onClick={() => setOpened('approve')}>Approve…</Button>
            <Button look="danger" size="large" icon={<X size={16} />} disabledReason={permitted.deny} onClick={() => setOpened('deny')}>Deny…</Button>
            <Button look="ghost" icon={<ChevronsDown size={14} />} disabledReason={permitted.decide} onClick={() => setOpened('shorten')}>Shorten…</Button>
          </>
        )}
      {permitted.review === null && <Button icon={<ClipboardCheck size={14} />} onClick={() => setOpened('review')}>Close the review…</Button>}
      <span className={styles['why']}>{!permitted.isRequester && (cannotApprove === null ? <><Keys keys="a" /> approve <Keys keys="d" /> deny <Keys keys="j" /> <Keys keys="k" /> next, previous</> : <Untrusted text={sentence(cannotApprove)} />)}</span>
      {(opened === 'approve' || opened === 'deny') && <DecideDialog approval={approval} decision={opened} onClose={close} />}
      {opened === 'shorten' && <ShortenDialog approval={approval} onClose={close} />}
      {opened === 'break-glass' && <BreakGlassDialog id={approval.id} onClose={close} />}
      {opened === 'review' && <ReviewDialog id={approval.id} onClose={close} />}
    </footer>
  )
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
