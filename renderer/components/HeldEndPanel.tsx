// A statement that people did not let through, with the reason that the one who decided gave.
import { ShieldX } from 'lucide-react'
import { Link } from 'wouter'
import type { HeldStatement, SqlError } from '../../shared/ipc.ts'
import { nameOf } from '../lib/approvals.ts'
import { refusalOf } from '../lib/refusal.ts'
import { paths } from '../lib/routes.ts'
import { useApprovals } from '../stores/approvals.ts'
import { Untrusted } from '../ui/Untrusted.tsx'
import styles from './SqlErrorPanel.module.css'

export function HeldEndPanel({ held, error }: { readonly held: HeldStatement; readonly error: SqlError }) {
  const approval = useApprovals((store) => store.byId[held.approval]) ?? null
  const denial = approval?.decisions.find(({ decision }) => decision === 'deny')
  const { reason, advice } = refusalOf(error)
  return (
    <div className={styles['panel']} role="alert">
      <ShieldX size={20} className={styles['icon']} aria-hidden="true" />
      <div className={styles['text']}>
        <h2>{denial === undefined ? titleOf(approval?.state) : <>Denied by <Untrusted text={nameOf(denial.by)} /></>}</h2>
        <p className={styles['message']}>{denial === undefined ? <Untrusted text={reason} /> : denial.reason === null ? 'No reason was given.' : <Untrusted text={denial.reason} as="block" />}</p>
        <p className={styles['more']}>{denial === undefined ? <Untrusted text={advice} /> : 'Nothing was sent to the database. One denial is final; running it again asks again.'}</p>
        <Link href={paths.approval(held.approval)}>Show the approval</Link>
      </div>
    </div>
  )
}

const titles: Readonly<Record<string, string>> = { expired: 'Nobody decided in time', withdrawn: 'The approval was withdrawn', denied: 'Denied' }
const titleOf = (state: string | undefined): string => titles[state ?? ''] ?? 'Not approved'
