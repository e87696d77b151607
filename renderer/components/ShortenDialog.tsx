// An approver may shorten how long something stays open, and never lengthen it.
import { useMutation } from '@tanstack/react-query'
import type { ApprovalSummary } from '../../shared/approval.ts'
import { minutesOf, timeLeft } from '../lib/approvals.ts'
import { call } from '../lib/current-desktop.ts'
import { failureOf } from '../lib/failure.ts'
import { useNow } from '../lib/use-now.ts'
import { takeWhole } from '../stores/approvals.ts'
import { Banner } from '../ui/Banner.tsx'
import { Button } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './DecideDialog.module.css'

const choices = [1, 5, 15, 60, 240] as const

export function ShortenDialog({ approval, onClose }: { readonly approval: ApprovalSummary; readonly onClose: () => void }) {
  const left = Date.parse(approval.expiresAt) - useNow()
  const shorten = useMutation({
    mutationFn: (minutes: number) => call('approvals.shorten', { id: approval.id, expiresAt: new Date(Date.now() + minutes * 60_000).toISOString() }),
    onSuccess: (whole) => { takeWhole(whole); onClose() },
  })
  const shorter = choices.filter((minutes) => minutes * 60_000 < left)
  return (
    <Dialog title="Shorten" isOpen onClose={onClose} description={`It expires in ${timeLeft(left)}. It can end sooner, never later; silence until then is a denial.`}>
      <div className={styles['form']}>
        <div className={styles['choices']}>{shorter.map((minutes) => <Button key={minutes} onClick={() => shorten.mutate(minutes)} disabledReason={shorten.isPending && 'It is being sent'}>In {minutesOf(minutes)}</Button>)}</div>
        {shorter.length === 0 && <p>It ends within a minute anyway.</p>}
        {shorten.error !== null && <Banner tone="danger"><Untrusted text={failureOf(shorten.error).message} /></Banner>}
      </div>
    </Dialog>
  )
}
