// What a statement is for, asked before it is sent where policy wants to be told: once a run, by the keyboard alone, and with what was
// said of the same text the last time.
import { useState, type SyntheticEvent } from 'react'
import { approvalReasonCharactersMax } from '../../shared/limits.ts'
import { isMod } from '../lib/platform.ts'
import { Button } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { TextArea } from '../ui/TextArea.tsx'
import styles from './DecideDialog.module.css'

export interface ReasonDialogProps {
  readonly before: string
  readonly onSend: (reason: string) => void
  readonly onClose: () => void
}

export function ReasonDialog({ before, onSend, onClose }: ReasonDialogProps) {
  const [reason, setReason] = useState(before)
  const missing = reason.trim() === '' ? 'Say what it is for' : null
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    if (missing === null) onSend(reason.trim())
  }
  return (
    <Dialog title="What is it for?" isOpen onClose={onClose} description="Policy wants a reason with it. Who decides reads it; nobody is asked before.">
      <form className={styles['form']} onSubmit={submit}>
        <TextArea label="Reason" placeholder="INC-42: …" value={reason} maxLength={approvalReasonCharactersMax} rows={3} autoFocus onFocus={(event) => event.target.select()}
          onChange={(event) => setReason(event.target.value)} onKeyDown={(event) => { if (event.key === 'Enter' && (isMod(event) || !event.shiftKey)) submit(event) }} />
        <div className={styles['buttons']}><Button onClick={onClose}>Back</Button><Button type="submit" look="primary" disabledReason={missing}>Ask for approval</Button></div>
      </form>
    </Dialog>
  )
}
