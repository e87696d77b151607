// The second pair of eyes after a break-glass: what was found, in a note that closes the review.
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { approvalReasonCharactersMax } from '../../shared/limits.ts'
import { call } from '../lib/current-desktop.ts'
import { failureOf } from '../lib/failure.ts'
import { takeWhole } from '../stores/approvals.ts'
import { Banner } from '../ui/Banner.tsx'
import { Button } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { TextArea } from '../ui/TextArea.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './DecideDialog.module.css'

export function ReviewDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const [note, setNote] = useState('')
  const send = useMutation({ mutationFn: () => call('approvals.review', { id, note: note.trim() }), onSuccess: (whole) => { takeWhole(whole); onClose() } })
  const missing = send.isPending ? 'It is being sent' : note.trim() === '' ? 'Say what you found' : null
  return (
    <Dialog title="Close the review" isOpen onClose={onClose} description="It ran without approval. Your note stays with it.">
      <form className={styles['form']} onSubmit={(event) => { event.preventDefault(); if (missing === null) send.mutate() }}>
        <TextArea label="What did you find?" value={note} maxLength={approvalReasonCharactersMax} onChange={(event) => setNote(event.target.value)} autoFocus />
        {send.error !== null && <Banner tone="danger"><Untrusted text={failureOf(send.error).message} /></Banner>}
        <div className={styles['buttons']}><Button onClick={onClose}>Back</Button><Button type="submit" look="primary" disabledReason={missing}>Close the review</Button></div>
      </form>
    </Dialog>
  )
}
