// Commands of ours on this connection that wait, or were just answered: above the terminal, where the shell that waits cannot write.
// One line says what, by whom and how long; the rest (what it is for, who looked, break-glass) is one press away.
import { ChevronDown, ChevronRight, Hourglass, ShieldCheck, ShieldX, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Link } from 'wouter'
import type { ApprovalSummary } from '../../shared/approval.ts'
import type { HeldStatement } from '../../shared/ipc.ts'
import { askedFor, decidersOf, nameOf } from '../lib/approvals.ts'
import { call } from '../lib/current-desktop.ts'
import { failureOf } from '../lib/failure.ts'
import { paths } from '../lib/routes.ts'
import { useNow } from '../lib/use-now.ts'
import { takeWhole, useApprovals } from '../stores/approvals.ts'
import { Button, IconButton } from '../ui/Button.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import { HeldPanel } from './HeldPanel.tsx'
import styles from './HeldStrip.module.css'
import { Countdown } from './Standing.tsx'

/** How long an answer stays in view by itself; a refusal stays until it is read. */
const approvedShownMs = 8_000

export function HeldStrip({ connection }: { readonly connection: string }) {
  const byId = useApprovals((store) => store.byId)
  const [read, setRead] = useState<ReadonlySet<string>>(new Set())
  const answered = useAnswered(connection)
  const ours = Object.values(byId).filter((approval) => isOurs(approval, connection))
  const waiting = ours.filter(({ state }) => state === 'open').toSorted((one, other) => one.createdAt.localeCompare(other.createdAt))
  const shown = ours.filter(({ id, state }) => state !== 'open' && answered.has(id) && !read.has(id))
  if (waiting.length === 0 && shown.length === 0) return null
  return (
    <section className={styles['strip']} aria-label="Held commands">
      {shown.map((approval) => <Answered key={approval.id} approval={approval} at={answered.get(approval.id)!} onRead={() => setRead((before) => new Set([...before, approval.id]))} />)}
      {waiting.map((approval) => <Waiting key={approval.id} approval={approval} />)}
    </section>
  )
}

const isOurs = ({ subject, permitted, connection }: ApprovalSummary, name: string): boolean => subject.kind === 'command' && permitted.isRequester && connection.name === name

/** Those that were seen waiting here and then answered, and when by this computer's clock. */
function useAnswered(connection: string): ReadonlyMap<string, number> {
  const [answered, setAnswered] = useState<ReadonlyMap<string, number>>(new Map())
  useEffect(() => useApprovals.subscribe(({ byId }, { byId: before }) => {
    const now = Object.values(byId).filter((approval) => isOurs(approval, connection) && approval.state !== 'open' && before[approval.id]?.state === 'open')
    if (now.length > 0) setAnswered((known) => new Map([...known, ...now.map(({ id }) => [id, Date.now()] as const)]))
  }), [connection])
  return answered
}

function Waiting({ approval }: { readonly approval: ApprovalSummary }) {
  const [isOpen, setOpen] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const takeBack = () => {
    setError(null)
    call('approvals.withdraw', { id: approval.id, reason: null }).then(takeWhole, (reason: unknown) => setError(failureOf(reason).message))
  }
  const looked = approval.viewers.at(-1)
  return (
    <div className={styles['item']}>
      <div className={styles['line']}>
        <button type="button" className={styles['twist']} aria-expanded={isOpen} aria-label="Details of the held command" onClick={() => setOpen(!isOpen)}>{isOpen ? <ChevronDown size={14} /> : <ChevronRight size={14} />}</button>
        <Hourglass size={14} className={styles['wait']} aria-hidden="true" />
        <p className={styles['what']} role="status"><b>Waiting for approval</b> <code><Untrusted text={askedFor(approval)} /></code></p>
        <p className={styles['who']}>told <b><Untrusted text={approval.needs.map(decidersOf).join(', and ')} /></b>{looked !== undefined && <>, <b><Untrusted text={nameOf(looked.by)} /></b> looked</>} · expires in <Countdown until={approval.expiresAt} /></p>
        <span className={styles['buttons']}><Button size="small" onClick={takeBack}>Take it back</Button><Link href={paths.approval(approval.id)}>Open</Link></span>
      </div>
      {error !== null && <p role="alert" className={styles['error']}><Untrusted text={error} /></p>}
      {isOpen && <HeldPanel held={heldOf(approval)} onCancel={takeBack} />}
    </div>
  )
}

/** HeldPanel reads the approval itself from the store; this is what stands until it is there. */
const heldOf = ({ id, needs, expiresAt }: ApprovalSummary): HeldStatement => ({ approval: id, groups: needs[0]?.groups ?? [], users: needs[0]?.users ?? [], count: needs[0]?.count ?? 1, expiresAt, shortenedBy: null })

function Answered({ approval, at, onRead }: { readonly approval: ApprovalSummary; readonly at: number; readonly onRead: () => void }) {
  const now = useNow()
  const isGood = approval.state === 'approved' || approval.state === 'used'
  if (isGood && now - at > approvedShownMs) return null
  const last = approval.decisions.at(-1)
  return (
    <div className={styles['item']} data-tone={isGood ? 'good' : 'bad'}>
      <div className={styles['line']}>
        {isGood ? <ShieldCheck size={14} className={styles['good']} aria-hidden="true" /> : <ShieldX size={14} className={styles['bad']} aria-hidden="true" />}
        <p className={styles['what']} role="status"><b>{wordOf(approval)}{last !== undefined && (isGood || approval.state === 'denied') && <> by <Untrusted text={nameOf(last.by)} /></>}</b> <code><Untrusted text={askedFor(approval)} /></code></p>
        {!isGood && <p className={styles['who']}><Untrusted text={last?.reason ?? approval.closeReason ?? 'It was not sent to the cluster.'} /></p>}
        <span className={styles['buttons']}><Link href={paths.approval(approval.id)}>Open</Link><IconButton label="Dismiss" size="small" icon={<X size={14} />} onClick={onRead} /></span>
      </div>
    </div>
  )
}

function wordOf({ state, brokenGlass }: ApprovalSummary): string {
  if (brokenGlass !== null) return 'The glass is broken, it runs now'
  return { open: '', approved: 'Approved', used: 'Approved', denied: 'Denied', expired: 'Nobody decided in time', withdrawn: 'Taken back' }[state]
}
