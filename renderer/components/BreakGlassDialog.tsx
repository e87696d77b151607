// Going on without approval: a reason and an incident, everybody who was asked is told, and somebody reviews it.
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { approvalReasonCharactersMax } from '../../shared/limits.ts'
import { call } from '../lib/current-desktop.ts'
import { failureOf } from '../lib/failure.ts'
import { takeWhole } from '../stores/approvals.ts'
import { Banner } from '../ui/Banner.tsx'
import { Button } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { Field } from '../ui/Field.tsx'
import { TextArea } from '../ui/TextArea.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './DecideDialog.module.css'

export function BreakGlassDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const [reason, setReason] = useState('')
  const [incident, setIncident] = useState('')
  const send = useMutation({
    mutationFn: () => call('approvals.breakGlass', { id, reason: reason.trim(), incident: incident.trim() }),
    onSuccess: (whole) => { takeWhole(whole); onClose() },
  })
  const missing = send.isPending ? 'It is being sent' : reason.trim() === '' || incident.trim() === '' ? 'Say why, and name the incident' : null
  return (
    <Dialog title="Break glass" isOpen onClose={onClose} description="It runs now, without approval. Everybody who was asked is told, and one of them reviews it.">
      <form className={styles['form']} onSubmit={(event) => { event.preventDefault(); if (missing === null) send.mutate() }}>
        <Field label="Incident" placeholder="INC-42" value={incident} maxLength={200} onChange={(event) => setIncident(event.target.value)} autoFocus />
        <TextArea label="Why can it not wait?" value={reason} maxLength={approvalReasonCharactersMax} onChange={(event) => setReason(event.target.value)} />
        {send.error !== null && <Banner tone="danger"><Untrusted text={failureOf(send.error).message} /></Banner>}
        <div className={styles['buttons']}><Button onClick={onClose}>Back</Button><Button type="submit" look="danger" disabledReason={missing}>Run it now</Button></div>
      </form>
    </Dialog>
  )
}
