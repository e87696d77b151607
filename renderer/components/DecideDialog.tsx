// The decision, with its words. High risk is typed, not clicked: the connection's name, by the one who has read it.
import { useMutation } from '@tanstack/react-query'
import { useState, type SyntheticEvent } from 'react'
import type { ApprovalWhole } from '../../shared/approval.ts'
import { approvalReasonCharactersMax } from '../../shared/limits.ts'
import { nameOf } from '../lib/approvals.ts'
import { call } from '../lib/current-desktop.ts'
import { failureOf } from '../lib/failure.ts'
import { isMod } from '../lib/platform.ts'
import { takeWhole } from '../stores/approvals.ts'
import { Banner } from '../ui/Banner.tsx'
import { Button } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { Field } from '../ui/Field.tsx'
import { TextArea } from '../ui/TextArea.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import { EnvironmentBadge } from './EnvironmentBadge.tsx'
import styles from './DecideDialog.module.css'

export interface DecideDialogProps { readonly approval: ApprovalWhole; readonly decision: 'approve' | 'deny'; readonly onClose: () => void }

export function DecideDialog({ approval, decision, onClose }: DecideDialogProps) {
  const { subject, connection, requester } = approval
  const asked = subject.kind === 'grant' ? subject.minutes : null
  const [reason, setReason] = useState('')
  const [typed, setTyped] = useState('')
  const [minutes, setMinutes] = useState(asked ?? 0)
  // One attempt however often it is sent: an answer that was lost is asked for again, not decided twice.
  const [attempt] = useState(() => crypto.randomUUID())
  const isApproval = decision === 'approve'
  const isSql = connection.kind === 'postgres'
  const mustType = isApproval && approval.riskLevel === 'high'
  const send = useMutation({
    mutationFn: () => call('approvals.decide', { id: approval.id, decision, reason: reason.trim() === '' ? null : reason.trim(), attempt, ...(isApproval && asked !== null && minutes < asked && { minutes }) }),
    onSuccess: (whole) => { takeWhole(whole); onClose() },
  })
  const missing = whyNot({ isMissingName: mustType && typed !== connection.name, isWrongMinutes: asked !== null && isApproval && !(minutes >= 1 && minutes <= asked), isSending: send.isPending, name: connection.name })
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    if (missing === null) send.mutate()
  }
  return (
    <Dialog title={isApproval ? (asked === null ? `Approve this ${isSql ? 'statement' : 'request'}` : 'Approve this access') : 'Deny'} isOpen onClose={onClose}
      description={<>{isApproval ? <>{asked === null ? 'It runs once' : `${isSql ? 'Statements' : 'Requests'} of this sort run`}, as <Untrusted text={nameOf(requester)} />, on</> : <><Untrusted text={nameOf(requester)} /> is told why; nothing runs on</>} <b><Untrusted text={connection.name} /></b> <EnvironmentBadge labels={connection.labels} /></>}>
      <form className={styles['form']} onSubmit={submit}>
        {mustType && <Field label={`Type ${connection.name} to approve: the risk is high`} value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" spellCheck={false} autoFocus />}
        {isApproval && asked !== null && <Field label={`For how many minutes? ${asked} are asked for`} type="number" min={1} max={asked} value={Number.isNaN(minutes) ? '' : minutes} onChange={(event) => setMinutes(event.target.valueAsNumber)} />}
        <TextArea label={isApproval ? 'A note, if you like' : 'Why not? It is shown to who asked'} value={reason} maxLength={approvalReasonCharactersMax} onChange={(event) => setReason(event.target.value)} onKeyDown={(event) => { if (event.key === 'Enter' && isMod(event)) submit(event) }} autoFocus={!isApproval} rows={isApproval ? 2 : 3} />
        {send.error !== null && <Banner tone="danger"><Untrusted text={failureOf(send.error).message} /></Banner>}
        <div className={styles['buttons']}>
          <Button onClick={onClose}>Back</Button>
          <Button type="submit" look={isApproval ? 'primary' : 'danger'} disabledReason={missing} autoFocus={isApproval && !mustType}>{send.isPending ? 'Sending…' : isApproval ? 'Approve' : 'Deny'}</Button>
        </div>
      </form>
    </Dialog>
  )
}

interface Missing { readonly isMissingName: boolean; readonly isWrongMinutes: boolean; readonly isSending: boolean; readonly name: string }

function whyNot({ isMissingName, isWrongMinutes, isSending, name }: Missing): string | null {
  if (isSending) return 'It is being sent'
  if (isMissingName) return `Type ${name} first`
  return isWrongMinutes ? 'Fewer minutes than were asked for, and at least one' : null
}
