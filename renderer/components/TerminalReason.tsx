// What one's work in a terminal is for, said once: it goes with each request to the cluster, and who decides about one reads it. Some
// rules ask nobody without it.
import { Popover } from '@base-ui/react/popover'
import { MessageSquareText } from 'lucide-react'
import { useState } from 'react'
import type { TerminalInfo } from '../../shared/ipc.ts'
import { approvalReasonCharactersMax } from '../../shared/limits.ts'
import { visibleText } from '../../shared/visible.ts'
import { call } from '../lib/current-desktop.ts'
import { failureOf } from '../lib/failure.ts'
import { Button } from '../ui/Button.tsx'
import { Field } from '../ui/Field.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import picker from './NamespacePicker.module.css'
import styles from './TerminalReason.module.css'

export function TerminalReason({ terminal: { terminal, reason } }: { readonly terminal: TerminalInfo }) {
  const [isOpen, setOpen] = useState(false)
  const [text, setText] = useState(reason ?? '')
  const [error, setError] = useState<string | null>(null)
  const say = (next: string | null) => {
    setError(null)
    call('terminals.reason', { terminal, reason: next }).then(() => setOpen(false), (failure: unknown) => setError(failureOf(failure).message))
  }
  return (
    <Popover.Root open={isOpen} onOpenChange={(open) => { setOpen(open); setText(reason ?? '') }}>
      <Popover.Trigger render={<button type="button" className={picker['trigger']} aria-label={reason === null ? 'Say what it is for' : `For: ${visibleText(reason)}`}><MessageSquareText size={12} aria-hidden="true" />{reason === null ? <span className={picker['label']}>reason</span> : <b><Untrusted text={reason} /></b>}</button>} />
      <Popover.Portal>
        <Popover.Positioner side="bottom" align="start" sideOffset={4} className={picker['positioner']}>
          <Popover.Popup className={picker['popup']} aria-label="What it is for">
            <form className={styles['form']} onSubmit={(event) => { event.preventDefault(); say(text.trim() === '' ? null : text.trim()) }}>
              <Field label="What is it for?" placeholder="INC-42: …" value={text} maxLength={approvalReasonCharactersMax} autoFocus onChange={(event) => setText(event.target.value)} note={error === null ? 'Goes with each request of this terminal, for who decides about it.' : visibleText(error)} />
              <div className={styles['buttons']}><Button size="small" onClick={() => say(null)} disabledReason={reason === null && 'None is said'}>Clear</Button><Button size="small" look="primary" type="submit">Say it</Button></div>
            </form>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}
