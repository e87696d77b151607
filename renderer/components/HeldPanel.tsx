// A statement that waits, in its own tab: who was asked, who looked, what is left of the time; what it is for, said once; the way back.
import { useMutation, useQuery } from '@tanstack/react-query'
import { Check, Eye, Hourglass, Send } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Link } from 'wouter'
import type { ApprovalSummary } from '../../shared/approval.ts'
import type { HeldStatement } from '../../shared/ipc.ts'
import { approvalReasonCharactersMax } from '../../shared/limits.ts'
import { visibleText } from '../../shared/visible.ts'
import { decidersOf, nameOf, timeAgo } from '../lib/approvals.ts'
import { call } from '../lib/current-desktop.ts'
import { failureOf } from '../lib/failure.ts'
import { paths } from '../lib/routes.ts'
import { useNow } from '../lib/use-now.ts'
import { takeWhole, useApprovals } from '../stores/approvals.ts'
import { Button } from '../ui/Button.tsx'
import { Field } from '../ui/Field.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import { BreakGlassDialog } from './BreakGlassDialog.tsx'
import styles from './HeldPanel.module.css'
import { Countdown } from './Standing.tsx'

export function HeldPanel({ held, onCancel }: { readonly held: HeldStatement; readonly onCancel: () => void }) {
  const approval = useApprovals((store) => store.byId[held.approval]) ?? null
  // The event that opened it is on its way, or was missed: asked for once.
  const whole = useQuery({ queryKey: ['held', held.approval], queryFn: () => call('approvals.show', { id: held.approval }), enabled: approval === null, retry: 2, staleTime: Infinity, gcTime: 0 })
  useEffect(() => { if (whole.data !== undefined && approval === null) takeWhole(whole.data) }, [whole.data, approval])
  const [isBreaking, setBreaking] = useState(false)
  const isOver = approval !== null && approval.state !== 'open'
  const needs = approval?.needs ?? [held]
  return (
    <section className={styles['panel']} aria-label="Waiting for approval">
      <Hourglass size={20} className={styles['icon']} aria-hidden="true" />
      <div className={styles['text']}>
        <h2 role="status">{titleOf(approval)}</h2>
        {!isOver && <p>Expires in <Countdown until={approval?.expiresAt ?? held.expiresAt} />{held.shortenedBy !== null && <span className={styles['quiet']}> (<Untrusted text={held.shortenedBy} />)</span>}. Then it does not run.</p>}
        <ul className={styles['steps']} aria-label="What happened so far">
          <li><Send size={13} aria-hidden="true" />Told: <b><Untrusted text={needs.map(decidersOf).join(', and ')} /></b></li>
          {approval !== null && <Steps approval={approval} />}
        </ul>
        {approval !== null && approval.state === 'open' && <Purpose key={approval.id} approval={approval} />}
        <p className={styles['buttons']}>
          <Button size="small" onClick={onCancel}>Take it back</Button>
          {approval?.permitted.breakGlass === null && <Button size="small" look="danger" onClick={() => setBreaking(true)}>Break glass…</Button>}
          <Link href={paths.approval(held.approval)}>Show the approval</Link>
        </p>
      </div>
      {isBreaking && <BreakGlassDialog id={held.approval} onClose={() => setBreaking(false)} />}
    </section>
  )
}

function titleOf(approval: ApprovalSummary | null): string {
  if (approval === null || approval.state === 'open') return 'Waiting for approval'
  if (approval.brokenGlass !== null) return 'The glass is broken, it runs now'
  return approval.state === 'approved' || approval.state === 'used' ? 'Approved, it runs now' : `It is ${approval.state}`
}

function Steps({ approval }: { readonly approval: ApprovalSummary }) {
  const now = useNow()
  const decided = new Set(approval.decisions.map(({ by }) => by.id))
  return (
    <>
      {approval.viewers.filter(({ by }) => !decided.has(by.id)).map(({ by, at }) => <li key={by.id}><Eye size={13} aria-hidden="true" /><b><Untrusted text={nameOf(by)} /></b> looked {timeAgo(now - Date.parse(at))}</li>)}
      {approval.decisions.map(({ by, decision, reason }) => <li key={by.id}><Check size={13} aria-hidden="true" /><b><Untrusted text={nameOf(by)} /></b> {decision === 'approve' ? 'approved' : 'denied'}{reason !== null && <>: <Untrusted text={reason} /></>}</li>)}
    </>
  )
}

/** Asked once, before anybody has decided. */
function Purpose({ approval }: { readonly approval: ApprovalSummary }) {
  const [text, setText] = useState('')
  const send = useMutation({ mutationFn: () => call('approvals.explain', { id: approval.id, purpose: text.trim() }), onSuccess: takeWhole })
  if (approval.purpose !== null) return <p className={styles['purpose']}>“<Untrusted text={approval.purpose} />”</p>
  if (approval.decisions.length > 0) return null
  return (
    <form className={styles['ask']} onSubmit={(event) => { event.preventDefault(); if (text.trim() !== '') send.mutate() }}>
      <Field label="What is it for? Who decides reads it" placeholder="INC-42: …" value={text} maxLength={approvalReasonCharactersMax} onChange={(event) => setText(event.target.value)} {...(send.error !== null && { note: visibleText(failureOf(send.error).message) })} />
      <Button type="submit" disabledReason={text.trim() === '' ? 'Write a reason first' : send.isPending && 'It is being sent'}>Tell them</Button>
    </form>
  )
}
