// Access that was opened for a while, with what is left of it. Who owns it and who could have decided it may end it at once.
import { useMutation } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import type { Grant } from '../../shared/approval.ts'
import { visibleText } from '../../shared/visible.ts'
import { classOf, nameOf } from '../lib/approvals.ts'
import { call } from '../lib/current-desktop.ts'
import { failureOf } from '../lib/failure.ts'
import { fullTime } from '../lib/format.ts'
import { queryClient, useGrants } from '../lib/queries.ts'
import { useNow } from '../lib/use-now.ts'
import page from '../pages/Page.module.css'
import { Banner } from '../ui/Banner.tsx'
import { Button } from '../ui/Button.tsx'
import { Empty } from '../ui/Empty.tsx'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './GrantList.module.css'
import { Countdown } from './Standing.tsx'

export function GrantList() {
  const grants = useGrants()
  return (
    <>
      {grants.isPending && <p role="status" className={page['quiet']}>Asking the gateway…</p>}
      {grants.error !== null && <Banner tone="danger"><Untrusted text={failureOf(grants.error).message} /></Banner>}
      {grants.data?.length === 0 && <Empty icon={<KeyRound size={20} />} title="No access is open"><p>Ask for access when you need many statements of one sort: once approved, they run without being asked about one by one.</p></Empty>}
      <ul className={page['cards']} aria-label="Access">{grants.data?.map((grant) => <Row key={grant.id} grant={grant} />)}</ul>
    </>
  )
}

function Row({ grant }: { readonly grant: Grant }) {
  const now = useNow()
  const revoke = useMutation({ mutationFn: () => call('grants.revoke', { id: grant.id, reason: null }), onSuccess: () => queryClient.invalidateQueries({ queryKey: ['grants.list'] }) })
  const isActive = grant.state === 'active' && Date.parse(grant.expiresAt) > now
  return (
    <li className={styles['row']} data-active={isActive || undefined}>
      <div className={styles['text']}>
        <p className={styles['what']}><Untrusted text={classOf(grant)} /></p>
        <p className={styles['sub']}><b><Untrusted text={nameOf(grant.principal)} /></b> on <Untrusted text={grant.connection} /> · by <Untrusted text={grant.approvedBy.map(nameOf).join(', ')} /> · <Untrusted text={grant.purpose} /></p>
        {revoke.error !== null && <p className={styles['error']} role="alert"><Untrusted text={failureOf(revoke.error).message} /></p>}
      </div>
      {isActive ? <Countdown until={grant.expiresAt} /> : <span className={styles['sub']} title={fullTime(grant.expiresAt)}>{grant.state === 'revoked' ? 'revoked' : 'expired'}</span>}
      {isActive && <Button size="small" look="danger" disabledReason={grant.permitted.revoke ?? (revoke.isPending && 'It is being sent')} onClick={() => revoke.mutate()} aria-label={`Revoke the access of ${visibleText(nameOf(grant.principal))}`}>Revoke</Button>}
    </li>
  )
}
