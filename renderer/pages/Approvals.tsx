// The inbox: what one may decide, what one asked for, what one decided, what broke the glass, and the access that is open now. Live; j and k move.
import { CheckCheck, KeyRound, Plus } from 'lucide-react'
import { useRef, useState } from 'react'
import { useLocation } from 'wouter'
import type { ApprovalFilter } from '../../shared/ipc.ts'
import { ApprovalRow } from '../components/ApprovalRow.tsx'
import { GrantList } from '../components/GrantList.tsx'
import { RequestAccess } from '../components/RequestAccess.tsx'
import { moveFocus } from '../lib/move-focus.ts'
import { paths, type ApprovalList } from '../lib/routes.ts'
import { useCounts, useList } from '../lib/use-approvals.ts'
import { usePageKeys } from '../lib/use-page-keys.ts'
import { loadOlder, refreshApprovals, useApprovals } from '../stores/approvals.ts'
import { Banner } from '../ui/Banner.tsx'
import { Button } from '../ui/Button.tsx'
import { Empty } from '../ui/Empty.tsx'
import { Segmented } from '../ui/Segmented.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import own from './Approvals.module.css'
import styles from './Page.module.css'

const empties: Readonly<Record<ApprovalFilter, { readonly title: string; readonly text: string }>> = {
  open: { title: 'Nothing waits for you', text: 'When somebody needs your approval it appears here at once.' },
  mine: { title: 'You have asked for nothing', text: 'A statement that policy holds for approval is listed here while it waits, and after.' },
  decided: { title: 'You have decided nothing yet', text: 'What you approve or deny stays readable here.' },
  reviews: { title: 'Nothing to review', text: 'When somebody goes ahead in an emergency, a second pair of eyes looks at it here afterwards.' },
}

export function Approvals({ list }: { readonly list: ApprovalList }) {
  const [isAsking, setAsking] = useState(false)
  const [, navigate] = useLocation()
  const stream = useApprovals((store) => store.stream)
  return (
    <div className={styles['page']}>
      <header className={styles['head']}>
        <div>
          <h1>Approvals</h1>
          <p className={styles['lead']}>Statements and requests that wait for a person, and access for a while.</p>
        </div>
        <Button icon={<Plus size={14} />} onClick={() => setAsking(true)}>Ask for access</Button>
      </header>
      {stream.kind === 'waiting' && <Banner tone="warn">What is shown may be old, connecting again: <Untrusted text={stream.message} /></Banner>}
      <div className={own['tabs']}><Tabs list={list} onPick={(to) => navigate(paths.approvalsOf(to))} /></div>
      {list === 'grants' ? <GrantList /> : <Inbox key={list} filter={list} />}
      {isAsking && <RequestAccess onClose={() => setAsking(false)} />}
    </div>
  )
}

function Tabs({ list, onPick }: { readonly list: ApprovalList; readonly onPick: (list: ApprovalList) => void }) {
  const counts = useCounts()
  const counted = (label: string, count: number) => (count === 0 ? label : `${label} ${count}`)
  return (
    <Segmented label="Which approvals" value={list} onChange={onPick} options={[
      { value: 'open', label: counted('To decide', counts.open) }, { value: 'mine', label: 'Mine' }, { value: 'decided', label: 'Decided' },
      { value: 'reviews', label: counted('Reviews', counts.reviews) }, { value: 'grants', label: 'Access' },
    ]} />
  )
}

function Inbox({ filter }: { readonly filter: ApprovalFilter }) {
  const approvals = useList(filter)
  const state = useApprovals((store) => store.lists[filter])
  const rows = useRef<HTMLUListElement>(null)
  usePageKeys((event) => moveFocus(event, rows.current, '[data-row]'))
  return (
    <>
      {state === undefined && <p role="status" className={styles['quiet']}>Asking the gateway…</p>}
      {state?.error != null && <Banner tone="danger" action={<Button size="small" onClick={() => void refreshApprovals()}>Try again</Button>}><Untrusted text={state.error} /></Banner>}
      {state !== undefined && state.error === null && approvals.length === 0 && <Empty icon={filter === 'reviews' ? <KeyRound size={20} /> : <CheckCheck size={20} />} title={empties[filter].title}><p>{empties[filter].text}</p></Empty>}
      <ul ref={rows} className={styles['cards']} aria-label="Approvals">{approvals.map((approval) => <ApprovalRow key={approval.id} approval={approval} />)}</ul>
      {state?.next != null && <div className={styles['more']}><Button onClick={() => void loadOlder(filter)}>Show older ones</Button></div>}
    </>
  )
}
